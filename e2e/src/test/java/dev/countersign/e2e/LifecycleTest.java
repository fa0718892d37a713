// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.countersign.audit.AuditVerifier;
import dev.countersign.cli.demo.DemoIssuer;
import dev.countersign.e2e.McpScript.Reply;
import dev.countersign.e2e.McpScript.Sdk;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Settings that change while it runs, and its end. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class LifecycleTest {
  private static final String ALL =
      "[\"fixture/echo\", \"fixture/slow\", \"fixture/hold\", \"fixture/notify\"]";

  private FixtureServer server;
  private DemoIssuer issuer;
  private McpScript client;

  @BeforeAll
  void startIssuer() throws Exception {
    issuer = new DemoIssuer();
  }

  @BeforeEach
  void startClient() throws Exception {
    server = FixtureServer.start();
    client = McpScript.start();
  }

  @AfterEach
  void stopClient() throws Exception {
    client.close();
    server.close();
  }

  @AfterAll
  void stopIssuer() {
    issuer.close();
  }

  private String settings(String drain, String allow) {
    return """
    node: e2e
    listen: {address: "127.0.0.1:0", drain: %s, event_loops: 2}
    limits: {keep_alive: 200ms}
    identity: {issuers: [{name: demo, issuer: "%s"}]}
    servers: {fixture: {url: "%s"}}
    policy: {grants: [{caller: "oidc:demo:reader", allow: %s}]}
    audit: {directory: audit}
    admin: {address: "127.0.0.1:0"}
    """
        .formatted(drain, issuer.issuer(), server.url(), allow);
  }

  private String token(GatewayProcess gateway) {
    return issuer.token("reader", gateway.url("fixture"), Duration.ofHours(1));
  }

  private void connect(GatewayProcess gateway, Sdk sdk) throws Exception {
    Reply session = client.connect(sdk, gateway.url("fixture"), token(gateway));
    assertThat(session.ok()).as(session + gateway.said()).isTrue();
  }

  @Test
  void reloadHoldsFromTheNextCallOnAndABrokenFileChangesNothing(@TempDir Path folder)
      throws Exception {
    try (GatewayProcess gateway = GatewayProcess.start(folder, settings("1s", ALL))) {
      connect(gateway, Sdk.V2_MODERN);
      assertThat(client.call("echo", "{}").ok()).isTrue();
      String first = gateway.admin("/revision").body();

      assertThat(gateway.reload("servers: [not, settings")).isFalse();
      assertThat(client.call("echo", "{}").ok()).isTrue();
      assertThat(gateway.admin("/revision").body()).isEqualTo(first);

      assertThat(gateway.reload(settings("1s", "[\"fixture/notify\"]"))).isTrue();
      assertThat(gateway.admin("/revision").body()).isNotEqualTo(first);
      int calls = server.calls("echo").size();
      assertThat(client.call("echo", "{}").code()).isEqualTo(-32602);
      assertThat(server.calls("echo")).hasSize(calls);
      assertThat(client.ask("listTools").value().path("tools").findValuesAsText("name"))
          .containsExactly("notify");
      assertThat(gateway.records().decided("echo").path("config_revision").asText())
          .isNotEmpty()
          .isIn((Object[]) gateway.admin("/revision").body().split("\"", -1));

      assertThat(gateway.reload(settings("1s", ALL))).isTrue();
      assertThat(client.call("echo", "{}").ok()).isTrue();
    }
  }

  @Test
  void callUnderWayKeepsTheSettingsItBeganWith(@TempDir Path folder) throws Exception {
    try (GatewayProcess gateway = GatewayProcess.start(folder, settings("1s", ALL))) {
      connect(gateway, Sdk.V2_MODERN);
      String first = gateway.records().all("config").getFirst().path("revision").asText();
      CompletableFuture<Reply> call = client.startCall("hold", "{}");
      server.await(open -> open.running() == 1);

      assertThat(gateway.reload(settings("1s", ALL).replace("fixture", "renamed"))).isTrue();

      server.release();
      assertThat(client.result(call).text()).isEqualTo("let go");
      Records.Call recorded = gateway.records().ended("hold");
      assertThat(recorded.result()).isEqualTo("answered");
      assertThat(recorded.decision().path("config_revision").asText()).isEqualTo(first);
      assertThat(client.call("echo", "{}").ok()).as("there is no such route any more").isFalse();
      assertThat(server.calls("echo")).isEmpty();
    }
  }

  @Test
  void reloadIsAskedOfOpenStreamsToo(@TempDir Path folder) throws Exception {
    try (GatewayProcess gateway = GatewayProcess.start(folder, settings("1s", ALL))) {
      connect(gateway, Sdk.V1);
      server.await(open -> open.streams() == 1);

      assertThat(gateway.reload(settings("1s", "[\"fixture/notify\"]"))).isTrue();
      assertThat(client.call("notify", "{}").ok()).as("the session lives on").isTrue();
      assertThat(server.open().streams()).as("a stream that is permitted lives on").isOne();

      assertThat(gateway.reload(settings("1s", ALL).replace(":reader", ":somebody"))).isTrue();
      server.await(open -> open.streams() == 0);
      assertThat(client.call("notify", "{}").ok()).isFalse();
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Sdk.class,
      names = {"V2_MODERN", "V1"})
  void stopLetsACallFinishAndTakesNoOther(Sdk sdk, @TempDir Path folder) throws Exception {
    try (GatewayProcess gateway = GatewayProcess.start(folder, settings("15s", ALL))) {
      connect(gateway, sdk);
      CompletableFuture<Reply> call = client.startCall("hold", "{}");
      server.await(open -> open.running() == 1);

      gateway.signal("TERM");

      Await.until(
          "the drain",
          () -> {
            HttpResponse<String> ready = gateway.admin("/readyz");
            return ready.statusCode() == 503 && ready.body().contains("draining");
          });
      assertThatThrownBy(() -> Wire.initialize(gateway.url("fixture"), token(gateway)))
          .as("refused, or closed without an answer")
          .isInstanceOf(IOException.class);
      server.release();
      assertThat(client.result(call).text()).isEqualTo("let go");
      assertThat(gateway.exitCode()).isEqualTo(GatewayProcess.STOPPED);
      assertThat(gateway.records().ended("hold").result()).isEqualTo("answered");
      assertThat(AuditVerifier.verify(gateway.audit()).findings()).isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Sdk.class,
      names = {"V2_MODERN", "V1"})
  void stopCutsACallThatOutlastsTheDrainAndRecordsIt(Sdk sdk, @TempDir Path folder)
      throws Exception {
    try (GatewayProcess gateway = GatewayProcess.start(folder, settings("200ms", ALL))) {
      connect(gateway, sdk);
      CompletableFuture<Reply> call = client.startCall("slow", "{\"ms\":60000}");
      server.await(open -> open.running() == 1);

      assertThat(gateway.stop()).isEqualTo(GatewayProcess.STOPPED);

      if (sdk.isModern()) { // the older one waits for a stream that it could resume
        assertThat(client.result(call).ok()).isFalse();
      }
      assertThat(gateway.records().ended("slow").outcome().path("side_effect").asText())
          .isEqualTo("unknown");
      assertThat(AuditVerifier.verify(gateway.audit()).findings()).isEmpty();
    }
  }
}

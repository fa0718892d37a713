// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.countersign.audit.AuditVerifier;
import dev.countersign.cli.demo.DemoIssuer;
import dev.countersign.cli.demo.DemoToolServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever part that decides is gone, calls are refused, and the server sees none of them. */
final class FailClosedTest {
  /** More than the 256 KiB that a segment is laid ahead, less than twice that. */
  private static final String FILES_OF_384_KIB = "ulimit -S -f 768; exec \"$@\"";

  private static final String LONG_NAME = "n".repeat(2000);
  private static final int LEAVES_MAX = 1000;

  @TempDir private Path folder;
  private DemoToolServer server;
  private DemoIssuer issuer;

  @BeforeEach
  void start() throws IOException {
    server = new DemoToolServer();
    issuer = new DemoIssuer();
  }

  @AfterEach
  void stop() {
    server.close();
    issuer.close();
  }

  private String settings(String identity, String grants) {
    return """
    node: e2e
    listen: {address: "127.0.0.1:0", drain: 1s, event_loops: 2}
    limits: {upstream_connect: 1s}
    identity: {issuers: [{name: demo, issuer: "%s"%s}]}
    servers: {notes: {url: "%s", effects: {"read_*": read}}}
    policy: {grants: %s}
    audit: {directory: audit}
    admin: {address: "127.0.0.1:0"}
    """
        .formatted(issuer.issuer(), identity, server.url(), grants);
  }

  private String settings() {
    return settings("", "[{caller: \"oidc:demo:reader\", allow: [\"notes/*_note\"]}]");
  }

  private HttpResponse<String> call(GatewayProcess gateway, String tool)
      throws IOException, InterruptedException {
    String token = issuer.token("reader", gateway.url(), Duration.ofHours(1));
    return Wire.call(
        gateway.url(), token, tool, Wire.modernCall(tool, "{\"id\":\"1\",\"text\":\"t\"}"));
  }

  private void assertServes(GatewayProcess gateway) throws IOException, InterruptedException {
    int before = server.seen().size();
    assertThat(call(gateway, "read_note").body()).contains("Buy milk.");
    assertThat(server.seen()).hasSize(before + 1);
  }

  @Test
  void fullDiskRefusesCallsUntilThereIsRoomAgain() throws Exception {
    try (GatewayProcess gateway =
        GatewayProcess.start(
            folder, settings(), Map.of(), List.of("sh", "-c", FILES_OF_384_KIB, "sh"))) {
      assertServes(gateway);
      for (int i = 0; gateway.admin("/readyz").statusCode() == 200; i++) {
        assertThat(i).as("leaves that were taken").isLessThan(LEAVES_MAX);
        call(gateway, LONG_NAME);
      }
      int before = server.seen().size();

      for (String tool : List.of("read_note", "create_note")) {
        HttpResponse<String> refused = call(gateway, tool);
        assertThat(refused.statusCode()).isEqualTo(503);
        assertThat(refused.body()).contains("\"reason\":\"audit_unavailable\"");
      }
      assertThat(Wire.initialize(gateway.url(), token(gateway)).statusCode()).isEqualTo(503);
      assertThat(call(gateway, "no_such_tool").body())
          .as("a refusal stands even when it cannot be recorded")
          .contains("Unknown tool");
      assertThat(server.seen()).hasSize(before);
      assertThat(gateway.admin("/readyz").body()).contains("audit log unavailable");
      assertThat(gateway.admin("/healthz").statusCode()).isEqualTo(200);
      assertThat(gateway.admin("/metrics").body()).contains("countersign_audit_available 0");

      gateway.run("prlimit", "--fsize=unlimited:unlimited", "--pid");

      Await.until("the log to heal", () -> gateway.admin("/readyz").statusCode() == 200);
      assertServes(gateway);
      gateway.stop();
      assertThat(gateway.records().all("node"))
          .anyMatch(leaf -> leaf.path("event").asText().equals("healed"));
      assertThat(AuditVerifier.verify(gateway.audit()).findings()).isEmpty();
    }
  }

  private String token(GatewayProcess gateway) {
    return issuer.token("reader", gateway.url(), Duration.ofHours(1));
  }

  /** An issuer's keys behind a door: while it is shut, connections break off. */
  private final class KeyDoor implements AutoCloseable {
    private final HttpServer http;
    private volatile boolean open;

    KeyDoor() throws IOException {
      http = HttpServer.create(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0), 0);
      http.createContext(
          "/jwks",
          exchange -> {
            try (exchange) {
              if (open) {
                byte[] keys = keys();
                exchange.getResponseHeaders().set("Content-Type", "application/json");
                exchange.sendResponseHeaders(200, keys.length);
                exchange.getResponseBody().write(keys);
              }
            }
          });
      http.start();
    }

    private byte[] keys() throws IOException {
      HttpRequest request = HttpRequest.newBuilder(URI.create(issuer.issuer() + "/jwks")).build();
      try (HttpClient client = HttpClient.newHttpClient()) {
        return client.send(request, HttpResponse.BodyHandlers.ofByteArray()).body();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException(e);
      }
    }

    String url() {
      return "http://127.0.0.1:" + http.getAddress().getPort() + "/jwks";
    }

    @Override
    public void close() {
      http.stop(0);
    }
  }

  private KeyDoor openDoor() throws IOException {
    KeyDoor door = new KeyDoor();
    door.open = true;
    return door;
  }

  @Test
  void keysThatCannotBeHadRefuseAndKeysThatWereHadGoOn() throws Exception {
    try (KeyDoor door = new KeyDoor();
        GatewayProcess gateway =
            GatewayProcess.start(
                folder,
                settings(
                    ", jwks: \"" + door.url() + "\"",
                    "[{caller: \"oidc:demo:reader\", allow: [\"notes/*_note\"]}]"))) {
      HttpResponse<String> refused = call(gateway, "read_note");
      assertThat(refused.statusCode()).isEqualTo(503);
      assertThat(refused.body()).contains("\"reason\":\"identity_unavailable\"");
      assertThat(server.seen()).isEmpty();
      assertThat(gateway.admin("/readyz").body()).contains("no keys of an issuer yet");

      door.open = true;
      Await.until("the keys", () -> gateway.admin("/readyz").statusCode() == 200);
      assertServes(gateway);

      door.open = false;
      issuer.close();
      assertServes(gateway);
      assertThat(gateway.admin("/readyz").statusCode()).isEqualTo(200);
    }
  }

  @Test
  void reloadDuringAnOutageOfTheIssuerKeepsItsKeys() throws Exception {
    String grants = "[{caller: \"oidc:demo:reader\", allow: [\"notes/*_note\"]}]";
    try (KeyDoor door = openDoor();
        GatewayProcess gateway =
            GatewayProcess.start(folder, settings(", jwks: \"" + door.url() + "\"", grants))) {
      Await.until("the keys", () -> gateway.admin("/readyz").statusCode() == 200);
      assertServes(gateway);

      door.open = false;
      assertThat(
              gateway.reload(
                  settings(", jwks: \"" + door.url() + "\"", grants.replace("*_note", "read_*"))))
          .isTrue();

      assertServes(gateway);
    }
  }

  @Test
  void brokenPolicyIsNotPutInForce() throws Exception {
    try (GatewayProcess gateway = GatewayProcess.start(folder, settings())) {
      String revision = gateway.admin("/revision").body();

      for (String grants :
          List.of(
              "[{caller: \"oidc:demo:reader\", allow: [\"no-slash\"]}]",
              "[{caller: \"oidc:demo:reader\", alow: [\"notes/delete_note\"]}]",
              "[{caller: \"oidc:demo:reader\", allow: [\"elsewhere/*\"]}]",
              "{caller: ")) {
        assertThat(gateway.reload(settings("", grants))).as(grants).isFalse();
      }

      assertThat(gateway.admin("/revision").body()).isEqualTo(revision);
      assertThat(gateway.said()).contains("those in force kept", "alow", "elsewhere");
      assertThat(gateway.records().all("config"))
          .extracting(leaf -> leaf.path("applied").asBoolean())
          .containsExactly(true, false, false, false, false);
      assertServes(gateway);
    }
  }

  @Test
  void deadServerIsAClearErrorAndARecordAndComesBack() throws Exception {
    try (GatewayProcess gateway = GatewayProcess.start(folder, settings())) {
      assertServes(gateway);
      int port = URI.create(server.url()).getPort();
      server.close();

      HttpResponse<String> refused = call(gateway, "create_note");

      assertThat(refused.body()).contains("\"reason\":\"upstream_unavailable\"", "-32603");
      assertThat(refused.body()).doesNotContain(String.valueOf(port));
      assertThat(gateway.records().ended("create_note").result())
          .isIn("not_dispatched", "upstream_unavailable");

      server = new DemoToolServer(port);
      assertServes(gateway);
    }
  }

  @Test
  void serverThatDiesInTheMiddleOfACallLeavesItsEndOnRecord() throws Exception {
    try (FixtureServer fixture = FixtureServer.start();
        McpScript client = McpScript.start();
        GatewayProcess gateway =
            GatewayProcess.start(
                folder,
                settings("", "[{caller: \"oidc:demo:reader\", allow: [\"notes/slow\"]}]")
                    .replace(server.url(), fixture.url()))) {
      assertThat(client.connect(McpScript.Sdk.V1, gateway.url(), token(gateway)).ok()).isTrue();
      var call = client.startCall("slow", "{\"ms\":60000}");
      fixture.await(open -> open.running() == 1);

      fixture.die();

      McpScript.Reply reply = client.result(call);
      assertThat(reply.code()).as(reply.toString()).isEqualTo(-32603);
      Records.Call recorded = gateway.records().ended("slow");
      assertThat(recorded.result()).isEqualTo("upstream_unavailable");
      assertThat(recorded.outcome().path("side_effect").asText()).isEqualTo("unknown");
    }
  }
}

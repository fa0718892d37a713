// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.countersign.e2e.FixtureServer.Fault;
import dev.countersign.e2e.McpScript.Reply;
import dev.countersign.e2e.McpScript.Sdk;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** A server that answers wrongly: a clear error, a record, and the gateway goes on. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class FaultyServerTest {
  private final Map<Sdk, McpScript> clients = new EnumMap<>(Sdk.class);
  private GovernedFixture governed;
  private FixtureServer server;
  private GatewayProcess gateway;

  @BeforeAll
  void start(@TempDir Path folder) throws Exception {
    governed =
        GovernedFixture.start(
            folder,
            """
            limits: {upstream_head: 700ms, call: 1500ms, keep_alive: 200ms}
            policy: {grants: [{caller: "oidc:demo:*", allow: ["fixture/echo"]}]}
            """);
    server = governed.server();
    gateway = governed.gateway();
    String token = governed.token("reader");
    for (Sdk sdk : new Sdk[] {Sdk.V2_MODERN, Sdk.V2_LEGACY, Sdk.V1}) {
      McpScript client = McpScript.start();
      Reply session = client.connect(sdk, governed.url(), token);
      assertThat(session.ok()).as(session + gateway.said()).isTrue();
      clients.put(sdk, client);
    }
  }

  @AfterEach
  void behave() throws Exception {
    server.misbehave(Fault.NONE);
  }

  @AfterAll
  void stop() throws Exception {
    clients.values().forEach(McpScript::close);
    governed.stop();
  }

  Stream<Arguments> faults() {
    Map<Fault, String> outcomes =
        Map.ofEntries(
            Map.entry(Fault.HANG, "timeout"),
            Map.entry(Fault.HANG_IN_STREAM, "timeout"),
            Map.entry(Fault.RESET, "upstream_unavailable"),
            Map.entry(Fault.TRUNCATE, "upstream_unavailable"),
            Map.entry(Fault.DUPLICATE_KEYS, "bad_reply"),
            Map.entry(Fault.WRONG_ID, "bad_reply"),
            Map.entry(Fault.HTML, "bad_reply"),
            Map.entry(Fault.STATUS_500, "bad_reply"),
            Map.entry(Fault.GIANT_EVENT, "bad_reply"),
            Map.entry(Fault.GARBAGE, "bad_reply"),
            Map.entry(Fault.GARBAGE_JSON, "bad_reply"),
            Map.entry(Fault.REDIRECT, "bad_reply"),
            Map.entry(Fault.CHALLENGE, "bad_reply"));
    return clients.keySet().stream()
        .flatMap(
            sdk ->
                outcomes.entrySet().stream()
                    .sorted(Map.Entry.comparingByKey())
                    .map(entry -> Arguments.of(sdk, entry.getKey(), entry.getValue())));
  }

  @ParameterizedTest(name = "{0}")
  @EnumSource(
      value = Fault.class,
      names = {"HANG", "STATUS_500", "RESET", "REDIRECT"})
  void cancelEndsTheCallWhateverTheServerSaysToIt(Fault fault) throws Exception {
    McpScript client = Objects.requireNonNull(clients.get(Sdk.V1));
    int seen = server.calls("echo").size();
    server.misbehave(Fault.HANG_IN_STREAM);
    var call = client.startCall("echo", "{\"cancelled\":true}");
    Await.until("the call", () -> server.calls("echo").size() == seen + 1);
    server.misbehave(fault, "notifications/cancelled");

    client.ask("abort");

    assertThat(client.result(call).ok()).isFalse();
    assertThat(gateway.records().ended("echo").result()).isEqualTo("client_gone");
  }

  /** All that the server was sent, but that nobody waits for an answer any more. */
  private long requests() throws Exception {
    return server.calls().stream()
        .filter(call -> !call.method().equals("notifications/cancelled"))
        .count();
  }

  @ParameterizedTest(name = "{0} {1}: {2}")
  @MethodSource("faults")
  void faultIsAClearErrorAndARecordAndTheNextCallWorks(Sdk sdk, Fault fault, String outcome)
      throws Exception {
    McpScript client = Objects.requireNonNull(clients.get(sdk));
    long seen = requests();
    client.ask("wire");
    server.misbehave(fault);

    Reply reply = client.call("echo", "{}");

    server.misbehave(Fault.NONE);
    assertThat(reply.ok()).isFalse();
    assertThat(reply.code()).as(reply.toString()).isEqualTo(-32603);
    JsonNode wire = client.ask("wire").value();
    assertThat(reply.error().toString() + wire)
        .as("the client hears nothing of the server's own words or challenge")
        .doesNotContain(
            "fixture-realm", "fixture-challenge", "www-authenticate", "secret.js", "Sign in");
    assertThat(wire.findValuesAsText("status"))
        .as("a challenge would make the client log in again")
        .doesNotContain("401", "307");
    Records.Call recorded = gateway.records().ended("echo");
    assertThat(recorded.result()).isEqualTo(outcome);
    assertThat(recorded.decision().path("call_id").asText())
        .isEqualTo(reply.error().path("data").path("callId").asText());
    assertThat(requests()).as("nothing is tried twice").isEqualTo(seen + 1);
    server.await(open -> open.exchanges() == open.streams());

    assertThat(client.call("echo", "{}").ok()).isTrue();
  }
}

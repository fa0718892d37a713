// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.countersign.e2e.FixtureServer.Call;
import dev.countersign.e2e.FixtureServer.Fault;
import dev.countersign.e2e.FixtureServer.Open;
import dev.countersign.e2e.McpScript.Reply;
import dev.countersign.e2e.McpScript.Sdk;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Client and server with nothing between them: what fails here is no fault of the gateway. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class DirectPeersTest {
  private static final String TOKEN = "not-a-real-token";

  private FixtureServer server;

  @BeforeAll
  void start() throws IOException, InterruptedException {
    server = FixtureServer.start();
  }

  @BeforeEach
  void forget() throws IOException, InterruptedException {
    server.clearCalls();
  }

  @AfterEach
  void behave() throws IOException, InterruptedException {
    server.misbehave(Fault.NONE);
  }

  @AfterAll
  void stop() {
    server.close();
    assertThat(server.isAlive()).isFalse();
  }

  @ParameterizedTest
  @EnumSource(Sdk.class)
  void clientCallsAndTheServerRemembersWhatCame(Sdk sdk) throws Exception {
    try (McpScript client = McpScript.start()) {
      JsonNode session = connected(client, sdk);
      assertThat(session.path("version").asText())
          .isEqualTo(sdk.isModern() ? "2026-07-28" : "2025-11-25");
      assertThat(session.path("session").isTextual()).isEqualTo(!sdk.isModern());

      assertThat(client.ask("listTools").value().path("tools").findValuesAsText("name"))
          .contains("echo", "add", "slow", "read_note", "delete_note", "ask", "headers", "notify");
      assertThat(client.call("read_note", "{\"id\":\"1\"}").text()).isEqualTo("Buy milk.");
      assertThat(client.call("absent", "{}").code()).isEqualTo(-32602);

      List<Call> calls = server.calls("read_note");
      assertThat(calls).hasSize(1);
      assertThat(calls.getFirst().era()).isEqualTo(sdk.isModern() ? "modern" : "legacy");
      assertThat(calls.getFirst().header("authorization")).containsExactly("Bearer " + TOKEN);
      assertThat(calls.getFirst().header("mcp-name"))
          .isEqualTo(sdk.isModern() ? List.of("read_note") : List.of());
      assertThat(client.ask("wire").value().toString()).contains("\"POST\"").doesNotContain(TOKEN);
    }
  }

  @ParameterizedTest
  @EnumSource(Sdk.class)
  void progressArrivesWhileTheCallRuns(Sdk sdk) throws Exception {
    try (McpScript client = McpScript.start()) {
      connected(client, sdk);

      JsonNode progress = client.call("slow", "{\"ms\":300}").progress();

      assertThat(progress.findValuesAsText("progress")).containsExactly("1", "2", "3");
      assertThat(progress.path(2).path("time").asLong() - progress.path(0).path("time").asLong())
          .isGreaterThanOrEqualTo(100);
    }
  }

  @ParameterizedTest
  @EnumSource(Sdk.class)
  void abortedCallEndsAtTheServer(Sdk sdk) throws Exception {
    try (McpScript client = McpScript.start()) {
      connected(client, sdk);
      int cancelled = server.open().cancelled();
      CompletableFuture<Reply> call = client.startCall("slow", "{\"ms\":60000}");
      server.await(open -> open.running() == 1);

      client.ask("abort");

      assertThat(client.result(call).ok()).isFalse();
      server.await(open -> open.running() == 0 && open.cancelled() == cancelled + 1);
      assertThat(server.calls())
          .as("a legacy client says that it cancels, a modern one hangs up")
          .filteredOn(seen -> seen.method().equals("notifications/cancelled"))
          .hasSize(sdk.isModern() ? 0 : 1);
    }
  }

  @ParameterizedTest
  @EnumSource(Sdk.class)
  void serverAsksTheClient(Sdk sdk) throws Exception {
    try (McpScript client = McpScript.start()) {
      ObjectNode answers = PeerProcess.JSON.createObjectNode();
      answers.putObject("elicitation").put("action", "decline");
      Reply session = client.connect(sdk, server.url(), TOKEN, answers);
      assertThat(session.ok()).as(session.toString()).isTrue();

      assertThat(client.call("ask", "{}").text()).isEqualTo("{\"action\":\"decline\"}");
      assertThat(client.ask("received").value().toString()).contains("elicitation/create");
      assertThat(server.calls("ask"))
          .as("modern: asked in a result, answered by a second call")
          .hasSize(sdk.isModern() ? 2 : 1);
    }
  }

  @ParameterizedTest
  @EnumSource(Sdk.class)
  void newTokenIsUsedFromTheNextRequestOn(Sdk sdk) throws Exception {
    try (McpScript client = McpScript.start()) {
      connected(client, sdk);

      client.ask("setToken", PeerProcess.JSON.createObjectNode().put("token", "newer"));

      assertThat(client.call("headers", "{}").text()).contains("Bearer newer");
    }
  }

  @ParameterizedTest(name = "{0} {1}")
  @CsvSource({
    "V2_MODERN, HTML, false",
    "V2_MODERN, STATUS_500, false",
    "V2_MODERN, TRUNCATE, false",
    "V2_MODERN, REDIRECT, false",
    "V2_MODERN, DUPLICATE_KEYS, true",
    "V2_MODERN, GIANT_EVENT, true",
    "V1, HTML, false",
    "V1, STATUS_500, false",
    "V1, TRUNCATE, false",
    "V1, REDIRECT, false",
    "V1, DUPLICATE_KEYS, true",
    "V1, GIANT_EVENT, true",
  })
  void clientTakesWhatItsOwnParserTakes(Sdk sdk, Fault fault, boolean taken) throws Exception {
    try (McpScript client = McpScript.start()) {
      connected(client, sdk);

      server.misbehave(fault);
      assertThat(client.call("echo", "{}").ok()).isEqualTo(taken);

      server.misbehave(Fault.NONE);
      assertThat(client.call("echo", "{}").ok()).isTrue();
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Fault.class,
      names = {"HANG", "WRONG_ID"})
  void clientWaitsForAnAnswerThatNeverComes(Fault fault) throws Exception {
    try (McpScript client = McpScript.start()) {
      connected(client, Sdk.V2_MODERN);
      server.misbehave(fault);
      ObjectNode call = PeerProcess.JSON.createObjectNode().put("name", "echo");

      Reply reply = client.ask("callTool", call.put("timeoutMs", 300));

      assertThat(reply.error().path("message").asText()).containsIgnoringCase("timed out");
    }
  }

  @ParameterizedTest
  @EnumSource(Sdk.class)
  void closedClientLeavesNothingBehind(Sdk sdk) throws Exception {
    Open before = server.open();
    McpScript client = McpScript.start();
    try (client) {
      connected(client, sdk);
      client.call("echo", "{}");
      assertThat(client.ask("close").ok()).isTrue();
    }
    assertThat(client.isAlive()).isFalse();
    server.await(
        open -> open.sessions() == before.sessions() && open.streams() <= before.streams());
  }

  @ParameterizedTest
  @EnumSource(value = Sdk.class, names = "V2_MODERN", mode = EnumSource.Mode.EXCLUDE)
  void serverEverythingWorksWithClientsThatSpeakItsEra(Sdk sdk) throws Exception {
    try (EverythingServer everything = EverythingServer.start();
        McpScript client = McpScript.start()) {
      Reply session = client.connect(sdk, everything.url(), "");
      assertThat(session.ok()).as(session + everything.report()).isTrue();

      assertThat(client.call("echo", "{\"message\":\"hello\"}").text()).contains("hello");
      assertThat(
              client
                  .call("trigger-long-running-operation", "{\"duration\":1,\"steps\":3}")
                  .progress())
          .hasSizeGreaterThanOrEqualTo(2);
    }
  }

  @Test
  void scriptThatFailsSaysWhyInsteadOfHanging() throws Exception {
    try (McpScript client = McpScript.start()) {
      assertThat(client.connect(Sdk.V1, "http://127.0.0.1:1/mcp", "").ok()).isFalse();
      assertThat(client.ask("no-such-op").error().path("message").asText())
          .isEqualTo("unknown op: no-such-op");
    }
  }

  private JsonNode connected(McpScript client, Sdk sdk) throws IOException, InterruptedException {
    Reply session = client.connect(sdk, server.url(), TOKEN);
    assertThat(session.ok()).as(session + client.report() + server.report()).isTrue();
    return session.value();
  }
}

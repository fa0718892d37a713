// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.countersign.e2e.FixtureServer.Call;
import dev.countersign.e2e.FixtureServer.Open;
import dev.countersign.e2e.McpScript.Reply;
import dev.countersign.e2e.McpScript.Sdk;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Real clients, the gateway, and a server on the official SDK that says what reached it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class FixtureBehindGatewayTest {
  private static final int SIDE_BY_SIDE = 40;

  private GovernedFixture governed;
  private FixtureServer server;
  private GatewayProcess gateway;
  private String token;
  private McpScript client;

  @BeforeAll
  void start(@TempDir Path folder) throws Exception {
    governed =
        GovernedFixture.start(
            folder,
            """
            limits: {answer_bytes: 8MiB}
            servers:
              fixture: {url: "FIXTURE", effects: {"read_*": read}}
            policy:
              grants:
                - caller: "oidc:demo:reader"
                  allow: ["fixture/echo", "fixture/add", "fixture/slow", "fixture/read_*", "fixture/fail",
                          "fixture/ask", "fixture/notify", "fixture/headers", "fixture/big"]
            """);
    server = governed.server();
    gateway = governed.gateway();
    token = governed.token("reader");
  }

  @BeforeEach
  void startClient() throws Exception {
    server.clearCalls();
    client = McpScript.start();
  }

  @AfterEach
  void stopClient() throws Exception {
    client.close();
    server.await(open -> open.streams() == 0 && open.running() == 0);
  }

  @AfterAll
  void stop() throws Exception {
    governed.stop();
  }

  private void connect(Sdk sdk) throws Exception {
    Reply session = client.connect(sdk, governed.url(), token);
    assertThat(session.ok()).as(session + client.report() + gateway.said()).isTrue();
    assertThat(session.value().path("version").asText())
        .isEqualTo(sdk.isModern() ? "2026-07-28" : "2025-11-25");
  }

  @ParameterizedTest
  @EnumSource(Sdk.class)
  void clientSeesWhatItMayCallAndNothingElse(Sdk sdk) throws Exception {
    connect(sdk);

    assertThat(client.ask("listTools").value().path("tools").findValuesAsText("name"))
        .containsExactlyInAnyOrder(
            "echo", "add", "slow", "read_note", "fail", "ask", "notify", "headers", "big");
    assertThat(client.ask("listPrompts").toString()).doesNotContain("greeting");
    assertThat(client.ask("listResources").toString()).doesNotContain("note:///1");
  }

  @ParameterizedTest
  @EnumSource(Sdk.class)
  void permittedCallReachesTheServerWithoutTheCallersCredential(Sdk sdk) throws Exception {
    connect(sdk);

    assertThat(client.call("read_note", "{\"id\":\"1\"}").text()).isEqualTo("Buy milk.");

    List<Call> calls = server.calls("read_note");
    assertThat(calls).hasSize(1);
    assertThat(calls.getFirst().era()).isEqualTo(sdk.isModern() ? "modern" : "legacy");
    assertThat(calls.getFirst().header("authorization")).isEmpty();
    assertThat(server.calls().toString()).doesNotContain(token);
    Records.Call recorded = gateway.records().ended("read_note");
    assertThat(recorded.result()).isEqualTo("answered");
    assertThat(recorded.decision().path("caller").path("id").asText())
        .isEqualTo("oidc:demo:reader");
  }

  @ParameterizedTest
  @EnumSource(Sdk.class)
  void refusedCallNeverReachesTheServer(Sdk sdk) throws Exception {
    connect(sdk);

    Reply refused = client.call("delete_note", "{\"id\":\"1\"}");

    assertThat(refused.ok()).isFalse();
    assertThat(refused.code()).as(refused.toString()).isEqualTo(-32602);
    assertThat(refused.error().path("message").asText()).contains("Unknown tool: delete_note");
    assertThat(server.calls("delete_note")).isEmpty();
    assertThat(gateway.records().decided("delete_note").path("result").asText())
        .isEqualTo("refuse");
  }

  @ParameterizedTest
  @EnumSource(Sdk.class)
  void callsSideBySideGetTheirOwnAnswers(Sdk sdk) throws Exception {
    connect(sdk);
    List<CompletableFuture<Reply>> calls = new ArrayList<>();
    for (int i = 0; i < SIDE_BY_SIDE; i++) {
      calls.add(client.startCall("echo", "{\"n\":" + i + "}"));
    }

    for (int i = 0; i < SIDE_BY_SIDE; i++) {
      assertThat(client.result(calls.get(i)).text()).isEqualTo("{\"n\":" + i + "}");
    }
    assertThat(server.calls("echo")).hasSize(SIDE_BY_SIDE);
  }

  @ParameterizedTest
  @EnumSource(Sdk.class)
  void bigAnswerComesWholeOrNotAtAll(Sdk sdk) throws Exception {
    connect(sdk);

    assertThat(client.call("big", "{\"bytes\":3000000}").text()).hasSize(3_000_000);

    Reply tooBig = client.call("big", "{\"bytes\":20000000}");
    assertThat(tooBig.code()).as(tooBig.error().toString()).isEqualTo(-32603);
    assertThat(gateway.records().ended("big").result()).isEqualTo("bad_reply");
    server.await(open -> open.exchanges() == open.streams());
  }

  @ParameterizedTest
  @EnumSource(Sdk.class)
  void progressArrivesWhileTheCallRuns(Sdk sdk) throws Exception {
    connect(sdk);

    Reply reply = client.call("slow", "{\"ms\":3000}");

    assertThat(reply.progress().findValuesAsText("progress")).containsExactly("1", "2", "3");
    long answered = Long.parseLong(reply.text().substring(reply.text().lastIndexOf(' ') + 1));
    assertThat(reply.progress().path(0).path("time").asLong())
        .as("the first report was there before the server had its answer")
        .isLessThan(answered);
  }

  @ParameterizedTest
  @EnumSource(Sdk.class)
  void errorsOfToolsAndOfTheServerAreTheServersOwn(Sdk sdk) throws Exception {
    connect(sdk);

    Reply failed = client.call("fail", "{}");
    assertThat(failed.value().path("result").path("isError").asBoolean()).isTrue();
    assertThat(failed.text()).isEqualTo("it failed");
    assertThat(gateway.records().ended("fail").outcome().path("tool_error").asBoolean()).isTrue();

    Reply wrong = client.call("add", "{\"a\":\"one\"}");
    assertThat(wrong.toString()).containsIgnoringCase("invalid");
    assertThat(server.calls("add")).hasSize(1);
    assertThat(gateway.records().ended("add").result()).isIn("answered", "error_answered");
  }

  @ParameterizedTest
  @EnumSource(
      value = Sdk.class,
      names = {"V2_LEGACY", "V1"})
  void notificationsOfACallComeBeforeItsAnswer(Sdk sdk) throws Exception {
    connect(sdk);

    assertThat(client.call("notify", "{\"count\":2}").text()).isEqualTo("logged 2");

    assertThat(client.ask("received").value().toString()).contains("log 1").contains("log 2");
  }

  @ParameterizedTest
  @EnumSource(
      value = Sdk.class,
      names = {"V2_LEGACY", "V1"})
  void streamAndSessionLiveAndEndAtTheServerToo(Sdk sdk) throws Exception {
    int sessions = server.open().sessions();
    connect(sdk);
    Open open = server.await(now -> now.streams() == 1 && now.sessions() == sessions + 1);
    assertThat(open.exchanges()).isEqualTo(1);
    var wire = client.ask("wire").value();
    assertThat(wire.findValuesAsText("mcp-session-id"))
        .as("the server's own session id stays behind the gateway")
        .doesNotContain(verb("GET").getFirst().session());

    assertThat(client.ask("close").ok()).isTrue();

    server.await(now -> now.streams() == 0 && now.sessions() == sessions);
    assertThat(verb("DELETE")).hasSize(1);
    for (String method : List.of("http/get", "http/delete")) {
      assertThat(gateway.records().ended(method, null).result()).as(method).isEqualTo("answered");
    }
  }

  private List<Call> verb(String verb) throws Exception {
    return server.calls().stream().filter(call -> call.verb().equals(verb)).toList();
  }

  @ParameterizedTest
  @EnumSource(Sdk.class)
  void abortedCallEndsAtTheServerAndTheWayThereIsClosed(Sdk sdk) throws Exception {
    connect(sdk);
    Open before = server.open();
    CompletableFuture<Reply> call = client.startCall("slow", "{\"ms\":60000}");
    server.await(open -> open.running() == 1);

    client.ask("abort");

    assertThat(client.result(call).ok()).isFalse();
    server.await(
        open ->
            open.running() == 0
                && open.cancelled() == before.cancelled() + 1
                && open.exchanges() == open.streams());
    assertThat(server.calls())
        .filteredOn(seen -> seen.method().equals("notifications/cancelled"))
        .hasSize(sdk.isModern() ? 0 : 1);
    assertThat(gateway.records().ended("slow").result()).isEqualTo("client_gone");
    assertThat(client.call("echo", "{}").ok()).isTrue();
  }

  @ParameterizedTest
  @EnumSource(Sdk.class)
  void clientThatVanishesEndsAModernCallAndLetsALegacyOneFinish(Sdk sdk) throws Exception {
    connect(sdk);
    Open before = server.open();
    CompletableFuture<Reply> call = client.startCall("slow", "{\"ms\":900}");
    server.await(open -> open.running() == 1);

    client.close();

    Await.until("the client's end", call::isCompletedExceptionally);
    Open after = server.await(open -> open.running() == 0 && open.exchanges() == 0);
    assertThat(after.cancelled()).isEqualTo(before.cancelled() + (sdk.isModern() ? 1 : 0));
    assertThat(gateway.records().ended("slow").result()).isEqualTo("client_gone");
  }

  @ParameterizedTest
  @EnumSource(Sdk.class)
  void serversQuestionIsDeclinedAndNotPutToTheClient(Sdk sdk) throws Exception {
    ObjectNode answers = PeerProcess.JSON.createObjectNode();
    answers.putObject("elicitation").put("action", "accept").putObject("content").put("ok", true);
    assertThat(client.connect(sdk, governed.url(), token, answers).ok()).isTrue();

    Reply asked = client.call("ask", "{}");

    assertThat(client.ask("received").value().toString()).doesNotContain("elicitation/create");
    Records.Call recorded = gateway.records().ended("ask");
    if (sdk.isModern()) {
      assertThat(asked.code()).as("the result is held back").isEqualTo(1038);
      assertThat(recorded.result()).isEqualTo("withheld");
    } else {
      assertThat(asked.text())
          .as("the server was not told that this client can be asked")
          .contains("did not declare the required capability");
      assertThat(recorded.result()).isEqualTo("answered");
    }
    assertThat(server.calls("ask")).hasSize(1);
  }
}

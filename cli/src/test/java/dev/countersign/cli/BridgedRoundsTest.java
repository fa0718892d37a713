// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import static dev.countersign.cli.BridgedFixture.ALL;
import static dev.countersign.cli.BridgedFixture.ANN;
import static dev.countersign.cli.BridgedFixture.FORM;
import static dev.countersign.cli.BridgedFixture.GRANTS;
import static dev.countersign.cli.BridgedFixture.ROOTS;
import static dev.countersign.cli.BridgedFixture.SAMPLING;
import static dev.countersign.cli.BridgedFixture.acknowledge;
import static dev.countersign.cli.BridgedFixture.answer;
import static dev.countersign.cli.BridgedFixture.await;
import static dev.countersign.cli.BridgedFixture.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * What may change while a bridged request is under way: settings, session, credential, the client's
 * and the server's minds. Nothing that was permitted then is done now because of that.
 */
@Timeout(60)
final class BridgedRoundsTest {
  private static final String CALL = "{'name':'read','arguments':{'a':1}}";

  @TempDir private Path folder;
  private BridgedFixture bridge;

  @BeforeEach
  void start() throws IOException {
    bridge = new BridgedFixture(folder, "keep_alive: 100ms, body_bytes: 65536");
  }

  @AfterEach
  void stop() {
    bridge.close();
  }

  private static void after(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void roundIsDecidedUnderTheSettingsOfItsOwnTime() throws Exception {
    bridge.asks("\"who\":" + FORM);
    LegacyClient client = bridge.client();
    try (LegacyClient.Events call = client.call("5", "tools/call", CALL)) {
      JsonNode form = call.message();
      bridge.gateway.more(
          bridge.settings("bridged"),
          List.of("{caller: \"oidc:demo:reader\", allow: [\"elicitation:docs/form\"]}"),
          "");
      assertThat(client.post(answer(form, "\"result\":" + ANN)).statusCode()).isEqualTo(202);
      assertThat(call.message().at("/error/message").asText()).isEqualTo("Unknown tool: read");
    }
    assertThat(bridge.seen("tools/call")).isEqualTo(1);
  }

  @Test
  void answerReachesWhoAskedWhenTheBridgeIsGoneMeanwhile() throws Exception {
    bridge.asks("\"who\":" + FORM);
    LegacyClient client = bridge.client();
    try (LegacyClient.Events call = client.call("5", "tools/call", CALL)) {
      JsonNode form = call.message();
      bridge.gateway.more(bridge.settings("any"), GRANTS, "");
      assertThat(client.post(answer(form, "\"result\":" + ANN)).statusCode()).isEqualTo(202);
      assertThat(call.message().at("/error/data/reason").asText())
          .isEqualTo("upstream_unavailable");
    }
    assertThat(bridge.server.seen).as("initialize and the first call").hasSize(2);
  }

  @Test
  void endOfTheSessionEndsWhatWaitsInIt() throws Exception {
    bridge.asks("\"who\":" + FORM);
    LegacyClient client = bridge.client();
    try (LegacyClient.Events call = client.call("5", "tools/call", CALL)) {
      JsonNode form = call.message();
      assertThat(client.delete()).isEqualTo(200);
      JsonNode takenBack = call.message();
      assertThat(takenBack.at("/params/requestId")).isEqualTo(form.path("id"));
      assertThat(call.message().at("/error/data/reason").asText()).isEqualTo("session_unknown");
      assertThat(call.next()).isNull();
    }
    assertThat(bridge.seen("tools/call")).isEqualTo(1);
  }

  @Test
  void credentialThatHasExpiredSendsNothingMoreAndOneShownWithTheAnswerDoes() throws Exception {
    bridge.asks("\"who\":" + FORM);
    LegacyClient client = bridge.client();
    Instant expired = Instant.now().plusSeconds(3);
    HttpRequest request =
        bridge
            .gateway
            .as("reader", Duration.ofSeconds(2))
            .header("mcp-session-id", client.session)
            .POST(
                HttpRequest.BodyPublishers.ofString(
                    "{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"tools/call\",\"params\":"
                        + CALL.replace('\'', '"')
                        + "}"))
            .build();
    try (LegacyClient.Events first = new LegacyClient.Events(bridge.gateway.open(request))) {
      JsonNode form = first.message();
      await(() -> Instant.now().isAfter(expired));
      client.post(answer(form, "\"result\":" + ANN));
      assertThat(first.message().has("result")).as("the answer came with a good one").isTrue();
    }
    bridge.asks("");
    bridge.server.answers.put(
        "tools/call",
        asked -> {
          await(() -> Instant.now().isAfter(expired.plusSeconds(3)));
          return "\"result\":{\"resultType\":\"input_required\",\"requestState\":\"s\"}";
        });
    HttpResponse<String> second =
        bridge.gateway.send(
            HttpRequest.newBuilder(request, (name, value) -> !name.equals("authorization"))
                .header(
                    "authorization",
                    bridge
                        .gateway
                        .as("reader", Duration.ofSeconds(2))
                        .build()
                        .headers()
                        .firstValue("authorization")
                        .orElseThrow())
                .build());
    assertThat(second.body()).contains("credential_rejected");
    assertThat(bridge.seen("tools/call")).isEqualTo(3);
  }

  @Test
  void recordsOfAQuestionAndItsAnswerAreOfTheSessionAndBelongTogether() throws Exception {
    bridge.asks("\"who\":" + FORM + ",\"where\":" + ROOTS);
    LegacyClient client = LegacyClient.of(bridge.gateway, "reader", ALL, "2025-06-18");
    JsonNode form;
    try (LegacyClient.Events call = client.call("5", "tools/call", CALL)) {
      form = call.message();
      JsonNode roots = call.message();
      client.post(answer(roots, "\"result\":{\"roots\":[]}"));
      client.post(answer(form, "\"result\":" + ANN));
      call.message();
    }
    List<JsonNode> decisions = bridge.gateway.records(9).stream().map(List::getFirst).toList();
    assertThat(decisions)
        .filteredOn(decision -> decision.has("session_id"))
        .allSatisfy(decision -> assertThat(decision.path("era").asText()).isEqualTo("2025-06-18"));
    JsonNode asked =
        decisions.stream()
            .filter(
                decision ->
                    decision.path("trigger").asText().equals("input_request")
                        && decision.path("method").asText().equals("elicitation/create"))
            .findFirst()
            .orElseThrow();
    assertThat(form.path("id").asText()).isEqualTo("cs-" + asked.path("call_id").asText());
    assertThat(asked.at("/server/negotiated_version").asText()).isEqualTo("2026-07-28");
    JsonNode answered =
        decisions.stream()
            .filter(
                decision ->
                    decision.path("trigger").asText().equals("input_response")
                        && decision.path("method").asText().equals("elicitation/create"))
            .findFirst()
            .orElseThrow();
    assertThat(answered.path("parent")).isEqualTo(asked.path("call_id"));
    assertThat(answered.path("session_id")).isEqualTo(asked.path("session_id"));
  }

  @Test
  void answerThatIsDeepAndARequestAtTheLimitGoThrough() throws Exception {
    bridge.asks("\"where\":" + ROOTS);
    LegacyClient client = bridge.client();
    String deep = "{\"a\":".repeat(58) + "1" + "}".repeat(58);
    String body =
        "{'jsonrpc':'2.0','id':5,'method':'tools/call','params':{'name':'read',"
            + "'arguments':{'a':'@'}}}";
    try (LegacyClient.Events call =
        new LegacyClient.Events(
            bridge.gateway.open(
                client
                    .request()
                    .POST(
                        HttpRequest.BodyPublishers.ofString(
                            body.replace("@", "x".repeat(65_536 - body.length() + 1))
                                .replace('\'', '"')))
                    .build()))) {
      JsonNode roots = call.message();
      assertThat(
              client
                  .post(
                      answer(
                          roots,
                          "\"result\":{\"roots\":[{\"uri\":\"file:///w\",\"_meta\":"
                              + deep
                              + "}]}"))
                  .statusCode())
          .isEqualTo(202);
      assertThat(call.message().has("result")).isTrue();
    }
    assertThat(bridge.last("tools/call").text()).contains(deep);
  }

  private static String mirroring(String header) {
    return "{\"resultType\":\"complete\",\"tools\":[{\"name\":\"read\",\"inputSchema\":{\"type\":"
        + "\"object\",\"properties\":{\"place\":{\"type\":\"string\",\"x-mcp-header\":\""
        + header
        + "\"},\"n\":{\"type\":\"integer\",\"x-mcp-header\":\"N\"}}}}]}";
  }

  @Test
  void argumentThatIsTooLongForAHeaderIsRefusedHere() throws Exception {
    bridge.server.result("tools/list", mirroring("Region"));
    LegacyClient client = bridge.client();
    client.ask("1", "tools/list", "{}");
    JsonNode refused =
        client.ask(
            "2", "tools/call", "{'name':'read','arguments':{'place':'" + "x".repeat(9000) + "'}}");
    assertThat(refused.at("/error/data/reason").asText()).isEqualTo("params_invalid");
    assertThat(bridge.seen("tools/call")).isZero();
  }

  @Test
  void whatIsKnownOfAToolIsForgottenBeforeItIsLookedUpAgain() throws Exception {
    bridge.server.result("tools/list", mirroring("Region"));
    LegacyClient client = bridge.client();
    client.ask("1", "tools/list", "{}");
    bridge.server.answers.put(
        "tools/list",
        request ->
            "\"result\":"
                + (request.params().has("cursor")
                    ? mirroring("Area")
                    : "{\"resultType\":\"complete\",\"tools\":[],\"nextCursor\":\"2\"}"));
    bridge.server.answers.put(
        "tools/call",
        request ->
            request.header("mcp-param-area") == null
                ? "\"error\":{\"code\":-32020,\"message\":\"Mcp-Param-Area is missing\"}"
                : "\"result\":{\"resultType\":\"complete\",\"content\":[]}");
    assertThat(
            client
                .ask("2", "tools/call", "{'name':'read','arguments':{'place':'Oslo'}}")
                .has("result"))
        .isTrue();
  }

  @Test
  void cancelEndsTheSearchForATool() throws Exception {
    LegacyClient client = bridge.client();
    CountDownLatch listed = new CountDownLatch(1);
    CountDownLatch go = new CountDownLatch(1);
    bridge.server.error("tools/call", "{\"code\":-32020,\"message\":\"missing\"}");
    bridge.server.answers.put(
        "tools/list",
        request -> {
          listed.countDown();
          after(go);
          return "\"result\":{\"resultType\":\"complete\",\"tools\":[],\"nextCursor\":\"2\"}";
        });
    Thread canceller =
        Thread.ofVirtual()
            .start(
                () -> {
                  after(listed);
                  try {
                    client.post(
                        "{'jsonrpc':'2.0','method':'notifications/cancelled','params':"
                            + "{'requestId':5}}");
                  } catch (Exception e) {
                    throw new AssertionError(e);
                  }
                });
    try (LegacyClient.Events call = client.call("5", "tools/call", CALL)) {
      assertThat(call.next()).isNull();
    } finally {
      go.countDown();
    }
    canceller.join();
    await(() -> bridge.metric("countersign_calls_in_flight") == 0);
    assertThat(bridge.seen("tools/list")).isEqualTo(1);
  }

  @Test
  void errorToInitializeThatComesOnAStreamIsJson() throws Exception {
    bridge.server.answers.remove("server/discover");
    bridge.server.streamed.add("server/discover");
    Thread.ofVirtual()
        .start(
            () -> {
              try {
                ModernServer.Stream stream = bridge.stream();
                stream.send(
                    "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":"
                        + "{\"level\":\"info\",\"data\":\"x\"}}");
                stream.send(
                    "{\"jsonrpc\":\"2.0\",\"id\":"
                        + stream.opened.body().path("id")
                        + ",\"error\":{\"code\":-32603,\"message\":\"boom\"}}");
                stream.close();
              } catch (InterruptedException e) {
                throw new AssertionError(e);
              }
            });
    HttpResponse<String> answer =
        bridge.gateway.send(
            bridge
                .gateway
                .as("reader")
                .POST(
                    HttpRequest.BodyPublishers.ofString(
                        "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\",\"params\":"
                            + "{\"protocolVersion\":\"2025-11-25\",\"capabilities\":{},"
                            + "\"clientInfo\":{\"name\":\"t\",\"version\":\"1\"}}}"))
                .build());
    assertThat(answer.headers().firstValue("content-type")).contains("application/json");
    assertThat(json(answer.body()).at("/error/message").asText()).isEqualTo("boom");
  }

  @Test
  void outcomeSaysThatTheClientLeft() throws Exception {
    bridge.server.streamed.add("tools/call");
    LegacyClient client = bridge.client();
    double idle = bridge.metric("countersign_connections");
    ModernServer.Stream stream;
    try (LegacyClient.Events call =
        client.call(
            "5", "tools/call", "{'name':'read','arguments':{},'_meta':{'progressToken':'p'}}")) {
      stream = bridge.stream();
      stream.send(
          "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":"
              + "{\"progressToken\":\"p\",\"progress\":1}}");
      call.message();
    }
    // The connection that reads the metrics is not counted here.
    await(() -> bridge.metric("countersign_connections") <= idle);
    assertThat(
            stream.send(
                "{\"jsonrpc\":\"2.0\",\"id\":5,\"result\":{\"resultType\":\"complete\","
                    + "\"content\":[]}}"))
        .as("the server may finish")
        .isTrue();
    stream.close();
    await(() -> outcome().equals("client_gone"));
  }

  private String outcome() {
    try {
      return bridge.gateway.records(1).getFirst().getLast().path("result").asText();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void changeOfSubscriptionsIsMadeGoodWhenTheServerDropsIt() throws Exception {
    LegacyClient client = bridge.client();
    try (LegacyClient.Events events = client.get(null)) {
      assertThat(events.status()).isEqualTo(200);
      acknowledge(bridge.stream());
      client.ask("1", "resources/subscribe", "{'uri':'file:///public/b'}");
      ModernServer.Stream next = bridge.stream();
      client.ask("2", "resources/subscribe", "{'uri':'file:///public/c'}");
      next.close();
      assertThat(bridge.stream().opened.params().at("/notifications/resourceSubscriptions"))
          .extracting(JsonNode::asText)
          .containsExactlyInAnyOrder("file:///public/b", "file:///public/c");
    }
  }

  @Test
  void replacedSubscriptionsLeaveNothingBehind() throws Exception {
    LegacyClient client = bridge.client();
    try (LegacyClient.Events events = client.get(null)) {
      assertThat(events.status()).isEqualTo(200);
      acknowledge(bridge.stream());
      double before = bridge.metric("countersign_buffered_bytes");
      for (int i = 0; i < 50; i++) {
        client.ask(
            "1",
            i % 2 == 0 ? "resources/subscribe" : "resources/unsubscribe",
            "{'uri':'file:///public/a'}");
        acknowledge(bridge.stream());
      }
      await(() -> bridge.metric("countersign_buffered_bytes") <= before + 2048);
    }
  }

  @Test
  void subscriptionsBeyondWhatAServerTakesAreRefused() throws Exception {
    LegacyClient client = bridge.client();
    for (int i = 0; i < 256; i++) {
      client.ask("1", "resources/subscribe", "{'uri':'file:///public/" + i + "'}");
    }
    assertThat(
            client
                .ask("1", "resources/subscribe", "{'uri':'file:///public/more'}")
                .at("/error/data/reason")
                .asText())
        .isEqualTo("subscription_limit");
    assertThat(client.ask("1", "resources/subscribe", "{'uri':'file:///public/0'}").has("result"))
        .as("one that is there")
        .isTrue();
  }

  @Test
  void samplingIsNotDeclinedByTheGatewayWhenItsQuestionIsNotAnswered() throws Exception {
    bridge.asks("\"q\":" + SAMPLING);
    LegacyClient client = LegacyClient.of(bridge.gateway, "other", ALL);
    assertThat(client.ask("1", "tools/call", CALL).at("/error/data/reason").asText())
        .isEqualTo("input_request_refused");
    assertThat(bridge.seen("tools/call")).isEqualTo(1);
  }
}

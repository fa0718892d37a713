// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import static dev.countersign.cli.BridgedFixture.ALL;
import static dev.countersign.cli.BridgedFixture.ANN;
import static dev.countersign.cli.BridgedFixture.FORM;
import static dev.countersign.cli.BridgedFixture.META;
import static dev.countersign.cli.BridgedFixture.ROOTS;
import static dev.countersign.cli.BridgedFixture.SAMPLING;
import static dev.countersign.cli.BridgedFixture.acknowledge;
import static dev.countersign.cli.BridgedFixture.answer;
import static dev.countersign.cli.BridgedFixture.await;
import static dev.countersign.cli.BridgedFixture.json;
import static dev.countersign.cli.BridgedFixture.tell;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Legacy clients before a server that speaks 2026-07-28 alone ({@code era: bridged}). */
@Timeout(60)
final class BridgedServerTest {
  @TempDir private Path folder;
  private BridgedFixture bridge;
  private ModernServer server;
  private WireGateway gateway;

  @BeforeEach
  void start() throws IOException {
    bridge = new BridgedFixture(folder, "keep_alive: 100ms");
    server = bridge.server;
    gateway = bridge.gateway;
  }

  @AfterEach
  void stop() {
    bridge.close();
  }

  @ParameterizedTest
  @CsvSource({
    "2025-11-25, 2025-11-25",
    "2025-06-18, 2025-06-18",
    "2025-03-26, 2025-03-26",
    "2024-11-05, 2025-11-25",
    "2030-01-01, 2025-11-25"
  })
  void initializeIsAnsweredFromWhatTheServerSaysOfItself(String asked, String agreed)
      throws Exception {
    LegacyClient client = LegacyClient.of(gateway, "reader", ALL, asked);

    assertThat(client.initialized.path("result"))
        .isEqualTo(
            WireGateway.JSON.readTree(
                "{\"protocolVersion\":\""
                    + agreed
                    + "\",\"capabilities\":{\"tools\":{\"listChanged\":true},\"resources\":"
                    + "{\"subscribe\":true},\"logging\":{}},\"serverInfo\":{\"name\":\"new\","
                    + "\"version\":\"9\"},\"instructions\":\"Be \\\"kind\\\".\"}"));
    assertThat(server.seen).hasSize(1);
    JsonNode meta = server.last().params().path("_meta");
    assertThat(meta.path(META + "protocolVersion").asText()).isEqualTo("2026-07-28");
    assertThat(meta.path(META + "clientInfo").toString())
        .isEqualTo("{\"name\":\"t\",\"version\":\"1\"}");
    assertThat(meta.path(META + "clientCapabilities").toString())
        .isEqualTo("{\"sampling\":{},\"elicitation\":{},\"roots\":{\"listChanged\":true}}");
    assertThat(server.last().header("mcp-method")).isEqualTo("server/discover");
    assertThat(server.last().header("mcp-session-id")).isNull();
    assertThat(client.post("{'jsonrpc':'2.0','method':'notifications/initialized'}").statusCode())
        .isEqualTo(202);
    assertThat(client.ask("1", "ping", "{}").path("result").isObject()).isTrue();
    assertThat(server.seen).as("what concerns the session alone").hasSize(1);
  }

  @Test
  void recordNamesBothVersionsAndTheSession() throws Exception {
    LegacyClient client = LegacyClient.of(gateway, "reader", "{}", "2025-06-18");
    client.ask("1", "tools/call", "{'name':'read','arguments':{}}");

    List<JsonNode> call = gateway.records(1).getFirst();
    JsonNode decision = call.getFirst();
    assertThat(decision.path("method").asText()).isEqualTo("tools/call");
    assertThat(decision.path("era").asText()).isEqualTo("2025-06-18");
    assertThat(decision.path("server").path("negotiated_version").asText()).isEqualTo("2026-07-28");
    assertThat(decision.path("session_id").asText()).isNotEmpty();
    JsonNode opening = gateway.records(2).getFirst().getFirst();
    assertThat(opening.path("method").asText()).isEqualTo("server/discover");
    assertThat(opening.path("server").path("negotiated_version").asText()).isEqualTo("2026-07-28");
  }

  @Test
  void callGoesOutModernAndItsAnswerComesBackLegacy() throws Exception {
    server.result(
        "tools/call",
        "{\"resultType\":\"complete\",\"content\":[{\"type\":\"text\",\"text\":\"1.50\"}],"
            + "\"structuredContent\":{\"n\":1.50},\"_meta\":{\"k\":1}}");
    LegacyClient client = bridge.client();

    HttpResponse<String> answer =
        client.post(
            "{'jsonrpc':'2.0','id':'a','method':'tools/call','params':{'name':'read\\u00e9',"
                + "'arguments':{'x':1.50},'task':{},'requestState':'s','inputResponses':{},"
                + "'_meta':{'progressToken':1,'"
                + META
                + "logLevel':'debug','mine':2}}}");

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body())
        .isEqualTo(
            "{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"result\":{\"content\":[{\"type\":\"text\","
                + "\"text\":\"1.50\"}],\"structuredContent\":{\"n\":1.50},\"_meta\":{\"k\":1}}}");
    ModernServer.Seen seen = bridge.last("tools/call");
    assertThat(seen.text()).contains("\"arguments\":{\"x\":1.50}");
    assertThat(seen.params().fieldNames())
        .toIterable()
        .containsExactlyInAnyOrder("name", "arguments", "_meta");
    assertThat(seen.params().path("_meta").fieldNames())
        .toIterable()
        .containsExactlyInAnyOrder(
            "progressToken",
            "mine",
            META + "protocolVersion",
            META + "clientCapabilities",
            META + "clientInfo");
    assertThat(seen.header("mcp-protocol-version")).isEqualTo("2026-07-28");
    assertThat(seen.header("mcp-method")).isEqualTo("tools/call");
    assertThat(seen.header("mcp-name")).startsWith("=?base64?");
    assertThat(seen.header("mcp-session-id")).isNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {"tools/list", "prompts/list", "resources/list"})
  void listsAreFilteredAndWithoutModernMarks(String method) throws Exception {
    String member = method.substring(0, method.indexOf('/'));
    String key = member.equals("resources") ? "uri" : "name";
    String[] names =
        member.equals("resources")
            ? new String[] {"file:///public/a", "file:///secret/a"}
            : member.equals("prompts") ? new String[] {"p", "p2"} : new String[] {"read", "write"};
    server.result(
        method,
        "{\"resultType\":\"complete\",\"ttlMs\":9,\"cacheScope\":\"public\",\""
            + member
            + "\":[{\""
            + key
            + "\":\""
            + names[0]
            + "\"},{\""
            + key
            + "\":\""
            + names[1]
            + "\"}],\"nextCursor\":\"c1\"}");
    LegacyClient client = bridge.client();

    JsonNode first =
        client
            .post("{'jsonrpc':'2.0','id':1,'method':'" + method + "'}")
            .body()
            .transform(BridgedFixture::json)
            .path("result");

    assertThat(first.fieldNames()).toIterable().containsExactly(member, "nextCursor");
    assertThat(first.path(member)).hasSize(member.equals("prompts") ? 2 : 1);
    assertThat(first.path("nextCursor").asText()).isNotEqualTo("c1");
    client.ask("2", method, "{'cursor':" + first.path("nextCursor") + "}");
    assertThat(bridge.last(method).params().path("cursor").asText()).isEqualTo("c1");
  }

  @Test
  void refusedAndHiddenTargetsAreAnsweredAsInEveryLegacySession() throws Exception {
    LegacyClient client = bridge.client();
    server.error(
        "resources/read", "{\"code\":-32602,\"message\":\"Resource not found\",\"data\":{}}");
    long before = server.seen.size();

    HttpResponse<String> hidden =
        client.post(
            "{'jsonrpc':'2.0','id':1,'method':'resources/read','params':{'uri':"
                + "'file:///secret/a'}}");
    HttpResponse<String> tool =
        client.post("{'jsonrpc':'2.0','id':2,'method':'tools/call','params':{'name':'write'}}");
    HttpResponse<String> method =
        client.post("{'jsonrpc':'2.0','id':3,'method':'server/discover','params':{}}");
    HttpResponse<String> tasks =
        client.post("{'jsonrpc':'2.0','id':4,'method':'tasks/list','params':{}}");
    assertThat(server.seen).as("nothing of it reached the server").hasSize((int) before);
    HttpResponse<String> missing =
        client.post(
            "{'jsonrpc':'2.0','id':1,'method':'resources/read','params':{'uri':"
                + "'file:///public/a'}}");

    assertThat(List.of(hidden, tool, method, tasks, missing))
        .allMatch(answer -> answer.statusCode() == 200);
    assertThat(json(hidden.body()).at("/error/code").asInt()).isEqualTo(-32002);
    assertThat(json(tool.body()).at("/error/code").asInt()).isEqualTo(-32602);
    assertThat(json(method.body()).at("/error/code").asInt()).isEqualTo(-32601);
    assertThat(json(tasks.body()).at("/error/code").asInt()).isEqualTo(-32601);
    assertThat(json(missing.body()).at("/error/code").asInt()).isEqualTo(-32002);
    assertThat(missing.body().replaceAll("\"callId\":\"[^\"]*\"", ""))
        .isEqualTo(
            hidden.body().replace("secret", "public").replaceAll("\"callId\":\"[^\"]*\"", ""));
  }

  @Test
  void modernClientsOfTheSameRouteAreNotTouched() throws Exception {
    server.result("tools/call", "{\"resultType\":\"complete\",\"content\":[]}");
    JsonNode answer =
        gateway.modern("tools/call", "\"name\":\"read\",\"arguments\":{}").name("read").answer();
    assertThat(answer.at("/result/resultType").asText()).isEqualTo("complete");
    assertThat(
            gateway
                .records(1)
                .getFirst()
                .getFirst()
                .at("/server/negotiated_version")
                .isMissingNode())
        .isTrue();
  }

  @Test
  void serverOfTheOtherEraIsSaidToBeOne() throws Exception {
    server.result(
        "server/discover", "{\"supportedVersions\":[\"2025-11-25\"],\"capabilities\":{}}");
    HttpResponse<String> answer =
        gateway.send(
            gateway
                .as("reader")
                .POST(
                    java.net.http.HttpRequest.BodyPublishers.ofString(
                        "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\",\"params\":"
                            + "{\"protocolVersion\":\"2025-11-25\",\"capabilities\":{},"
                            + "\"clientInfo\":{\"name\":\"t\",\"version\":\"1\"}}}"))
                .build());
    assertThat(answer.headers().firstValue("mcp-session-id")).isEmpty();
    assertThat(json(answer.body()).at("/error/data/reason").asText())
        .isEqualTo("upstream_bad_reply");
    assertThat(answer.body()).contains("2026-07-28");
  }

  @Test
  void mirroredArgumentsGoOutAsTheListedToolWants() throws Exception {
    server.result("tools/list", tools("read"));
    LegacyClient client = bridge.client();
    client.ask("1", "tools/list", "{}");

    client.ask("2", "tools/call", "{'name':'read','arguments':{'place':'Zürich','n':3,'b':true}}");

    ModernServer.Seen seen = bridge.last("tools/call");
    assertThat(seen.header("mcp-param-region")).isEqualTo("=?base64?WsO8cmljaA==?=");
    assertThat(seen.header("mcp-param-n")).isEqualTo("3");
    assertThat(seen.header("mcp-param-b")).isEqualTo("true");
    client.ask("3", "tools/call", "{'name':'read','arguments':{'place':null}}");
    assertThat(bridge.last("tools/call").header("mcp-param-region")).isNull();
  }

  private static String tools(String name) {
    return "{\"resultType\":\"complete\",\"tools\":[{\"name\":\""
        + name
        + "\",\"inputSchema\":{\"type\":\"object\",\"properties\":{\"place\":{\"type\":\"string\","
        + "\"x-mcp-header\":\"Region\"},\"n\":{\"type\":\"integer\",\"x-mcp-header\":\"N\"},"
        + "\"b\":{\"type\":\"boolean\",\"x-mcp-header\":\"B\"}}}}]}";
  }

  @Test
  void clientThatNeverListedIsSpared() throws Exception {
    server.answers.put(
        "tools/list",
        request ->
            "\"result\":"
                + (request.params().has("cursor")
                    ? tools("read")
                    : "{\"resultType\":\"complete\",\"tools\":[],\"nextCursor\":\"2\"}"));
    server.answers.put(
        "tools/call",
        request ->
            request.header("mcp-param-region") == null
                ? "\"error\":{\"code\":-32020,\"message\":\"Mcp-Param-Region is missing\"}"
                : "\"result\":{\"resultType\":\"complete\",\"content\":[]}");
    LegacyClient client = bridge.client();

    JsonNode answer = client.ask("1", "tools/call", "{'name':'read','arguments':{'place':'Oslo'}}");

    assertThat(answer.has("result")).as(answer.toString()).isTrue();
    assertThat(bridge.seen("tools/call")).isEqualTo(2);
    assertThat(bridge.seen("tools/list")).isEqualTo(2);
    List<List<JsonNode>> records = gateway.records(4);
    String first = records.getFirst().getFirst().path("call_id").asText();
    assertThat(records.subList(1, 4))
        .allMatch(call -> call.getFirst().path("parent").asText().equals(first));
  }

  @Test
  void toolThatIsNowhereListedFails() throws Exception {
    server.result("tools/list", "{\"resultType\":\"complete\",\"tools\":[]}");
    server.error("tools/call", "{\"code\":-32020,\"message\":\"Mcp-Param-Region is missing\"}");
    JsonNode answer = bridge.client().ask("1", "tools/call", "{'name':'read','arguments':{}}");
    assertThat(answer.at("/error/data/reason").asText()).isEqualTo("upstream_bad_reply");
    assertThat(bridge.seen("tools/call")).isEqualTo(1);
  }

  @Test
  void whatTheServerNeedsIsAskedOnTheStreamAndTheRequestSentAgain() throws Exception {
    bridge.asks("\"who\":" + FORM + ",\"model\":" + SAMPLING + ",\"where\":" + ROOTS);
    LegacyClient client = bridge.client();

    try (LegacyClient.Events call =
        client.call("5", "tools/call", "{'name':'read','arguments':{'a':1}}")) {
      JsonNode form = call.message();
      JsonNode sampling = call.message();
      JsonNode roots = call.message();
      assertThat(form.path("method").asText()).isEqualTo("elicitation/create");
      assertThat(form.at("/params/message").asText()).isEqualTo("Who?");
      assertThat(sampling.path("method").asText()).isEqualTo("sampling/createMessage");
      assertThat(sampling.at("/params/maxTokens").asInt()).isLessThan(999999);
      assertThat(roots.path("method").asText()).isEqualTo("roots/list");

      // Each is judged by what it answers, and counts once.
      assertThat(
              client
                  .post(answer(form, "\"result\":{\"action\":\"accept\",\"content\":{}}"))
                  .statusCode())
          .isEqualTo(400);
      assertThat(client.post(answer(form, "\"result\":" + ANN)).statusCode()).isEqualTo(400);
      assertThat(
              client
                  .post(answer(roots, "\"result\":{\"roots\":[{\"uri\":\"file:///w\"}]}"))
                  .statusCode())
          .isEqualTo(202);
      assertThat(client.heldBy("other").post(answer(sampling, "\"result\":{}")).statusCode())
          .isEqualTo(404);
      assertThat(
              client
                  .post(
                      answer(
                          sampling,
                          "\"result\":{\"role\":\"assistant\",\"model\":\"m\",\"content\":"
                              + "{\"type\":\"text\",\"text\":\"ok\"}}"))
                  .statusCode())
          .isEqualTo(202);

      JsonNode done = call.message();
      assertThat(done.path("id").asInt()).isEqualTo(5);
      JsonNode responses = json(done.at("/result/content/0/text").asText());
      assertThat(responses.at("/who/action").asText()).as("a bad answer").isEqualTo("decline");
      assertThat(responses.at("/where/roots/0/uri").asText()).isEqualTo("file:///w");
      assertThat(responses.at("/model/content/text").asText()).isEqualTo("ok");
      assertThat(call.next()).isNull();
    }
    assertThat(bridge.seen("tools/call")).isEqualTo(2);
    assertThat(bridge.last("tools/call").params().path("requestState").asText()).isEqualTo("s1");
    assertThat(bridge.last("tools/call").params().at("/arguments/a").asInt()).isEqualTo(1);
    JsonNode again = gateway.records(1).getFirst().getFirst();
    assertThat(again.path("trigger").asText()).isEqualTo("retry");
    assertThat(again.path("round").asInt()).isEqualTo(1);
    assertThat(gateway.records(12).stream().map(call -> call.getFirst().path("trigger").asText()))
        .contains("input_request", "input_response");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "other  | elicitation | {\"action\":\"decline\"}",
        "reader | elicitation | {\"action\":\"cancel\"}",
        "other  | roots       | {\"roots\":[]}",
        "reader | roots       | {\"roots\":[]}"
      })
  void whatIsNotGrantedOrNotAnsweredIsDeclinedForTheClient(String subject, String kind, String told)
      throws Exception {
    bridge.asks("\"q\":" + (kind.equals("roots") ? ROOTS : FORM));
    LegacyClient client = LegacyClient.of(gateway, subject, ALL);
    try (LegacyClient.Events call =
        client.call("5", "tools/call", "{'name':'read','arguments':{}}")) {
      if (subject.equals("reader")) {
        JsonNode question = call.message();
        assertThat(
                client
                    .post(answer(question, "\"error\":{\"code\":-1,\"message\":\"no\"}"))
                    .statusCode())
            .isEqualTo(202);
        assertThat(json(call.message().at("/result/content/0/text").asText()).path("q").toString())
            .isEqualTo(told);
      }
    }
    if (!subject.equals("reader")) {
      assertThat(bridge.last("tools/call").params().path("inputResponses").path("q").toString())
          .isEqualTo(told);
    }
  }

  @Test
  void samplingThatTheClientRefusesFailsItsRequest() throws Exception {
    bridge.asks("\"q\":" + SAMPLING + ",\"who\":" + FORM);
    LegacyClient client = bridge.client();
    try (LegacyClient.Events call =
        client.call("5", "tools/call", "{'name':'read','arguments':{}}")) {
      JsonNode sampling = call.message();
      JsonNode form = call.message();
      client.post(answer(sampling, "\"error\":{\"code\":-1,\"message\":\"no\"}"));
      JsonNode takenBack = call.message();
      assertThat(takenBack.path("method").asText()).isEqualTo("notifications/cancelled");
      assertThat(takenBack.at("/params/requestId")).isEqualTo(form.path("id"));
      assertThat(call.message().at("/error/data/reason").asText())
          .isEqualTo("input_request_refused");
      assertThat(client.post(answer(form, "\"result\":" + ANN)).statusCode()).isEqualTo(400);
    }
    assertThat(bridge.seen("tools/call")).isEqualTo(1);
  }

  @Test
  void serverThatOnlyWantsTheRequestAgainGetsIt() throws Exception {
    bridge.asks("");
    assertThat(
            bridge.client().ask("1", "tools/call", "{'name':'read','arguments':{}}").has("result"))
        .isTrue();
    assertThat(bridge.seen("tools/call")).isEqualTo(2);
  }

  @Test
  void serverThatNeverHasEnoughIsGivenUp() throws Exception {
    server.result(
        "tools/call",
        "{\"resultType\":\"input_required\",\"requestState\":\"s\",\"inputRequests\":{\"q\":"
            + ROOTS
            + "}}");
    LegacyClient client = bridge.client();
    int asked = 0;
    try (LegacyClient.Events call =
        client.call("5", "tools/call", "{'name':'read','arguments':{}}")) {
      JsonNode said = call.message();
      while (said.has("method")) {
        asked++;
        client.post(answer(said, "\"result\":{\"roots\":[]}"));
        said = call.message();
      }
      assertThat(said.at("/error/data/reason").asText()).isEqualTo("upstream_bad_reply");
    }
    assertThat(asked).isEqualTo(16);
  }

  @Test
  void clientThatLeavesTakesItsQuestionsWithIt() throws Exception {
    bridge.asks("\"q\":" + FORM);
    LegacyClient client = bridge.client();
    JsonNode question;
    try (LegacyClient.Events call =
        client.call("5", "tools/call", "{'name':'read','arguments':{}}")) {
      question = call.message();
    }
    await(() -> bridge.metric("countersign_server_requests_waiting") == 0);
    assertThat(client.post(answer(question, "\"result\":" + ANN)).statusCode()).isEqualTo(400);
    assertThat(bridge.seen("tools/call")).isEqualTo(1);
    assertThat(client.ask("5", "tools/list", "{}").has("error")).as("the id is free").isNotNull();
  }

  @Test
  void cancelClosesTheServersStream() throws Exception {
    server.streamed.add("tools/call");
    LegacyClient client = bridge.client();
    try (LegacyClient.Events call =
        client.call(
            "5", "tools/call", "{'name':'read','arguments':{},'_meta':{'progressToken':'p'}}")) {
      ModernServer.Stream stream = bridge.stream();
      stream.send(
          "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":"
              + "{\"progressToken\":\"p\",\"progress\":1}}");
      assertThat(call.message().path("method").asText()).isEqualTo("notifications/progress");
      assertThat(
              client
                  .post(
                      "{'jsonrpc':'2.0','method':'notifications/cancelled','params':{'requestId':5}}")
                  .statusCode())
          .isEqualTo(202);
      assertThat(call.next()).isNull();
      await(
          () ->
              !stream.send(
                  "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{\"progressToken\":\"p\",\"progress\":2}}"));
    }
    assertThat(bridge.seen("notifications/cancelled")).isZero();
    await(() -> outcome().equals("client_gone"));
  }

  private String outcome() {
    try {
      return gateway.records(1).getFirst().getLast().path("result").asText();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void logLevelOfTheSessionGoesIntoEachRequest() throws Exception {
    LegacyClient client = bridge.client();
    assertThat(client.ask("1", "logging/setLevel", "{'level':'debug'}").path("result").isObject())
        .isTrue();
    assertThat(client.ask("2", "logging/setLevel", "{'level':'loud'}").at("/error/code").asInt())
        .isEqualTo(-32602);

    client.ask("3", "tools/call", "{'name':'read','arguments':{}}");

    assertThat(bridge.last("tools/call").params().path("_meta").path(META + "logLevel").asText())
        .as("cut to the server's log_level")
        .isEqualTo("info");
    assertThat(bridge.seen("logging/setLevel")).isZero();
  }

  @Test
  void streamOfTheSessionIsASubscription() throws Exception {
    LegacyClient client = bridge.client();
    assertThat(
            client
                .ask("1", "resources/subscribe", "{'uri':'file:///public/a'}")
                .path("result")
                .isObject())
        .isTrue();
    assertThat(
            client
                .ask("2", "resources/subscribe", "{'uri':'file:///secret/a'}")
                .at("/error/code")
                .asInt())
        .isEqualTo(-32002);

    try (LegacyClient.Events events = client.get(null)) {
      assertThat(events.status()).isEqualTo(200);
      ModernServer.Stream first = bridge.stream();
      assertThat(first.opened.params().path("notifications").toString())
          .isEqualTo(
              "{\"toolsListChanged\":true,\"promptsListChanged\":true,"
                  + "\"resourcesListChanged\":true,"
                  + "\"resourceSubscriptions\":[\"file:///public/a\"]}");
      acknowledge(first);
      tell(first, "notifications/resources/updated", ",\"uri\":\"file:///public/a\"");
      assertThat(events.message().toString())
          .isEqualTo(
              "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/resources/updated\",\"params\":"
                  + "{\"_meta\":{},\"uri\":\"file:///public/a\"}}");
      try (LegacyClient.Events second = client.get(null)) {
        assertThat(second.status()).isEqualTo(409);
      }

      client.ask("3", "resources/subscribe", "{'uri':'file:///public/b'}");
      ModernServer.Stream next = bridge.stream();
      assertThat(next.opened.params().at("/notifications/resourceSubscriptions"))
          .extracting(JsonNode::asText)
          .containsExactlyInAnyOrder("file:///public/a", "file:///public/b");
      tell(first, "notifications/tools/list_changed", "");
      assertThat(events.message().path("method").asText())
          .isEqualTo("notifications/tools/list_changed");
      acknowledge(next);
      await(
          () ->
              !first.send("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/tools/list_changed\"}"));
      tell(next, "notifications/resources/updated", ",\"uri\":\"file:///public/b\"");
      assertThat(events.message().at("/params/uri").asText()).isEqualTo("file:///public/b");

      assertThat(client.delete()).isEqualTo(200);
      assertThat(events.next()).isNull();
      await(
          () ->
              !next.send("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/tools/list_changed\"}"));
    }
    assertThat(client.post("{'jsonrpc':'2.0','id':9,'method':'ping'}").statusCode()).isEqualTo(404);
  }

  @Test
  void serverThatHasNothingToSubscribeToHasNoStream() throws Exception {
    server.errorStatus = 404;
    server.error("subscriptions/listen", "{\"code\":-32601,\"message\":\"no\"}");
    try (LegacyClient.Events events = bridge.client().get(null)) {
      assertThat(events.status()).isEqualTo(405);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"other", "nobody"})
  void sessionInOtherHandsIsNone(String thief) throws Exception {
    LegacyClient client = bridge.client();
    long before = server.seen.size();
    LegacyClient stolen = client.heldBy(thief);
    Predicate<HttpResponse<String>> unknown = answer -> answer.statusCode() == 404;
    assertThat(stolen.post("{'jsonrpc':'2.0','id':1,'method':'tools/list'}")).matches(unknown);
    assertThat(stolen.get(null).status()).isEqualTo(404);
    assertThat(stolen.delete()).isEqualTo(404);
    assertThat(
            stolen.post(
                "{'jsonrpc':'2.0','id':1,'method':'resources/subscribe','params':"
                    + "{'uri':'file:///public/a'}}"))
        .matches(unknown);
    assertThat(server.seen).hasSize((int) before);
    assertThat(client.post("{'jsonrpc':'2.0','id':9,'method':'ping'}").statusCode()).isEqualTo(200);
  }
}

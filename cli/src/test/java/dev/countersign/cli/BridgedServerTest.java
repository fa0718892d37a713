// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import static dev.countersign.cli.BridgedFixture.ALL;
import static dev.countersign.cli.BridgedFixture.META;
import static dev.countersign.cli.BridgedFixture.answer;
import static dev.countersign.cli.BridgedFixture.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
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
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What policy hides and what the server does not know are answered alike, to the byte but for the
 * call's id, in whatever words and on whatever kind of reply the server says it.
 */
final class HiddenTargetsTest {
  @TempDir private Path folder;
  private final LegacyServer server;
  private WireGateway gateway;

  HiddenTargetsTest() throws IOException {
    server = new LegacyServer();
  }

  @BeforeEach
  void start() throws IOException {
    gateway = gateway("error");
  }

  private WireGateway gateway(String denyAs) throws IOException {
    return new WireGateway(
        folder,
        "{url: \"" + server.url() + "\", deny_as: " + denyAs + "}",
        List.of(
            "{caller: \"oidc:demo:reader\", allow: [\"docs/*\", \"prompt:docs/*\","
                + " \"resource:docs/file:///**\"]}",
            "{caller: \"oidc:demo:reader\", deny: [\"docs/hidden\", \"prompt:docs/hidden\","
                + " \"resource:docs/file:///hidden\"]}",
            "{caller: \"oidc:demo:asker\", approve: [\"docs/*\"], approvers: [\"group:sec\"]}"));
  }

  @AfterEach
  void stop() {
    gateway.close();
    server.close();
  }

  /** Status, headers and body, without what differs with every call. */
  private static String form(HttpResponse<String> answer, String name) {
    TreeMap<String, List<String>> headers = new TreeMap<>(answer.headers().map());
    headers.remove("date");
    return answer.statusCode()
        + " "
        + headers
        + answer.body().replaceAll("\"callId\":\"[^\"]*\"", "").replace(name, "NAME");
  }

  private HttpResponse<String> legacy(String method, String params) throws Exception {
    LegacyClient client = LegacyClient.of(gateway, "reader", "{}");
    return client.post(
        "{'jsonrpc':'2.0','id':7,'method':'" + method + "','params':" + params + "}");
  }

  static Stream<LegacyServer.Handler> servers() {
    return Stream.of(
        (seen, reply) -> reply.error("{\"code\":-32602,\"message\":\"Tool other! not found\"}"),
        (seen, reply) -> reply.error("{\"code\":-32602,\"message\":\"Unknown tool: other!\"}"),
        (seen, reply) ->
            reply.error(
                "{\"code\":-32602,\"message\":\"Unknown tool: invalid_tool_name\",\"data\":\"Tool"
                    + " not found: other!\"}"),
        (seen, reply) -> reply.error("{\"code\":0,\"message\":\"unknown tool \\\"other!\\\"\"}"),
        (seen, reply) ->
            reply.json(400, "\"error\":{\"code\":-32602,\"message\":\"Unknown tool: other!\"}"),
        (seen, reply) ->
            reply.result(
                "{\"content\":[{\"type\":\"text\",\"text\":\"MCP error -32602: Tool other! not"
                    + " found\"}],\"isError\":true}"),
        (seen, reply) ->
            reply.result(
                "{\"content\":[{\"type\":\"text\",\"text\":\"Unknown tool:"
                    + " other!\"}],\"isError\":true}"),
        (seen, reply) ->
            reply.stream()
                .result(
                    "{\"content\":[{\"type\":\"text\",\"text\":\"Tool other! not"
                        + " found\"}],\"isError\":true}"),
        (seen, reply) -> {
          LegacyServer.Stream stream = reply.stream();
          stream.write("id: 1\nretry: 10\ndata: \n\n");
          stream.message(
              LegacyServer.response(
                  seen.body().path("id"),
                  "\"error\":{\"code\":-32602,\"message\":\"Tool other! not found\"}"));
          stream.close();
        });
  }

  @ParameterizedTest
  @MethodSource("servers")
  void hiddenToolAndUnknownOneAreAnsweredAlike(LegacyServer.Handler says) throws Exception {
    server.handlers.put("tools/call", says);

    String hidden = form(legacy("tools/call", "{'name':'hidden'}"), "hidden");
    assertThat(server.seen("tools/call")).isEmpty();
    assertThat(form(legacy("tools/call", "{'name':'other!'}"), "other!")).isEqualTo(hidden);
    assertThat(server.seen("tools/call")).hasSize(1);
    assertThat(hidden).startsWith("200").contains("-32602", "Unknown tool: NAME", "target_unknown");
  }

  @Test
  void hiddenToolAndUnknownOneAreAnsweredAlikeInTheModernEra() throws Exception {
    server.handlers.put(
        "tools/call",
        (seen, reply) ->
            reply.json(400, "\"error\":{\"code\":-32602,\"message\":\"Unknown tool: other!\"}"));

    String hidden =
        form(gateway.modern("tools/call", "\"name\":\"hidden\"").name("hidden").send(), "hidden");
    assertThat(server.seen).isEmpty();
    assertThat(
            form(
                gateway.modern("tools/call", "\"name\":\"other!\"").name("other!").send(),
                "other!"))
        .isEqualTo(hidden);
    assertThat(hidden).startsWith("200").contains("-32602", "Unknown tool: NAME");
  }

  @Test
  void hiddenPromptAndResourceAreAnsweredLikeUnknownOnes() throws Exception {
    server.handlers.put(
        "prompts/get",
        (seen, reply) -> reply.error("{\"code\":-32602,\"message\":\"Prompt other! not found\"}"));
    server.handlers.put(
        "resources/read",
        (seen, reply) ->
            reply.error("{\"code\":-32602,\"message\":\"Resource file:///other! not found\"}"));

    assertThat(form(legacy("prompts/get", "{'name':'other!'}"), "other!"))
        .isEqualTo(form(legacy("prompts/get", "{'name':'hidden'}"), "hidden"))
        .contains("Unknown prompt");
    assertThat(form(legacy("resources/read", "{'uri':'file:///other!'}"), "other!"))
        .isEqualTo(form(legacy("resources/read", "{'uri':'file:///hidden'}"), "hidden"))
        .contains("-32002");
    server.handlers.put(
        "resources/read", (seen, reply) -> reply.error("{\"code\":-32002,\"message\":\"gone\"}"));
    assertThat(form(legacy("resources/read", "{'uri':'file:///other!'}"), "other!"))
        .isEqualTo(form(legacy("resources/read", "{'uri':'file:///hidden'}"), "hidden"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"error\":{\"code\":-32602,\"message\":\"User not found\"}",
        "\"error\":{\"code\":-32603,\"message\":\"tool broke\"}",
        "\"result\":{\"content\":[{\"type\":\"text\",\"text\":\"User bob not"
            + " found\"}],\"isError\":true}",
        "\"result\":{\"content\":[{\"type\":\"text\",\"text\":\"Tool other! not found\"}]}",
      })
  void whatAToolItselfSaysIsLeftAlone(String member) throws Exception {
    server.handlers.put("tools/call", (seen, reply) -> reply.json(200, member));

    assertThat(legacy("tools/call", "{'name':'other!'}").body())
        .isEqualTo("{\"jsonrpc\":\"2.0\",\"id\":7," + member + "}");
  }

  @Test
  void refusalOfAToolIsAResultWhereTheOperatorWantsIt() throws Exception {
    gateway.close();
    gateway = gateway("is_error");
    LegacyClient client = LegacyClient.of(gateway, "asker", "{}");
    String body =
        client.post("{'jsonrpc':'2.0','id':7,'method':'tools/call','params':{'name':'t'}}").body();

    assertThat(body)
        .startsWith("{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"content\":[{\"type\":\"text\"")
        .contains("approval_needed", "\"isError\":true");
    assertThat(gateway.records(1).getFirst().getFirst().path("reason").asText())
        .isEqualTo("approval_needed");
    assertThat(gateway.modern("tools/call", "\"name\":\"t\"").name("t").as("asker").send().body())
        .contains("\"resultType\":\"complete\"", "\"isError\":true");
    assertThat(server.seen("tools/call")).isEmpty();

    assertThat(legacy("tools/call", "{'name':'hidden'}").body()).contains("Unknown tool");
  }

  @Test
  void refusalIsNever404Or401InTheLegacyEra() throws Exception {
    LegacyClient client = LegacyClient.of(gateway, "asker", "{}");
    for (String message :
        List.of(
            "{'jsonrpc':'2.0','id':1,'method':'tools/call','params':{'name':'t'}}",
            "{'jsonrpc':'2.0','id':1,'method':'prompts/get','params':{'name':'t'}}",
            "{'jsonrpc':'2.0','id':1,'method':'resources/read','params':{'uri':'file:///a'}}",
            "{'jsonrpc':'2.0','id':1,'method':'no/such'}")) {
      HttpResponse<String> answer =
          gateway.send(
              client
                  .request()
                  .POST(HttpRequest.BodyPublishers.ofString(message.replace('\'', '"')))
                  .build());
      assertThat(answer.statusCode()).as(message).isEqualTo(200);
      assertThat(answer.body()).contains("\"reason\":", "\"callId\":");
    }
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Headers that mirror arguments, errors and what may be kept, in the modern era. */
final class ModernMirrorsTest {
  private static final String TOOLS =
      """
      {"resultType":"complete","ttlMs":60000,"cacheScope":"public","tools":[
      {"name":"search","inputSchema":{"type":"object","properties":{
      "region":{"type":"string","x-mcp-header":"Region"},
      "page":{"type":"integer","x-mcp-header":"Page"},
      "deep":{"type":"object","properties":{"dry":{"type":"boolean","x-mcp-header":"Dry"}}}}}},
      {"name":"broken","inputSchema":{"type":"object","properties":{
      "list":{"type":"array","items":{"type":"string","x-mcp-header":"Item"}}}}},
      {"name":"plain","inputSchema":{"type":"object"}}]}\
      """;

  @TempDir private Path folder;
  private final ModernServer server;
  private WireGateway gateway;

  ModernMirrorsTest() throws IOException {
    server = new ModernServer();
    server.result("tools/list", TOOLS);
  }

  @BeforeEach
  void start() throws IOException {
    gateway =
        new WireGateway(
            folder,
            "{url: \"" + server.url() + "\"}",
            List.of(
                "{caller: \"oidc:demo:*\", allow: [\"docs/*\", \"resource:docs/file:///**\"]}"));
  }

  @AfterEach
  void stop() {
    gateway.close();
    server.close();
  }

  private HttpResponse<String> call(String arguments, String... headers) throws Exception {
    WireGateway.Modern request =
        gateway
            .modern("tools/call", "\"name\":\"search\",\"arguments\":" + arguments)
            .name("search");
    for (int i = 0; i < headers.length; i += 2) {
      request.header(headers[i], headers[i + 1]);
    }
    return request.send();
  }

  private int callsSeen() {
    return (int)
        server.seen.stream().filter(s -> s.text().contains("\"method\":\"tools/call\"")).count();
  }

  @Test
  void mirrorsOfAnUnknownToolArePassedOnUntouched() throws Exception {
    assertThat(call("{\"region\":\"eu\"}", "mcp-param-region", "us").statusCode()).isEqualTo(200);
    assertThat(server.last().header("mcp-param-region")).isEqualTo("us");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"region\":\"eu\"} | mcp-param-region | eu",
        "{\"region\":\"eu\"} | MCP-PARAM-REGION | =?base64?ZXU=?=",
        "{\"page\":42} | mcp-param-page | 42.0",
        "{\"page\":4.2e1} | mcp-param-page | 42",
        "{\"deep\":{\"dry\":true}} | mcp-param-dry | true",
        "{\"region\":null} | mcp-param-other | x",
        "{} | mcp-param-other | x"
      })
  void mirrorsThatAgreeReachTheServer(String arguments, String header, String value)
      throws Exception {
    gateway.modern("tools/list", "").send();

    assertThat(call(arguments, header, value).statusCode()).isEqualTo(200);
    assertThat(callsSeen()).isEqualTo(1);
    assertThat(server.last().header(header.toLowerCase(java.util.Locale.ROOT))).isEqualTo(value);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{\"region\":\"eu\"} | mcp-param-region | us",
        "{\"region\":\"eu\"} | mcp-param-region | EU",
        "{\"region\":\"eu\"} | mcp-param-other | eu",
        "{\"region\":\"eu\"} | mcp-param-region | =?base64?ZXV=?=",
        "{\"region\":null} | mcp-param-region | eu",
        "{} | mcp-param-region | eu",
        "{\"page\":42} | mcp-param-page | 0x2a",
        "{\"page\":42} | mcp-param-page | 4.2e1",
        "{\"page\":42} | mcp-param-page | 43",
        "{\"page\":{}} | mcp-param-page | 1",
        "{\"deep\":{\"dry\":true}} | mcp-param-dry | True",
      })
  void mirrorsThatDisagreeAreRefusedBeforeTheServer(String arguments, String header, String value)
      throws Exception {
    gateway.modern("tools/list", "").send();

    HttpResponse<String> answer = call(arguments, header, value);

    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(answer.body()).contains("-32020");
    assertThat(callsSeen()).isZero();
  }

  @Test
  void toolWhoseMirrorsMakeNoSenseIsNotOffered() throws Exception {
    assertThat(gateway.modern("tools/list", "").send().body())
        .contains("search", "plain")
        .doesNotContain("broken");
  }

  @Test
  void whatOneCallerIsToldOfAToolIsNotHeldAgainstAnother() throws Exception {
    server.result("tools/list", TOOLS.replace("public", "private"));
    gateway.modern("tools/list", "").as("other").send();

    assertThat(call("{\"region\":\"eu\"}").statusCode()).isEqualTo(200);
    assertThat(callsSeen()).isEqualTo(1);
  }

  @Test
  void answersAreTheCallersOwnAndNotKeptForLong() throws Exception {
    JsonNode list = gateway.modern("tools/list", "").answer().path("result");
    assertThat(list.path("cacheScope").asText()).isEqualTo("private");
    assertThat(list.path("ttlMs").asLong()).isEqualTo(60_000);

    server.result("tools/list", "{\"tools\":[],\"ttlMs\":99999999}");
    list = gateway.modern("tools/list", "").answer().path("result");
    assertThat(list.path("cacheScope").asText()).isEqualTo("private");
    assertThat(list.path("ttlMs").asLong()).isBetween(1L, 300_000L);

    server.result("server/discover", "{}");
    JsonNode facts = gateway.modern("server/discover", "").answer().path("result");
    assertThat(facts.path("cacheScope").asText()).isEqualTo("private");
    assertThat(facts.path("ttlMs").asLong(-1)).isZero();

    server.result(
        "resources/read",
        "{\"contents\":[{\"uri\":\"file:///a\",\"text\":\"t\"}],\"cacheScope\":\"public\",\"ttlMs\":-5}");
    JsonNode read =
        gateway.modern("resources/read", "\"uri\":\"file:///a\"").name("file:///a").answer();
    assertThat(read.path("result").path("cacheScope").asText()).isEqualTo("private");
    assertThat(read.path("result").path("ttlMs").asLong(-1)).isZero();
  }

  @ParameterizedTest
  @CsvSource({
    "-32700, 400", "-32600, 400", "-32020, 400", "-32021, 400", "-32022, 400",
    "-32601, 404", "-32602, 200", "-32603, 200", "-32000, 200", "17, 200"
  })
  void errorsOfTheServerComeAtTheirStatus(int code, int status) throws Exception {
    server.error("tools/call", "{\"code\":" + code + ",\"message\":\"no\"}");

    HttpResponse<String> answer = call("{}");

    assertThat(answer.statusCode()).isEqualTo(status);
    assertThat(answer.body()).contains("\"code\":" + code);
  }

  @Test
  void codesOfTheOtherEraDoNotPass() throws Exception {
    server.error("tools/call", "{\"code\":-32002,\"message\":\"no\",\"data\":{\"uri\":\"u\"}}");
    assertThat(call("{}").body()).contains("-32602", "\"uri\":\"u\"").doesNotContain("-32002");

    server.error("tools/call", "{\"code\":-32042,\"message\":\"no\"}");
    assertThat(call("{}").body()).contains("input_request_refused").doesNotContain("-32042");
  }

  @Test
  void capabilityThatTheClientDidNotDeclareIsAskedForAndOneThatWasTakenAwayIsNot()
      throws Exception {
    server.error(
        "tools/call",
        "{\"code\":-32021,\"message\":\"no\",\"data\":{\"requiredCapabilities\":{\"sampling\":{}}}}");
    assertThat(call("{}").body()).contains("-32021");

    HttpResponse<String> declared =
        gateway
            .modern("tools/call", "\"name\":\"search\"")
            .name("search")
            .declaring("{\"sampling\":{}}")
            .send();
    assertThat(declared.statusCode()).isEqualTo(200);
    assertThat(declared.body()).contains("input_request_refused").doesNotContain("-32021");
  }

  @Test
  void headersThatContradictTheClaimGoBeforeItsVersion() throws Exception {
    HttpResponse<String> answer =
        gateway.send(
            gateway
                .as("reader")
                .header("mcp-protocol-version", "2026-07-28")
                .header("mcp-method", "tools/list")
                .POST(
                    java.net.http.HttpRequest.BodyPublishers.ofString(
                        """
                        {"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{
                        "io.modelcontextprotocol/protocolVersion":"2030-01-01",
                        "io.modelcontextprotocol/clientCapabilities":{}}}}\
                        """))
                .build());

    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(answer.body()).contains("-32020");
  }

  @ParameterizedTest
  @CsvSource({"GET", "DELETE"})
  void otherVerbsDoNotExistInTheModernEra(String verb) throws Exception {
    HttpResponse<String> answer =
        gateway.send(
            gateway
                .as("reader")
                .header("mcp-protocol-version", "2026-07-28")
                .method(verb, java.net.http.HttpRequest.BodyPublishers.noBody())
                .build());

    assertThat(answer.statusCode()).isEqualTo(405);
    assertThat(server.seen).isEmpty();
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class DemoToolServerTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String META =
      "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","
          + "\"io.modelcontextprotocol/clientCapabilities\":{}}";

  private final DemoToolServer server;

  DemoToolServerTest() throws IOException {
    server = new DemoToolServer();
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void modernClientDiscoversListsAndCalls() throws IOException {
    JsonNode discovered = result(modern("server/discover", "", META));
    assertThat(discovered.path("supportedVersions").toString()).isEqualTo("[\"2026-07-28\"]");

    JsonNode listed = result(modern("tools/list", "", META));
    assertThat(listed.path("tools").findValuesAsText("name"))
        .containsExactly("list_notes", "read_note", "create_note", "delete_note");
    for (JsonNode cacheable : new JsonNode[] {discovered, listed}) {
      assertThat(cacheable.path("resultType").asText()).isEqualTo("complete");
      assertThat(cacheable.path("ttlMs").isIntegralNumber()).isTrue();
      assertThat(cacheable.path("cacheScope").asText()).isEqualTo("public");
    }

    assertThat(called("create_note", "{\"text\":\"Water plants.\"}")).isEqualTo("2");
    assertThat(called("list_notes", "{}")).isEqualTo("1: Buy milk.\n2: Water plants.");
    assertThat(called("read_note", "{\"id\":\"2\"}")).isEqualTo("Water plants.");
    assertThat(called("delete_note", "{\"id\":\"2\"}")).isEqualTo("deleted");
    assertThat(called("create_note", "{\"text\":\"Another.\"}"))
        .as("a deleted note's id is not used again")
        .isEqualTo("3");
  }

  @ParameterizedTest(name = "{0} {1}")
  @CsvSource(
      delimiter = '|',
      value = {
        "read_note | {\"id\":\"9\"} | no such note",
        "read_note | {\"id\":\"../1\"} | no such note",
        "read_note | {\"id\":\"99999999999999999999\"} | no such note",
        "delete_note | {\"id\":\"0\"} | no such note",
        "read_note | {\"id\":1} | a string is needed: \"id\"",
        "read_note | {} | a string is needed: \"id\"",
        "create_note | [] | a string is needed: \"text\"",
      })
  void toolRefusesInItsResult(String tool, String arguments, String text) throws IOException {
    JsonNode result = result(modernCall(tool, arguments));

    assertThat(result.path("isError").asBoolean()).isTrue();
    assertThat(result.path("content").path(0).path("text").asText()).isEqualTo(text);
  }

  @ParameterizedTest(name = "{4}")
  @CsvSource(
      delimiter = '|',
      value = {
        "tools/list | tools/list | 2025-11-25 | -32020 | another version in the header",
        "tools/list | tools/call | 2026-07-28 | -32020 | another method in the header",
        "tools/list | TOOLS/LIST | 2026-07-28 | -32020 | the header's value has another case",
        "initialize | initialize | 2026-07-28 | -32601 | no such method in this era",
        "tools/destroy | tools/destroy | 2026-07-28 | -32601 | no such method at all",
      })
  void modernRequestWhoseHeadersDisagreeIsRefused(
      String method, String header, String version, int code, String because) throws IOException {
    RawHttp.Answer answer =
        post(
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\",\"params\":{%s}}"
                .formatted(method, META),
            "MCP-Protocol-Version: " + version,
            "Mcp-Method: " + header);

    assertThat(answer.status()).as(because).isIn(400, 404);
    assertThat(error(answer).path("code").asInt()).as(because).isEqualTo(code);
  }

  @Test
  void headerThatNamesAnotherToolIsRefusedAndAnEncodedOneIsRead() throws IOException {
    String body =
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"list_notes\","
            + META
            + "}}";
    String[] head = {"MCP-Protocol-Version: 2026-07-28", "Mcp-Method: tools/call", ""};

    head[2] = "Mcp-Name: read_note";
    assertThat(error(post(body, head)).path("code").asInt()).isEqualTo(-32020);
    head[2] = "Mcp-Name: =?base64?!?=";
    assertThat(error(post(body, head)).path("code").asInt()).isEqualTo(-32020);
    head[2] = "Mcp-Name: =?base64?bGlzdF9ub3Rlcw==?=";
    assertThat(post(body, head).status()).isEqualTo(200);
  }

  @Test
  void versionNotServedIsNamedWithThoseThatAre() throws IOException {
    RawHttp.Answer answer = modern("tools/list", "", META.replace("2026-07-28", "2027-01-01"));

    assertThat(answer.status()).isEqualTo(400);
    assertThat(error(answer).path("code").asInt()).isEqualTo(-32022);
    assertThat(error(answer).path("data").toString())
        .isEqualTo("{\"requested\":\"2027-01-01\",\"supported\":[\"2026-07-28\"]}");
  }

  @Test
  void unknownToolIsAnErrorAtStatus200() throws IOException {
    RawHttp.Answer answer = modernCall("drop_table", "{}");

    assertThat(answer.status()).isEqualTo(200);
    assertThat(error(answer).toString())
        .isEqualTo("{\"code\":-32602,\"message\":\"Unknown tool: drop_table\"}");
  }

  @ParameterizedTest
  @CsvSource({
    "2025-11-25, 2025-11-25, the newest",
    "2025-03-26, 2025-03-26, an older one is taken",
    "1999-01-01, 2025-11-25, one not known gets the newest",
  })
  void legacySessionLivesFromInitializeToDelete(String asked, String given, String because)
      throws IOException {
    RawHttp.Answer opened =
        post(
            "{\"jsonrpc\":\"2.0\",\"id\":\"a\",\"method\":\"initialize\",\"params\":{\"protocolVersion\":\""
                + asked
                + "\",\"capabilities\":{},\"clientInfo\":{\"name\":\"t\",\"version\":\"1\"}}}");
    String session = "Mcp-Session-Id: " + opened.header("Mcp-Session-Id");
    String list = "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/list\"}";

    assertThat(result(opened).path("protocolVersion").asText()).as(because).isEqualTo(given);
    assertThat(opened.body()).contains("\"id\":\"a\"").doesNotContain("resultType");
    assertThat(
            post("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}", session)
                .status())
        .isEqualTo(202);
    assertThat(post("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}", session).body())
        .contains("\"result\":{}");
    assertThat(post(list, session).body()).contains("read_note").doesNotContain("ttlMs");
    assertThat(post(list, session, "MCP-Protocol-Version: 2024-11-05").status()).isEqualTo(400);
    assertThat(post(list).status()).isEqualTo(400);
    assertThat(post(list, "Mcp-Session-Id: made-up").status()).isEqualTo(404);
    assertThat(send("GET", "", session).status()).isEqualTo(405);
    assertThat(send("DELETE", "", session).status()).isEqualTo(200);
    assertThat(send("DELETE", "", session).status()).isEqualTo(404);
    assertThat(send("DELETE", "").status()).isEqualTo(400);
    assertThat(post(list, session).status()).isEqualTo(404);
  }

  @ParameterizedTest(name = "{2}")
  @CsvSource(
      delimiter = '|',
      value = {
        "{ | -32700 | half an object",
        "'' | -32700 | nothing",
        "[] | -32600 | a batch",
        "{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"ping\"} | -32600 | a null id",
        "{\"jsonrpc\":\"2.0\",\"id\":1.5,\"method\":\"ping\"} | -32600 | a broken id",
        "{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"ping\"} | -32600 | another protocol",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"id\":2,\"method\":\"ping\"} | -32700 | a key twice",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}{} | -32700 | more behind it",
        "{\"jsonrpc\":\"2.0\",\"method\":\"initialize\"} | -32600 | initialize without an id",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"} | -32000 | no session",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\",\"params\":{\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\"}}}"
            + " | -32602 | no capabilities",
      })
  void brokenMessageIsRefused(String body, int code, String because) throws IOException {
    RawHttp.Answer answer = post(body);

    assertThat(answer.status()).as(because).isEqualTo(400);
    assertThat(error(answer).path("code").asInt()).as(because).isEqualTo(code);
  }

  @ParameterizedTest(name = "{2}")
  @CsvSource({
    "403, Host: attacker.example, a rebound name",
    "403, Origin: http://127.0.0.1:3000, a web page",
    "403, Origin: null, a page in a sandbox",
  })
  void webPageIsRefused(int status, String header, String because) throws IOException {
    assertThat(send("POST", "{}", header).status()).as(because).isEqualTo(status);
    assertThat(server.seen()).isEmpty();
  }

  @Test
  void onlyItsOwnPathIsServed() throws IOException {
    for (String path : new String[] {"/mcp/", "/mcp/../mcp", "/mcpx", "/"}) {
      assertThat(RawHttp.send("POST", server.url().replace("/mcp", path), "{}").status())
          .as(path)
          .isEqualTo(404);
    }
  }

  @Test
  void bodyOverTheLimitIsRefused() throws IOException {
    assertThat(post("\"" + "x".repeat(1 << 20) + "\"").status()).isEqualTo(413);
    assertThat(server.seen()).isEmpty();
  }

  @Test
  void seesWhatCameAsItCame() throws IOException {
    modernCall("read_note", "{\"id\" : \"1\"}");

    DemoToolServer.Seen seen = server.seen().getLast();
    assertThat(seen.method()).isEqualTo("tools/call");
    assertThat(seen.tool()).isEqualTo("read_note");
    assertThat(seen.body()).contains("{\"id\" : \"1\"}");
    assertThat(seen.headers()).containsEntry("mcp-name", "read_note");
  }

  @Test
  void offLoopbackItAnswersToItsAuthorityOnly() throws IOException {
    try (DemoToolServer named =
        DemoToolServer.at(
            new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0), "notes:3001")) {
      String url = "http://127.0.0.1:" + named.port() + "/mcp";

      assertThat(named.url()).isEqualTo("http://notes:3001/mcp");
      assertThat(RawHttp.send("GET", url, "", "Host: notes:3001").status()).isEqualTo(405);
      assertThat(RawHttp.send("GET", url, "").status()).isEqualTo(403);
    }
  }

  @Test
  void requestThatBreaksOffIsNotSeen() throws IOException {
    URI uri = URI.create(server.url());

    String answer =
        RawHttp.exchange(
            uri.getPort(),
            "POST /mcp HTTP/1.1\r\nHost: "
                + uri.getAuthority()
                + "\r\nContent-Length: 99\r\n\r\n{\"jsonrpc\":");

    assertThat(answer).doesNotContain("200");
    assertThat(server.seen()).isEmpty();
  }

  private RawHttp.Answer modern(String method, String members, String meta) throws IOException {
    return post(
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\",\"params\":{%s%s}}"
            .formatted(method, members, meta),
        "MCP-Protocol-Version: 2026-07-28",
        "Mcp-Method: " + method);
  }

  private RawHttp.Answer modernCall(String tool, String arguments) throws IOException {
    return post(
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"%s\",\"arguments\":%s,%s}}"
            .formatted(tool, arguments, META),
        "MCP-Protocol-Version: 2026-07-28",
        "Mcp-Method: tools/call",
        "Mcp-Name: " + tool);
  }

  private String called(String tool, String arguments) throws IOException {
    JsonNode result = result(modernCall(tool, arguments));
    assertThat(result.path("resultType").asText()).isEqualTo("complete");
    assertThat(result.has("isError")).isFalse();
    return result.path("content").path(0).path("text").asText();
  }

  private RawHttp.Answer post(String body, String... headers) throws IOException {
    return send("POST", body, headers);
  }

  private RawHttp.Answer send(String verb, String body, String... headers) throws IOException {
    return RawHttp.send(verb, server.url(), body, headers);
  }

  private static JsonNode result(RawHttp.Answer answer) throws IOException {
    assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    return JSON.readTree(answer.body()).path("result");
  }

  private static JsonNode error(RawHttp.Answer answer) throws IOException {
    return JSON.readTree(answer.body()).path("error");
  }
}

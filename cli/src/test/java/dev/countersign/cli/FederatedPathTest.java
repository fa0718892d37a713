// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.countersign.cli.demo.DemoIssuer;
import dev.countersign.config.ConfigReader;
import dev.countersign.config.ConfigResult;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Several servers behind one path. */
final class FederatedPathTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration MINUTES = Duration.ofMinutes(5);
  private static final String TOOLS =
      "\"ttlMs\":%d,\"cacheScope\":\"public\",\"resultType\":\"complete\",\"tools\":[%s]";

  @TempDir private Path folder;
  private final HttpClient client = HttpClient.newHttpClient();
  private final DemoIssuer issuer;
  private final ScriptedServer files;
  private final ScriptedServer mail;
  private RunningGateway running;

  FederatedPathTest() throws IOException {
    issuer = new DemoIssuer();
    files = new ScriptedServer();
    mail = new ScriptedServer();
  }

  @BeforeEach
  void start() throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("gateway.yaml"),
            """
            node: test
            listen: {address: 127.0.0.1:0, drain: 0s, event_loops: 1}
            identity: {issuers: [{name: demo, issuer: "%s"}]}
            servers:
              files: {url: "%s"}
              mail: {url: "%s"}
              hidden: {url: "%s"}
            federation: {servers: [files, mail]}
            policy:
              grants:
                - {caller: "oidc:demo:*", allow: ["files/read_*", "mail/**", "resource:files/file:///public/**"]}
            audit: {directory: audit}
            admin: {address: 127.0.0.1:0}
            """
                .formatted(issuer.issuer(), files.url(), mail.url(), mail.url()));
    running =
        RunningGateway.start(
            file, (ConfigResult.Valid) ConfigReader.read(file, Map.of()), Map.of(), MINUTES);
    files.results.put(
        "tools/list",
        "{" + TOOLS.formatted(500, "{\"name\":\"read_a\"},{\"name\":\"drop\"}") + "}");
    mail.results.put(
        "tools/list", "{" + TOOLS.formatted(90, "{\"name\":\"send\",\"x\":1.50}") + "}");
    files.results.put("tools/call", "{\"resultType\":\"complete\",\"content\":[]}");
  }

  @AfterEach
  void stop() {
    running.close();
    files.close();
    mail.close();
    issuer.close();
    client.close();
  }

  private String url(String path) {
    return "http://127.0.0.1:" + running.gateway().address().getPort() + path;
  }

  private HttpRequest.Builder request(String subject, String path, String audience) {
    return HttpRequest.newBuilder(URI.create(url(path)))
        .timeout(Duration.ofSeconds(20))
        .header("authorization", "Bearer " + issuer.token(subject, url(audience), MINUTES))
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream");
  }

  private HttpResponse<String> modern(String method, String name, String params) throws Exception {
    HttpRequest.Builder request =
        request("reader", "/mcp", "/mcp")
            .header("mcp-protocol-version", "2026-07-28")
            .header("mcp-method", method);
    if (!name.isEmpty()) {
      request.header("mcp-name", name);
    }
    String body =
        """
        {"jsonrpc":"2.0","id":7,"method":"%s","params":{%s"_meta":{
        "io.modelcontextprotocol/protocolVersion":"2026-07-28",
        "io.modelcontextprotocol/clientCapabilities":{}}}}\
        """
            .formatted(method, params);
    return client.send(
        request.POST(HttpRequest.BodyPublishers.ofString(body)).build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private HttpResponse<String> legacy(String subject, String session, String body)
      throws Exception {
    HttpRequest.Builder request = request(subject, "/mcp", "/mcp");
    if (!session.isEmpty()) {
      request.header("mcp-session-id", session);
    }
    return client.send(
        request.POST(HttpRequest.BodyPublishers.ofString(body)).build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private String initialize() throws Exception {
    HttpResponse<String> opened =
        legacy(
            "reader",
            "",
            """
            {"jsonrpc":"2.0","id":1,"method":"initialize","params":{
            "protocolVersion":"2025-11-25","capabilities":{},
            "clientInfo":{"name":"t","version":"1"}}}\
            """);
    assertThat(opened.statusCode()).as(opened.body()).isEqualTo(200);
    return opened.headers().firstValue("mcp-session-id").orElseThrow();
  }

  private static List<String> names(HttpResponse<String> listed) throws IOException {
    List<String> names = new ArrayList<>();
    JsonNode tools = JSON.readTree(listed.body()).path("result").path("tools");
    tools.forEach(tool -> names.add(tool.path("name").asText()));
    return names;
  }

  @Test
  void listsWhatEachServerShowsTheCallerUnderItsServersName() throws Exception {
    HttpResponse<String> listed = modern("tools/list", "", "");

    assertThat(names(listed)).containsExactly("files__read_a", "mail__send");
    JsonNode result = JSON.readTree(listed.body()).path("result");
    assertThat(result.path("cacheScope").asText()).isEqualTo("private");
    assertThat(result.path("ttlMs").asLong()).isLessThanOrEqualTo(90);
    assertThat(result.path("resultType").asText()).isEqualTo("complete");
    assertThat(listed.body()).contains("1.50");
  }

  @Test
  void listsTheOthersWhenOneServerFails() throws Exception {
    files.status = 500;

    HttpResponse<String> listed = modern("tools/list", "", "");

    assertThat(names(listed)).containsExactly("mail__send");
    assertThat(JSON.readTree(listed.body()).path("result").path("ttlMs").asInt()).isZero();
  }

  @Test
  void saysWhatIsWrongWhenEveryServerFails() throws Exception {
    files.status = 500;
    mail.status = 500;

    HttpResponse<String> listed = modern("tools/list", "", "");

    assertThat(JSON.readTree(listed.body()).path("error").path("data").path("reason").asText())
        .isEqualTo("upstream_bad_reply");
  }

  @Test
  void goesOnWhereEachServerHasMore() throws Exception {
    files.results.put(
        "tools/list", "{" + TOOLS.formatted(1, "{\"name\":\"read_a\"}") + ",\"nextCursor\":\"\"}");
    JsonNode first = JSON.readTree(modern("tools/list", "", "").body()).path("result");
    String cursor = first.path("nextCursor").asText();
    files.results.put("tools/list", "{" + TOOLS.formatted(1, "{\"name\":\"read_b\"}") + "}");
    files.seen.clear();
    mail.seen.clear();

    HttpResponse<String> second = modern("tools/list", "", "\"cursor\":\"" + cursor + "\",");

    assertThat(names(second)).containsExactly("files__read_b");
    assertThat(files.seen).singleElement().asString().contains("\"cursor\":\"\"");
    assertThat(mail.seen).isEmpty();
    assertThat(second.body()).doesNotContain("nextCursor");
  }

  @ParameterizedTest
  @ValueSource(strings = {"x", "e30x!", "WzFd", ""})
  void takesNoCursorThatItDidNotGive(String cursor) throws Exception {
    HttpResponse<String> listed = modern("tools/list", "", "\"cursor\":\"" + cursor + "\",");

    assertThat(JSON.readTree(listed.body()).path("error").path("code").asInt()).isEqualTo(-32602);
    assertThat(files.seen).isEmpty();
    assertThat(mail.seen).isEmpty();
  }

  @Test
  void callsTheToolOfTheServerThatTheNameBeginsWith() throws Exception {
    files.results.put(
        "tools/call",
        "{\"resultType\":\"complete\",\"content\":[{\"type\":\"resource_link\",\"uri\":\"file:///public/a\","
            + "\"name\":\"a\"},{\"type\":\"text\",\"text\":\"file:///public/a\"}]}");

    HttpResponse<String> called =
        modern(
            "tools/call", "files__read_a", "\"name\":\"files__read_a\",\"arguments\":{\"n\":1.0},");

    assertThat(files.seen)
        .singleElement()
        .asString()
        .contains("\"name\":\"read_a\",\"arguments\":{\"n\":1.0}");
    assertThat(called.body())
        .contains("\"uri\":\"files+file:///public/a\"", "\"text\":\"file:///public/a\"");
    assertThat(mail.seen).isEmpty();
    assertThat(Files.readString(firstSegment()))
        .contains("\"exposed_name\":\"files__read_a\"", "\"route\":\"/mcp\"");
  }

  private Path firstSegment() throws IOException {
    try (var files = Files.walk(folder.resolve("audit"))) {
      return files
          .filter(Files::isRegularFile)
          .filter(file -> file.toString().endsWith(".jsonl"))
          .findFirst()
          .orElseThrow();
    }
  }

  @Test
  void readsAResourceOfTheServerThatTheUriBeginsWith() throws Exception {
    files.results.put(
        "resources/read",
        "{\"resultType\":\"complete\",\"contents\":[{\"uri\":\"file:///public/a\",\"text\":\"t\"}]}");

    HttpResponse<String> read =
        modern("resources/read", "files+file:///public/a", "\"uri\":\"files+file:///public/a\",");

    assertThat(read.body()).contains("\"uri\":\"files+file:///public/a\"");
    assertThat(files.seen).singleElement().asString().contains("\"uri\":\"file:///public/a\"");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "files__drop",
        "files__nothing",
        "hidden__send",
        "nobody__send",
        "send",
        "__x",
        "files__"
      })
  void answersHiddenAndUnknownTargetsAlike(String name) throws Exception {
    HttpResponse<String> called =
        modern("tools/call", name, "\"name\":\"" + name + "\",\"arguments\":{},");

    JsonNode error = JSON.readTree(called.body()).path("error");
    assertThat(called.statusCode()).isEqualTo(200);
    assertThat(error.path("code").asInt()).isEqualTo(-32602);
    assertThat(error.path("message").asText()).isEqualTo("Unknown tool: " + name);
    assertThat(files.seen).isEmpty();
    assertThat(mail.seen).isEmpty();
  }

  @Test
  void takesNoTokenForOneServersPathAndNoneOfItsOwnThere() throws Exception {
    for (List<String> pair :
        List.of(List.of("/mcp", "/files/mcp"), List.of("/files/mcp", "/mcp"))) {
      HttpResponse<String> refused =
          client.send(
              request("reader", pair.get(0), pair.get(1))
                  .POST(
                      HttpRequest.BodyPublishers.ofString(
                          "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}"))
                  .build(),
              HttpResponse.BodyHandlers.ofString());
      assertThat(refused.statusCode()).isEqualTo(401);
    }
    assertThat(files.seen).isEmpty();
  }

  @Test
  void opensASessionWithEachServerAndEndsThemTogether() throws Exception {
    String session = initialize();
    assertThat(files.seen).hasSize(1);
    assertThat(mail.seen).hasSize(1);

    HttpResponse<String> called =
        legacy(
            "reader",
            session,
            "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/call\",\"params\":{\"name\":\"mail__send\"}}");
    assertThat(called.body()).contains("\"result\"");
    assertThat(mail.seen.getLast()).contains("\"name\":\"send\"");

    HttpResponse<String> ended =
        client.send(
            request("reader", "/mcp", "/mcp").header("mcp-session-id", session).DELETE().build(),
            HttpResponse.BodyHandlers.ofString());
    assertThat(ended.statusCode()).isEqualTo(200);
    assertThat(files.seen.getLast()).startsWith("DELETE");
    assertThat(mail.seen.getLast()).startsWith("DELETE");
    assertThat(
            legacy("reader", session, "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"ping\"}")
                .statusCode())
        .isEqualTo(404);
  }

  @Test
  void keepsASessionFromOthers() throws Exception {
    String session = initialize();
    files.seen.clear();
    mail.seen.clear();

    HttpResponse<String> stolen =
        legacy("thief", session, "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/list\"}");

    assertThat(stolen.statusCode()).isEqualTo(404);
    assertThat(files.seen).isEmpty();
    assertThat(mail.seen).isEmpty();
  }

  @Test
  void describesItselfAsOneServer() throws Exception {
    files.results.put(
        "server/discover",
        "{\"resultType\":\"complete\",\"supportedVersions\":[\"2026-07-28\"],\"capabilities\":{\"tools\":{}},"
            + "\"instructions\":\"Read.\"}");
    mail.results.put(
        "server/discover",
        "{\"resultType\":\"complete\",\"supportedVersions\":[\"2026-07-28\"],\"capabilities\":{\"prompts\":{}},"
            + "\"instructions\":\"Send.\"}");

    JsonNode result = JSON.readTree(modern("server/discover", "", "").body()).path("result");

    assertThat(result.path("capabilities").toString()).isEqualTo("{\"prompts\":{},\"tools\":{}}");
    assertThat(result.path("supportedVersions").toString()).isEqualTo("[\"2026-07-28\"]");
    assertThat(result.path("instructions").asText())
        .isEqualTo("# files\n\nRead.\n\n# mail\n\nSend.");
  }
}

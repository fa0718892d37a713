// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.countersign.audit.AuditReader;
import dev.countersign.cli.demo.DemoIssuer;
import dev.countersign.config.ConfigReader;
import dev.countersign.config.ConfigResult;
import java.io.IOException;
import java.io.OutputStream;
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
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * No revision of the protocol, and no silence about it, is a way around policy: the same grants
 * give the same decisions in all of them, before a server of its own era and through the bridge.
 */
@Timeout(60)
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class PolicyInEveryEraTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** How a client speaks, and to which of the two routes. */
  enum Way {
    MODERN("docs", "2026-07-28", true),
    LEGACY_2025_11_25("docs", "2025-11-25", true),
    LEGACY_2025_06_18("docs", "2025-06-18", true),
    LEGACY_2025_03_26("docs", "2025-03-26", true),
    UNSAID("docs", "2025-03-26", false),
    BRIDGED("bridged", "2025-11-25", true),
    BRIDGED_UNSAID("bridged", "2025-03-26", false),
    MODERN_WHERE_OTHERS_ARE_BRIDGED("bridged", "2026-07-28", true);

    final String route;
    final String version;
    final boolean said;

    Way(String route, String version, boolean said) {
      this.route = route;
      this.version = version;
      this.said = said;
    }

    boolean modern() {
      return version.equals("2026-07-28");
    }
  }

  /** What is to become of a request. */
  enum Fate {
    PERMITTED("permit"),
    UNKNOWN("refuse"),
    APPROVAL("approval_needed");

    final String record;

    Fate(String record) {
      this.record = record;
    }
  }

  /** A request; the target is what modern clients mirror in a header, or nothing. */
  record Asked(String subject, String method, String params, String target, Fate fate) {
    @Override
    public String toString() {
      return subject + " " + method + " " + params + " " + fate;
    }
  }

  private static final String PROMPT_REF =
      "\"ref\":{\"type\":\"ref/prompt\",\"name\":\"%s\"},"
          + "\"argument\":{\"name\":\"a\",\"value\":\"b\"}";

  private static final List<Asked> ASKED =
      List.of(
          tool("reader", "read", Fate.PERMITTED),
          tool("reader", "hidden", Fate.UNKNOWN),
          tool("reader", "READ", Fate.UNKNOWN),
          tool("asker", "read", Fate.APPROVAL),
          tool("asker", "hidden", Fate.UNKNOWN),
          prompt("reader", "p", Fate.PERMITTED),
          prompt("reader", "hidden", Fate.UNKNOWN),
          prompt("asker", "p", Fate.APPROVAL),
          resource("reader", "file:///public/a", Fate.PERMITTED),
          resource("reader", "file:///secret/a", Fate.UNKNOWN),
          resource("asker", "file:///public/a", Fate.APPROVAL),
          new Asked("reader", "completion/complete", PROMPT_REF.formatted("p"), "", Fate.PERMITTED),
          new Asked(
              "reader", "completion/complete", PROMPT_REF.formatted("hidden"), "", Fate.UNKNOWN));

  private Path folder;
  private final DemoIssuer issuer = new DemoIssuer();
  private final HttpClient client = HttpClient.newHttpClient();
  private final Map<String, String> sessions = new ConcurrentHashMap<>();
  private RawToolServer server;
  private RunningGateway running;

  PolicyInEveryEraTest() throws IOException {}

  private static Asked tool(String subject, String name, Fate fate) {
    String params = "\"name\":\"" + name + "\",\"arguments\":{}";
    return new Asked(subject, "tools/call", params, name, fate);
  }

  private static Asked prompt(String subject, String name, Fate fate) {
    return new Asked(subject, "prompts/get", "\"name\":\"" + name + "\"", name, fate);
  }

  private static Asked resource(String subject, String uri, Fate fate) {
    return new Asked(subject, "resources/read", "\"uri\":\"" + uri + "\"", uri, fate);
  }

  @BeforeAll
  void start(@TempDir Path kept) throws IOException {
    folder = kept;
    server = new RawToolServer();
    server.script = PolicyInEveryEraTest::everything;
    Path file =
        Files.writeString(
            folder.resolve("gateway.yaml"),
            """
            node: test
            listen: {address: 127.0.0.1:0, drain: 0s, event_loops: 1}
            identity: {issuers: [{name: demo, issuer: "%1$s"}]}
            servers:
              docs: {url: "%2$s"}
              bridged: {url: "%2$s", era: bridged}
            policy:
              grants:
                - {caller: "oidc:demo:reader", allow: ["*/read", "prompt:*/p", "resource:*/file:///public/**"]}
                - {caller: "oidc:demo:asker", approve: ["*/read", "prompt:*/p", "resource:*/file:///public/**"], approvers: ["group:sec"]}
            audit: {directory: audit}
            admin: {address: 127.0.0.1:0}
            """
                .formatted(issuer.issuer(), server.url()));
    running =
        RunningGateway.start(
            file,
            (ConfigResult.Valid) ConfigReader.read(file, Map.of()),
            Map.of(),
            Duration.ofHours(1));
  }

  @AfterAll
  void stop() throws IOException {
    running.close();
    server.close();
    issuer.close();
    client.close();
  }

  /** One result that answers every method. */
  private static void everything(RawToolServer.Received request, OutputStream out)
      throws IOException {
    JsonNode asked = JSON.readTree(request.body());
    JsonNode uri = asked.path("params").path("uri");
    RawToolServer.json(
            "{\"jsonrpc\":\"2.0\",\"id\":"
                + asked.path("id")
                + ",\"result\":{\"resultType\":\"complete\",\"content\":[],\"messages\":[],"
                + "\"completion\":{\"values\":[]},\"supportedVersions\":[\"2026-07-28\"],"
                + "\"capabilities\":{},\"contents\":[{\"uri\":"
                + (uri.isMissingNode() ? "\"file:///public/a\"" : uri)
                + ",\"text\":\"t\"}],"
                + "\"tools\":[{\"name\":\"read\"},{\"name\":\"hidden\"}],"
                + "\"prompts\":[{\"name\":\"p\"},{\"name\":\"hidden\"}],"
                + "\"resources\":[{\"uri\":\"file:///public/a\"},{\"uri\":\"file:///secret/a\"}]}}")
        .reply(request, out);
  }

  static Stream<Arguments> everyWay() {
    return Stream.of(Way.values())
        .flatMap(way -> ASKED.stream().map(asked -> Arguments.of(way, asked)));
  }

  @ParameterizedTest
  @MethodSource("everyWay")
  void sameGrantsGiveTheSameDecision(Way way, Asked asked) throws Exception {
    if (!way.modern()) {
      session(way, asked.subject());
    }
    server.seen.clear();

    HttpResponse<String> answer =
        send(way, asked.subject(), asked.method(), asked.params(), asked.target());

    JsonNode said = JSON.readTree(answer.body());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    assertThat(said.path("id").asInt()).isEqualTo(7);
    switch (asked.fate()) {
      case PERMITTED -> {
        assertThat(said.has("result")).as(answer.body()).isTrue();
        assertThat(server.seen).hasSize(1);
      }
      case UNKNOWN -> {
        boolean old = asked.method().equals("resources/read") && !way.modern();
        assertThat(said.at("/error/code").asInt())
            .as(answer.body())
            .isEqualTo(old ? -32002 : -32602);
        assertThat(server.seen).isEmpty();
      }
      case APPROVAL -> {
        assertThat(said.at("/error/data/reason").asText())
            .as(answer.body())
            .isEqualTo("approval_needed");
        assertThat(server.seen).isEmpty();
      }
    }
    JsonNode decision = lastDecision();
    assertThat(decision.path("result").asText()).isEqualTo(asked.fate().record);
    assertThat(decision.path("era").asText()).isEqualTo(way.version);
  }

  @ParameterizedTest
  @MethodSource("everyWayOfLists")
  void sameGrantsShowTheSameEntries(Way way, String member, String subject) throws Exception {
    HttpResponse<String> answer = send(way, subject, member + "/list", "", "");

    JsonNode entries = JSON.readTree(answer.body()).path("result").path(member);
    List<String> names = new ArrayList<>();
    entries.forEach(
        entry ->
            names.add(entry.has("uri") ? entry.get("uri").asText() : entry.get("name").asText()));
    assertThat(names)
        .as(answer.body())
        .containsExactly(
            switch (member) {
              case "tools" -> "read";
              case "prompts" -> "p";
              default -> "file:///public/a";
            });
  }

  static Stream<Arguments> everyWayOfLists() {
    return Stream.of(Way.values())
        .flatMap(
            way ->
                Stream.of("tools", "prompts", "resources")
                    .flatMap(
                        member ->
                            Stream.of("reader", "asker")
                                .map(subject -> Arguments.of(way, member, subject))));
  }

  @ParameterizedTest
  @EnumSource(Way.class)
  void whoIsGrantedNothingGetsNowhere(Way way) throws Exception {
    server.seen.clear();
    HttpResponse<String> answer =
        way.modern() ? send(way, "nobody", "server/discover", "", "") : initialize(way, "nobody");
    assertThat(answer.headers().firstValue("mcp-session-id")).isEmpty();
    assertThat(JSON.readTree(answer.body()).at("/error/data/reason").asText())
        .isEqualTo("policy_refused");
    assertThat(server.seen).isEmpty();
  }

  private JsonNode lastDecision() throws IOException {
    List<JsonNode> decisions = new ArrayList<>();
    new AuditReader(folder.resolve("audit"))
        .newest(1)
        .forEach(leaves -> decisions.add(leaves.getFirst()));
    return decisions.getLast();
  }

  private String url(Way way) {
    return "http://127.0.0.1:" + running.gateway().address().getPort() + "/" + way.route + "/mcp";
  }

  private HttpRequest.Builder request(Way way, String subject) {
    return HttpRequest.newBuilder(URI.create(url(way)))
        .timeout(Duration.ofSeconds(20))
        .header("authorization", "Bearer " + issuer.token(subject, url(way), Duration.ofMinutes(5)))
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream");
  }

  private HttpResponse<String> initialize(Way way, String subject) throws Exception {
    return post(
        request(way, subject),
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{\"protocolVersion\":\""
            + way.version
            + "\",\"capabilities\":{},\"clientInfo\":{\"name\":\"t\",\"version\":\"1\"}}}");
  }

  private String session(Way way, String subject) throws Exception {
    String known = sessions.get(way + subject);
    if (known == null) {
      HttpResponse<String> opened = initialize(way, subject);
      known =
          opened
              .headers()
              .firstValue("mcp-session-id")
              .orElseThrow(() -> new AssertionError(opened.body()));
      sessions.put(way + subject, known);
    }
    return known;
  }

  private HttpResponse<String> send(
      Way way, String subject, String method, String params, String target) throws Exception {
    HttpRequest.Builder request = request(way, subject);
    if (way.said) {
      request.header("mcp-protocol-version", way.version);
    }
    String all = params;
    if (way.modern()) {
      request.header("mcp-method", method);
      if (!target.isEmpty()) {
        request.header("mcp-name", target);
      }
      all =
          (params.isEmpty() ? "" : params + ",")
              + "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","
              + "\"io.modelcontextprotocol/clientCapabilities\":{}}";
    } else {
      request.header("mcp-session-id", session(way, subject));
    }
    return post(
        request,
        "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"" + method + "\",\"params\":{" + all + "}}");
  }

  private HttpResponse<String> post(HttpRequest.Builder request, String body) throws Exception {
    return client.send(
        request.POST(HttpRequest.BodyPublishers.ofString(body)).build(),
        HttpResponse.BodyHandlers.ofString());
  }
}

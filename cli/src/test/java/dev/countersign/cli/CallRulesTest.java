// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.countersign.audit.AuditReader;
import dev.countersign.cli.demo.DemoIssuer;
import dev.countersign.config.ConfigReader;
import dev.countersign.config.ConfigResult;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Rules of the call that need a server of a certain kind behind the gateway. */
final class CallRulesTest {
  private static final Duration LOOK_INTERVAL = Duration.ofMillis(50);
  private static final Duration MINUTES = Duration.ofMinutes(5);

  @TempDir private Path folder;
  private final HttpClient client = HttpClient.newHttpClient();
  private final DemoIssuer issuer;
  private final ScriptedServer server;
  private Path file = Path.of("");
  private RunningGateway running;

  CallRulesTest() throws IOException {
    issuer = new DemoIssuer();
    server = new ScriptedServer();
  }

  @BeforeEach
  void start() throws IOException {
    file =
        Files.writeString(
            folder.resolve("gateway.yaml"), settings("{url: \"" + server.url() + "\"}"));
    running =
        RunningGateway.start(
            file, (ConfigResult.Valid) ConfigReader.read(file, Map.of()), Map.of(), LOOK_INTERVAL);
  }

  private String settings(String docs) {
    return """
    node: test
    listen: {address: 127.0.0.1:0, drain: 0s, event_loops: 1}
    limits: {keep_alive: 100ms}
    identity: {issuers: [{name: demo, issuer: "%s"}]}
    servers: {docs: %s}
    policy:
      grants:
        - {caller: "oidc:demo:reader", allow: ["resource:docs/file:///public/**", "docs/*"]}
        - {caller: "oidc:demo:reader", approve: ["resource:docs/file:///secret/**"], approvers: ["group:sec"]}
    audit: {directory: audit}
    admin: {address: 127.0.0.1:0}
    """
        .formatted(issuer.issuer(), docs);
  }

  @AfterEach
  void stop() {
    running.close();
    server.close();
    issuer.close();
    client.close();
  }

  private String url() {
    return "http://127.0.0.1:" + running.gateway().address().getPort() + "/docs/mcp";
  }

  private HttpRequest.Builder request(String subject) {
    return HttpRequest.newBuilder(URI.create(url()))
        .timeout(Duration.ofSeconds(20))
        .header("authorization", "Bearer " + issuer.token(subject, url(), MINUTES))
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream");
  }

  private HttpResponse<String> modern(String method, String name, String params) throws Exception {
    String body =
        """
        {"jsonrpc":"2.0","id":7,"method":"%s","params":{%s,"_meta":{
        "io.modelcontextprotocol/protocolVersion":"2026-07-28",
        "io.modelcontextprotocol/clientCapabilities":{}}}}\
        """
            .formatted(method, params);
    return client.send(
        request("reader")
            .header("mcp-protocol-version", "2026-07-28")
            .header("mcp-method", method)
            .header("mcp-name", name)
            .POST(HttpRequest.BodyPublishers.ofString(body))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private HttpResponse<String> read(String uri) throws Exception {
    return modern(
        "resources/read",
        uri.replace("\\", "\\\\"),
        "\"uri\":\"" + uri.replace("\\", "\\\\") + '"');
  }

  private String initialize() throws Exception {
    HttpResponse<String> opened =
        client.send(
            request("reader")
                .POST(
                    HttpRequest.BodyPublishers.ofString(
                        """
                        {"jsonrpc":"2.0","id":1,"method":"initialize","params":{
                        "protocolVersion":"2025-11-25","capabilities":{},
                        "clientInfo":{"name":"t","version":"1"}}}\
                        """))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    return opened.headers().firstValue("mcp-session-id").orElseThrow();
  }

  private int ping(String session) throws Exception {
    return client
        .send(
            request("reader")
                .header("mcp-session-id", session)
                .POST(
                    HttpRequest.BodyPublishers.ofString(
                        "{\"jsonrpc\":\"2.0\",\"id\":9,\"method\":\"ping\"}"))
                .build(),
            HttpResponse.BodyHandlers.discarding())
        .statusCode();
  }

  private int delete(String session) throws Exception {
    return client
        .send(
            request("reader").header("mcp-session-id", session).DELETE().build(),
            HttpResponse.BodyHandlers.discarding())
        .statusCode();
  }

  private JsonNode newestDecision() throws IOException {
    return List.copyOf(new AuditReader(folder.resolve("audit")).newest(1).getFirst()).getFirst();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "file:///public/../secret/a",
        "file:///public/%2e%2e/secret/a",
        "file:///public/a%2F..%2Fsecret"
      })
  void resourceThatAServerCouldReadAnotherWayIsRefused(String uri) throws Exception {
    HttpResponse<String> answer = read(uri);

    assertThat(answer.body()).contains("-32602", "params_invalid");
    assertThat(server.seen).isEmpty();
  }

  @Test
  void contentsThatCameAlongNeedAPermitOfTheirOwn() throws Exception {
    server.results.put(
        "resources/read",
        """
        {"contents":[{"uri":"file:///public/a","text":"fine"}]}\
        """);
    assertThat(read("file:///public/dir").body()).contains("fine");

    for (String other : List.of("file:///secret/a", "file:///public/../secret/a", "file:///x")) {
      server.results.put(
          "resources/read",
          """
          {"contents":[{"uri":"file:///public/a","text":"fine"},{"uri":"%s","text":"TOPSECRET"}]}\
          """
              .formatted(other));

      assertThat(read("file:///public/dir").body())
          .contains("policy_refused")
          .doesNotContain("TOPSECRET", "fine");
    }
  }

  @Test
  void stateThatNobodyGaveIsRefused() throws Exception {
    assertThat(
            modern("tools/call", "t", "\"name\":\"t\",\"arguments\":{},\"requestState\":\"x\"")
                .body())
        .contains("-32602");
    assertThat(server.seen).isEmpty();
  }

  @Test
  void resultWithTheStatusOfAnErrorIsABadReply() throws Exception {
    server.status = 500;

    assertThat(modern("tools/call", "t", "\"name\":\"t\",\"arguments\":{}").body())
        .contains("upstream_bad_reply");
  }

  @Test
  void statusThatIsNoSignOfAnotherEraIsABadReply() throws Exception {
    server.status = 429;
    assertThat(modern("tools/call", "t", "\"name\":\"t\",\"arguments\":{}").body())
        .contains("upstream_bad_reply");

    server.status = 404;
    assertThat(modern("tools/call", "t", "\"name\":\"t\",\"arguments\":{}").body()).isEmpty();
  }

  @Test
  void ownCredentialInAMessageIsOnRecordWithoutIt() throws Exception {
    String token = issuer.token("reader", url(), MINUTES);
    String body =
        """
        {"jsonrpc":"2.0","id":"%s","method":"tools/call","params":{"name":"t",
        "arguments":{"a":"%s"},"_meta":{
        "io.modelcontextprotocol/protocolVersion":"2026-07-28",
        "io.modelcontextprotocol/clientCapabilities":{},
        "dev.countersign/intent":{"purpose":"%s"}}}}\
        """
            .formatted("x", token, token);
    HttpResponse<String> answer =
        client.send(
            request("reader")
                .setHeader("authorization", "Bearer " + token)
                .header("mcp-protocol-version", "2026-07-28")
                .header("mcp-method", "tools/call")
                .header("mcp-name", "t")
                .POST(HttpRequest.BodyPublishers.ofString(body))
                .build(),
            HttpResponse.BodyHandlers.ofString());

    assertThat(answer.body()).contains("credential_in_message");
    assertThat(newestDecision().path("reason").asText()).isEqualTo("credential_in_message");
    assertThat(newestDecision().toString()).doesNotContain(token);
    assertThat(server.seen).isEmpty();
  }

  @Test
  void ownCredentialInANotificationIsRefusedByStatusAndOnRecord() throws Exception {
    String session = initialize();
    String token = issuer.token("reader", url(), MINUTES);
    int status =
        client
            .send(
                request("reader")
                    .setHeader("authorization", "Bearer " + token)
                    .header("mcp-session-id", session)
                    .POST(
                        HttpRequest.BodyPublishers.ofString(
                            "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\","
                                + "\"params\":{\"requestId\":\""
                                + token
                                + "\"}}"))
                    .build(),
                HttpResponse.BodyHandlers.discarding())
            .statusCode();

    assertThat(status).isEqualTo(403);
    assertThat(newestDecision().path("reason").asText()).isEqualTo("credential_in_message");
    assertThat(newestDecision().toString()).doesNotContain(token);
  }

  @Test
  void whatFollowsAnAnswerIsNotKeptInMemory() throws Exception {
    server.afterEvent = ": " + "x".repeat(20_000);
    for (int i = 0; i < 5; i++) {
      assertThat(modern("tools/call", "t", "\"name\":\"t\",\"arguments\":{}").body())
          .contains("\"result\"");
    }

    URI metrics =
        URI.create("http://127.0.0.1:" + running.gateway().adminAddress().getPort() + "/metrics");
    long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    String seen = "";
    while (!seen.contains("countersign_buffered_bytes 0.0")) {
      assertThat(System.nanoTime()).as(seen).isLessThan(deadline);
      seen =
          client
              .send(HttpRequest.newBuilder(metrics).build(), HttpResponse.BodyHandlers.ofString())
              .body();
    }
  }

  /** A legacy client that leaves has not cancelled; the server is not to be held up by it. */
  @Test
  void serverFinishesForALegacyClientThatReadNothingAndLeft() throws Exception {
    server.afterEvent = "";
    String session = initialize();
    server.megabytesBefore = 48;
    String body =
        "{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"tools/call\",\"params\":{\"name\":\"t\"}}";
    try (Socket socket = new Socket()) {
      socket.setReceiveBufferSize(4096);
      socket.connect(running.gateway().address());
      String head =
          String.join(
              "\r\n",
              "POST /docs/mcp HTTP/1.1",
              "Host: 127.0.0.1:" + running.gateway().address().getPort(),
              "Authorization: Bearer " + issuer.token("reader", url(), MINUTES),
              "Content-Type: application/json",
              "Accept: application/json, text/event-stream",
              "Mcp-Session-Id: " + session,
              "Content-Length: " + body.length(),
              "",
              "");
      socket.getOutputStream().write((head + body).getBytes(StandardCharsets.US_ASCII));
      awaitStandstill();
    }
    assertThat(server.megabytesTaken).hasValueLessThan(48);

    long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (newestOutcome().isEmpty()) {
      assertThat(System.nanoTime()).isLessThan(deadline);
      LockSupport.parkNanos(LOOK_INTERVAL.toNanos());
    }
    assertThat(newestOutcome()).isEqualTo("client_gone");
    assertThat(server.megabytesTaken).hasValue(48);
  }

  /** Until the gateway takes no more of the server's reply. */
  private void awaitStandstill() {
    long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    int taken = -1;
    for (int same = 0; same < 10; same++) {
      assertThat(System.nanoTime()).isLessThan(deadline);
      int now = server.megabytesTaken.get();
      same = now == taken && now > 0 ? same : 0;
      taken = now;
      LockSupport.parkNanos(LOOK_INTERVAL.toNanos());
    }
  }

  private String newestOutcome() throws IOException {
    List<JsonNode> leaves =
        List.copyOf(new AuditReader(folder.resolve("audit")).newest(1).getFirst());
    return leaves.size() > 1 ? leaves.get(1).path("result").asText() : "";
  }

  @Test
  void numberThatIsNotExactIsRefusedWithItsRequestsId() throws Exception {
    assertThat(
            modern("tools/call", "t", "\"name\":\"t\",\"arguments\":{\"n\":12345678901234567890}")
                .body())
        .contains("number_not_exact", "\"id\":7");
  }

  @Test
  void sessionThatIsGivenUpEndsWhateverTheServerSays() throws Exception {
    String refusedByServer = initialize();
    server.status = 401;
    assertThat(delete(refusedByServer)).isGreaterThanOrEqualTo(400);
    assertThat(ping(refusedByServer)).isEqualTo(404);

    server.status = 200;
    String serverGone = initialize();
    server.close();
    assertThat(delete(serverGone)).isEqualTo(502);
    assertThat(ping(serverGone)).isEqualTo(404);
  }

  @Test
  void streamEndsWhenItsServerLeavesTheSettings() throws Exception {
    String session = initialize();
    HttpResponse<InputStream> stream =
        client.send(
            request("reader")
                .header("mcp-session-id", session)
                .setHeader("accept", "text/event-stream")
                .GET()
                .build(),
            HttpResponse.BodyHandlers.ofInputStream());
    assertThat(stream.statusCode()).isEqualTo(200);

    Files.writeString(file, settings("{url: \"http://127.0.0.1:9/mcp\"}"));

    // Ends, or the test's time-out does.
    assertThat(stream.body().readAllBytes()).asString().doesNotContain("data:");
  }

  @Test
  void streamOfACredentialThatNeverExpiresIsAStreamLikeAnyOther() throws Exception {
    String session = initialize();
    String forEver = issuer.token("reader", url(), Duration.ofDays(365L * 2000));
    HttpResponse<InputStream> stream =
        client.send(
            request("reader")
                .setHeader("authorization", "Bearer " + forEver)
                .setHeader("accept", "text/event-stream")
                .header("mcp-session-id", session)
                .GET()
                .build(),
            HttpResponse.BodyHandlers.ofInputStream());
    assertThat(stream.statusCode()).isEqualTo(200);

    assertThat(delete(session)).isEqualTo(200);
    assertThat(stream.body().readAllBytes()).asString().doesNotContain("data:");
  }
}

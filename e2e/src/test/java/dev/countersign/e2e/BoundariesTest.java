// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.countersign.cli.demo.DemoIssuer;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is too big, too slow, or somebody else's. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class BoundariesTest {
  private static final String LIST = "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/list\"}";

  private GovernedFixture governed;
  private FixtureServer server;
  private DemoIssuer issuer;
  private GatewayProcess gateway;

  @BeforeAll
  void start(@TempDir Path folder) throws Exception {
    governed =
        GovernedFixture.start(
            folder,
            """
            limits: {body_bytes: 8KiB, header_bytes: 4KiB, head: 500ms, body: 500ms, connection_idle: 500ms}
            identity: {clock_skew: 0s, issuers: [{name: demo, issuer: "ISSUER"}]}
            servers: {a: {url: "FIXTURE"}, b: {url: "FIXTURE"}}
            policy: {grants: [{caller: "oidc:demo:*", allow: ["*/echo"]}]}
            """);
    server = governed.server();
    issuer = governed.issuer();
    gateway = governed.gateway();
  }

  @BeforeEach
  void forget() throws Exception {
    server.clearCalls();
  }

  @AfterAll
  void stop() throws Exception {
    governed.stop();
  }

  private String token(String subject, String route) {
    return issuer.token(subject, gateway.url(route), Duration.ofHours(1));
  }

  private HttpResponse<String> echo(String token, String route, String text) throws Exception {
    return Wire.call(
        gateway.url(route), token, "echo", Wire.modernCall("echo", "{\"t\":\"" + text + "\"}"));
  }

  private void assertServes() throws Exception {
    assertThat(echo(token("reader", "a"), "a", "well").body()).contains("well");
  }

  @Test
  void bodyOverTheLimitIs413AndIsNotSent() throws Exception {
    HttpResponse<String> refused = echo(token("reader", "a"), "a", "x".repeat(8192));

    assertThat(refused.statusCode()).isEqualTo(413);
    assertThat(refused.body()).contains("\"reason\":\"body_too_large\"");
    assertThat(server.calls()).isEmpty();
    assertServes();
  }

  @Test
  void headerBlockOverTheLimitIs431() throws Exception {
    String answer = said(head("x-long: " + "y".repeat(5000) + "\r\n", 2) + "{}");

    assertThat(answer).startsWith("HTTP/1.1 431 ");
    assertThat(server.calls()).isEmpty();
    assertServes();
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "nothing at all|''",
        "half a request line|POST /a/mc",
        "a head without its end|POST /a/mcp HTTP/1.1\\r\\nHost: x\\r\\n",
      })
  void slowHeadLosesItsConnection(String because, String bytes) throws Exception {
    assertThat(said(bytes.replace("\\r\\n", "\r\n")))
        .as(because)
        .matches("(HTTP/1.1 408 (?s:.*))?");
    assertServes();
  }

  @Test
  void slowBodyIs408AndIsNotSent() throws Exception {
    String answer = said(head("", 500) + "{\"jsonrpc\":");

    assertThat(answer).startsWith("HTTP/1.1 408 ").contains("body_timeout");
    assertThat(server.calls()).isEmpty();
    assertServes();
  }

  @Test
  void idleConnectionIsLetGo() throws Exception {
    String body = Wire.modernCall("echo", "{}");
    String mirrors =
        """
        MCP-Protocol-Version: 2026-07-28\r
        Mcp-Method: tools/call\r
        Mcp-Name: echo\r
        """;
    String answer = said(head(mirrors, body.length()) + body);

    assertThat(answer).startsWith("HTTP/1.1 200 ").doesNotContain("onnection: close");
  }

  private String head(String more, int length) {
    return """
    POST /a/mcp HTTP/1.1\r
    Host: 127.0.0.1:%d\r
    Authorization: Bearer %s\r
    Content-Type: application/json\r
    Accept: application/json, text/event-stream\r
    Content-Length: %d\r
    %s\r
    """
        .formatted(gateway.port(), token("reader", "a"), length, more);
  }

  /** All that comes back until the gateway closes the connection. */
  private String said(String request) throws IOException {
    byte[] answer = Wire.raw(gateway.port(), request.getBytes(StandardCharsets.US_ASCII));
    return new String(answer, StandardCharsets.UTF_8);
  }

  @Test
  void streamEndsWithTheCredentialThatOpenedIt() throws Exception {
    String shortLived = issuer.token("reader", gateway.url("a"), Duration.ofSeconds(5));
    try (McpScript client = McpScript.start()) {
      assertThat(client.connect(McpScript.Sdk.V1, gateway.url("a"), shortLived).ok()).isTrue();
      server.await(open -> open.streams() == 1);

      server.await(open -> open.streams() == 0);

      assertThat(client.call("echo", "{}").ok()).isFalse();
      assertThat(server.calls("echo")).isEmpty();
    }
  }

  @Test
  void tokenForOneRouteIsNotOneForTheOther() throws Exception {
    for (String route : List.of("a", "b")) {
      String other = route.equals("a") ? "b" : "a";
      assertThat(echo(token("reader", route), route, "own").statusCode()).isEqualTo(200);
      server.clearCalls();
      HttpResponse<String> refused = echo(token("reader", other), route, "other");

      assertThat(refused.statusCode()).isEqualTo(401);
      assertThat(refused.headers().firstValue("www-authenticate").orElseThrow())
          .contains("/.well-known/oauth-protected-resource/" + route + "/mcp");
      assertThat(server.calls()).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"POST", "GET", "DELETE"})
  void sessionInOtherHandsOrOnAnotherRouteIsUnknown(String verb) throws Exception {
    String own = token("reader", "a");
    String session =
        Wire.initialize(gateway.url("a"), own).headers().firstValue("mcp-session-id").orElseThrow();
    server.clearCalls();

    HttpResponse<String> unknown = with(verb, "a", own, "made-up");
    HttpResponse<String> stolen = with(verb, "a", token("other", "a"), session);
    HttpResponse<String> elsewhere = with(verb, "b", token("reader", "b"), session);

    for (HttpResponse<String> answer : List.of(unknown, stolen, elsewhere)) {
      assertThat(answer.statusCode()).isEqualTo(404);
      assertThat(withoutCallId(answer)).isEqualTo(withoutCallId(unknown));
    }
    assertThat(server.calls()).isEmpty();
    assertThat(with("POST", "a", own, session).body()).as("it lives on").contains("echo");
    assertThat(with("DELETE", "a", own, session).statusCode()).isEqualTo(200);
    assertThat(with(verb, "a", own, session).statusCode()).isEqualTo(404);
  }

  private HttpResponse<String> with(String verb, String route, String token, String session)
      throws Exception {
    return Wire.send(
        verb,
        gateway.url(route),
        token,
        verb.equals("POST") ? LIST : "",
        "Mcp-Session-Id",
        session);
  }

  private static String withoutCallId(HttpResponse<String> answer) {
    return answer.body().replaceAll("\"callId\":\"[^\"]+\"", "CALL");
  }
}

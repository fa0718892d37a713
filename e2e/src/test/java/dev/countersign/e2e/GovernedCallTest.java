// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.countersign.audit.AuditReader;
import dev.countersign.audit.AuditVerifier;
import dev.countersign.cli.demo.DemoIssuer;
import dev.countersign.cli.demo.DemoToolServer;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** One call permitted, the others refused; asserted at the server, not in our own log. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class GovernedCallTest {
  private static final Duration HOUR = Duration.ofHours(1);

  private DemoToolServer server;
  private DemoIssuer issuer;
  private GatewayProcess gateway;
  private int before;

  GovernedCallTest() throws IOException {
    server = new DemoToolServer();
    issuer = new DemoIssuer();
    gateway = GatewayProcess.start(Files.createTempDirectory("e2e"), issuer, server.url(), 0);
  }

  @BeforeAll
  void isReady() {
    assertThat(gateway.port()).isPositive();
  }

  @BeforeEach
  void count() {
    before = server.seen().size();
  }

  @AfterAll
  void stop() throws IOException, InterruptedException {
    gateway.stop();
    assertThat(AuditVerifier.verify(gateway.audit()).findings()).isEmpty();
    server.close();
    issuer.close();
  }

  private String token(String subject) {
    return issuer.token(subject, gateway.url(), HOUR);
  }

  private void assertServerSawNothing() {
    assertThat(server.seen()).hasSize(before);
  }

  @Test
  void permittedCallReachesTheServerWithoutTheCallersCredentialAndIsOnRecord() throws Exception {
    String token = token("reader");
    String body = Wire.modernCall("read_note", "{\"id\":\"1\"}");

    HttpResponse<String> answer = Wire.call(gateway.url(), token, "read_note", body);

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body()).contains("Buy milk.");
    DemoToolServer.Seen seen = server.seen().getLast();
    assertThat(seen.body()).isEqualTo(body);
    assertThat(seen.headers()).doesNotContainKey("authorization");
    assertThat(seen.toString()).doesNotContain(token);
    List<JsonNode> leaves = List.copyOf(new AuditReader(gateway.audit()).newest(1)).getFirst();
    assertThat(leaves.getFirst().path("result").asText()).isEqualTo("permit");
    assertThat(leaves.getFirst().path("caller").path("id").asText()).isEqualTo("oidc:demo:reader");
    assertThat(leaves.toString()).doesNotContain(token);
  }

  @Test
  void refusedCallIsAnsweredAsUnknownAndNeverSent() throws Exception {
    HttpResponse<String> hidden =
        Wire.call(
            gateway.url(),
            token("reader"),
            "delete_note",
            Wire.modernCall("delete_note", "{\"id\":\"1\"}"));
    HttpResponse<String> absent =
        Wire.call(
            gateway.url(), token("reader"), "no_such_tool", Wire.modernCall("no_such_tool", "{}"));

    assertThat(hidden.body()).contains("\"Unknown tool: delete_note\"");
    assertThat(shape(hidden.body(), "delete_note")).isEqualTo(shape(absent.body(), "no_such_tool"));
    assertServerSawNothing();
  }

  private static String shape(String body, String tool) {
    return body.replace(tool, "TOOL").replaceAll("\"callId\":\"[^\"]+\"", "CALL");
  }

  @ParameterizedTest(name = "{2}")
  @CsvSource({
    "401, '', no credential",
    "401, 'nonsense', no JWT",
  })
  void requestWithoutAGoodCredentialIsChallenged(int status, String token, String because)
      throws Exception {
    HttpResponse<String> answer =
        Wire.call(gateway.url(), token, "read_note", Wire.modernCall("read_note", "{}"));

    assertThat(answer.statusCode()).as(because).isEqualTo(status);
    assertThat(answer.headers().firstValue("www-authenticate").orElse(""))
        .contains("resource_metadata=");
    assertThat(answer.body()).contains("\"id\":1");
    assertServerSawNothing();
  }

  @Test
  void tokenForAnotherResourceOrExpiredIsRefused() throws Exception {
    for (String token :
        List.of(
            issuer.token("reader", "http://elsewhere.example/mcp", HOUR),
            issuer.token("reader", gateway.url(), Duration.ofHours(-1)))) {
      assertThat(
              Wire.call(gateway.url(), token, "read_note", Wire.modernCall("read_note", "{}"))
                  .statusCode())
          .isEqualTo(401);
    }
    assertServerSawNothing();
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "duplicate"
            + " key|{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"read_note\",\"name\":\"delete_note\",\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\",\"io.modelcontextprotocol/clientCapabilities\":{}}}}",
        "look-alike"
            + " key|{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"read_note\",\"Name\":\"delete_note\",\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\",\"io.modelcontextprotocol/clientCapabilities\":{}}}}",
        "batch|[{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}]",
        "no id|{\"jsonrpc\":\"2.0\",\"method\":\"tools/call\",\"params\":{\"name\":\"read_note\"}}",
        "id null|{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"tools/call\",\"params\":{\"name\":\"read_note\"}}",
        "trailing"
            + " message|{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\"}{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"ping\"}",
        "unknown"
            + " method|{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/destroy\",\"params\":{\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\",\"io.modelcontextprotocol/clientCapabilities\":{}}}}",
        "no claim but a modern"
            + " header|{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"read_note\"}}",
      })
  void ambiguousMessageIsRefusedBeforePolicy(String because, String body) throws Exception {
    HttpResponse<String> answer = Wire.call(gateway.url(), token("reader"), "read_note", body);

    assertThat(answer.statusCode()).as(because).isBetween(400, 404);
    assertServerSawNothing();
  }

  @Test
  void headerThatNamesAnotherToolThanTheBodyIsRefused() throws Exception {
    HttpResponse<String> answer =
        Wire.call(
            gateway.url(), token("reader"), "read_note", Wire.modernCall("delete_note", "{}"));

    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(answer.body()).contains("-32020");
    assertServerSawNothing();
  }

  @Test
  void callersTokenInAnArgumentIsRefused() throws Exception {
    String token = token("reader");
    String signature = token.substring(token.lastIndexOf('.') + 1);
    for (String leak : List.of(token, signature, signature.replace("A", "\\u0041"))) {
      HttpResponse<String> answer =
          Wire.call(
              gateway.url(),
              token,
              "read_note",
              Wire.modernCall("read_note", "{\"id\":\"" + leak + "\"}"));
      assertThat(answer.body()).contains("credential_in_message").doesNotContain(signature);
    }
    assertServerSawNothing();
  }

  @Test
  void callersTokenInAHeaderIsRefused() throws Exception {
    String token = token("reader");
    String encoded = "=?base64?" + Base64.getEncoder().encodeToString(token.getBytes(UTF_8)) + "?=";
    for (String leak : List.of(token, encoded)) {
      HttpResponse<String> answer =
          Wire.post(
              gateway.url(),
              token,
              Wire.modernCall("read_note", "{\"id\":\"1\"}"),
              "MCP-Protocol-Version",
              "2026-07-28",
              "Mcp-Method",
              "tools/call",
              "Mcp-Name",
              "read_note",
              "Mcp-Param-Id",
              leak);
      assertThat(answer.body()).contains("credential_in_message");
    }
    assertServerSawNothing();
  }

  @Test
  void sessionIdInOtherHandsIsUnknown() throws Exception {
    HttpResponse<String> opened = Wire.initialize(gateway.url(), token("reader"));
    String session = opened.headers().firstValue("mcp-session-id").orElseThrow();
    String list = "{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/list\"}";
    HttpResponse<String> own =
        Wire.post(gateway.url(), token("reader"), list, "Mcp-Session-Id", session);
    before = server.seen().size();

    HttpResponse<String> stolen =
        Wire.post(gateway.url(), token("writer"), list, "Mcp-Session-Id", session);
    HttpResponse<String> made =
        Wire.post(gateway.url(), token("reader"), list, "Mcp-Session-Id", "made-up");
    HttpResponse<String> none = Wire.post(gateway.url(), token("reader"), list);

    assertThat(own.body()).contains("read_note").doesNotContain("delete_note", "create_note");
    assertThat(stolen.statusCode()).isEqualTo(404);
    assertThat(made.statusCode()).isEqualTo(404);
    assertThat(none.statusCode()).isEqualTo(400);
    assertServerSawNothing();
  }
}

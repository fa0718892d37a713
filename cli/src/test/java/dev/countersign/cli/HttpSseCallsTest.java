// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of the messages of clients of 2024-11-05, and what they may take. */
@Timeout(60)
final class HttpSseCallsTest {
  private static final List<String> GRANTS =
      List.of("{caller: \"oidc:demo:*\", allow: [\"docs/*\"]}");

  private final HttpSseServer server;
  private final WireGateway gateway;

  HttpSseCallsTest(@TempDir Path settings) throws IOException {
    server = new HttpSseServer();
    gateway =
        new WireGateway(
            settings,
            "{url: \"" + server.url() + "\", http_sse: true}",
            GRANTS,
            "keep_alive: 100ms, calls_per_caller: 4, buffered_bytes: 1MiB");
  }

  @AfterEach
  void stop() {
    gateway.close();
    server.close();
  }

  private HttpSseClient connected(String subject) throws Exception {
    HttpSseClient client = HttpSseClient.open(gateway, subject);
    assertThat(client.initialize("2024-11-05", "{}").has("result")).isTrue();
    return client;
  }

  private static String large() {
    return "{'name':'t','arguments':{'a':'" + "x".repeat(150 << 10) + "'}}";
  }

  @Test
  void callOverTheLimitIsRefusedUnderItsId() throws Exception {
    try (HttpSseClient client = connected("reader")) {
      assertThat(client.call("1", "tools/call", "{'name':'t'}")).isEqualTo(202);
      assertThat(client.call("2", "tools/call", "{'name':'t'}")).isEqualTo(202);
      server.next("tools/call");
      server.next("tools/call");
      JsonNode refused = client.ask("3", "tools/call", "{'name':'t'}");
      assertThat(refused.path("id")).hasToString("3");
      assertThat(refused.path("error").path("data").path("reason").asText())
          .isEqualTo("call_limit");
    }
    assertThat(server.posted("tools/call")).hasSize(2);
  }

  @Test
  void messagesCountAgainstTheirCallersMemory() throws Exception {
    try (HttpSseClient client = connected("reader");
        HttpSseClient other = connected("writer")) {
      assertThat(client.call("1", "tools/call", large())).isEqualTo(202);
      server.next("tools/call");
      assertThat(client.post("{'a':'" + "x".repeat(230 << 10) + "'}").statusCode()).isEqualTo(503);
      assertThat(other.call("1", "tools/call", large())).isEqualTo(202);
      server.next("tools/call");
    }
  }

  @Test
  void initializingAgainOpensNothing() throws Exception {
    try (HttpSseClient client = connected("reader")) {
      for (int i = 0; i < 5; i++) {
        assertThat(
                client
                    .ask("5", "initialize", "{'protocolVersion':'2024-11-05'}")
                    .path("error")
                    .path("data")
                    .path("reason")
                    .asText())
            .isEqualTo("invalid_request");
      }
    }
    long gets =
        gateway.records(30).stream().filter(one -> one.toString().contains("http/get")).count();
    assertThat(gets).isEqualTo(1);
  }

  @Test
  void revisionOfTheOpeningRequestNeedNotBeTheOneAgreedOn() throws Exception {
    try (HttpSseClient client =
        HttpSseClient.open(
            gateway,
            "reader",
            HttpSseClient.opening(gateway, "reader")
                .header("mcp-protocol-version", "2025-03-26")
                .build())) {
      client.initialize("2024-11-05", "{}");
      server
          .next(server.streams)
          .message("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/tools/list_changed\"}");
      assertThat(client.message().path("method").asText()).contains("list_changed");
    }
  }

  @Test
  void callsOfAClientThatLeftAreOnRecordSo() throws Exception {
    HttpSseClient client = connected("reader");
    assertThat(client.call("1", "tools/call", "{'name':'t'}")).isEqualTo(202);
    HttpSseServer.Posted call = server.next("tools/call");
    client.close();
    call.stream().awaitGone();
    List<JsonNode> record =
        gateway.ended(10).stream()
            .filter(one -> one.toString().contains("tools/call"))
            .findFirst()
            .orElseThrow();
    assertThat(record.getLast().path("result").asText()).isEqualTo("client_gone");
  }

  @Test
  void requestThatIsNotBegunCanBeTakenBack() throws Exception {
    try (HttpSseClient client = connected("reader")) {
      String token = "{'name':'t','_meta':{'progressToken':'p'}}";
      assertThat(client.call("1", "tools/call", token)).isEqualTo(202);
      HttpSseServer.Posted call = server.next("tools/call");
      int messages = 300;
      String filler = "x".repeat(60_000);
      Thread writer =
          Thread.ofVirtual()
              .start(
                  () -> {
                    for (int i = 0; i < messages; i++) {
                      call.stream()
                          .message(
                              call.progressMessage(
                                  "\"progress\":" + i + ",\"message\":\"" + filler + "\""));
                    }
                    call.result("{\"content\":[]}");
                  });
      writer.join(Duration.ofMillis(500));
      assertThat(writer.isAlive()).isTrue();
      assertThat(client.call("2", "tools/call", "{'name':'t'}")).isEqualTo(202);
      assertThat(
              client
                  .post(
                      "{'jsonrpc':'2.0','method':'notifications/cancelled','params':{'requestId':2}}")
                  .statusCode())
          .isEqualTo(202);
      assertThat(client.answer().path("id")).hasToString("1");
      assertThat(client.ask("3", "ping", "{}").path("id")).hasToString("3");
    }
    assertThat(server.posted("tools/call")).hasSize(1);
  }
}

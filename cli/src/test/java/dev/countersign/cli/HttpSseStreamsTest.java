// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What streams of servers of 2024-11-05 may take, and what is on record of them. */
@Timeout(60)
final class HttpSseStreamsTest {
  private static final List<String> GRANTS =
      List.of("{caller: \"oidc:demo:*\", allow: [\"docs/*\"]}");

  @TempDir private Path folder;
  private final HttpSseServer server;
  private WireGateway gateway;

  HttpSseStreamsTest() throws IOException {
    server = new HttpSseServer();
  }

  @BeforeEach
  void start() throws IOException {
    gateway =
        new WireGateway(
            folder,
            "{url: \"" + server.url() + "\", http_sse: true}",
            GRANTS,
            "keep_alive: 100ms, upstream_head: 2s, upstream_connections: 8, buffered_bytes: 1MiB");
  }

  @AfterEach
  void stop() {
    gateway.close();
    server.close();
  }

  private LegacyClient client(String subject) throws Exception {
    return LegacyClient.of(gateway, subject, "{}", "2024-11-05");
  }

  private JsonNode initialize(String subject) throws Exception {
    return WireGateway.JSON.readTree(
        gateway
            .send(
                gateway
                    .as(subject)
                    .POST(
                        HttpRequest.BodyPublishers.ofString(
                            "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\",\"params\":{"
                                + "\"protocolVersion\":\"2025-11-25\",\"capabilities\":{},"
                                + "\"clientInfo\":{\"name\":\"t\",\"version\":\"1\"}}}"))
                    .build())
            .body());
  }

  private void awaitStreams(int open) throws Exception {
    String line = "countersign_http_sse_server_streams " + open + ".0";
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (!gateway.metrics().contains(line)) {
      assertThat(System.nanoTime()).as(line).isLessThan(deadline);
    }
  }

  private JsonNode outcome() throws IOException {
    return gateway.ended(1).getFirst().getLast();
  }

  @Test
  void streamsTakeHalfOfTheConnectionsAndACallerHalfOfThose() throws Exception {
    LegacyClient first = client("reader");
    client("reader");
    assertThat(initialize("reader").toString()).contains("upstream_unavailable");
    client("writer");
    client("writer");
    assertThat(initialize("other").toString()).contains("upstream_unavailable");
    assertThat(server.posted("initialize")).hasSize(4);
    server.results.put("tools/list", "{\"tools\":[]}");
    assertThat(first.ask("1", "tools/list", "{}").has("result")).isTrue();

    assertThat(first.delete()).isEqualTo(200);
    awaitStreams(3);
    client("reader");
    awaitStreams(4);
  }

  @Test
  void whatIsKeptOfAStreamIsWithinTheMemoryOfAll() throws Exception {
    client("reader");
    HttpSseServer.Stream stream = server.next(server.streams);
    assertThat(stream.write("data: " + "x".repeat(700 << 10))).isTrue();
    stream.awaitGone();
    awaitStreams(0);
  }

  @Test
  void questionBeforeTheSessionIsRefused() throws Exception {
    String result = requireNonNull(server.results.remove("initialize"));
    var opening = new FutureTask<>(() -> initialize("reader"));
    Thread.ofVirtual().start(opening);
    HttpSseServer.Posted posted = server.next("initialize");
    posted.stream().message("{\"jsonrpc\":\"2.0\",\"id\":\"q\",\"method\":\"roots/list\"}");
    HttpSseServer.Posted refusal = server.next(server.open);
    assertThat(refusal.body().path("id").asText()).isEqualTo("q");
    assertThat(refusal.body().path("error").path("code")).hasToString("-32601");
    posted.result(result);
    assertThat(opening.get().path("result").isObject()).isTrue();
  }

  @Test
  void initializeThatWasPostedBeforeTheStreamBrokeIsOnRecordAsSent() throws Exception {
    server.repliesToPosts = false;
    var opening = new FutureTask<>(() -> initialize("reader"));
    Thread.ofVirtual().start(opening);
    server.next("initialize").stream().close();
    assertThat(opening.get().toString()).contains("upstream_unavailable");
    assertThat(outcome().path("result").asText()).isEqualTo("upstream_unavailable");
  }

  @Test
  void streamThatIsRefusedIsOnRecordWithWhoRefusedIt() throws Exception {
    server.streamStatus = 500;
    assertThat(initialize("reader").toString()).contains("upstream_bad_reply");
    assertThat(outcome().path("executor").asText()).contains("127.0.0.1");
  }

  @Test
  void answerToAFailedPostIsNobodys() throws Exception {
    LegacyClient client = client("reader");
    server.postStatus = 500;
    assertThat(client.ask("5", "tools/call", "{'name':'t'}").toString())
        .contains("upstream_bad_reply");
    HttpSseServer.Posted failed = server.posted("tools/call").getFirst();
    server.postStatus = 202;
    var listing = new FutureTask<>(() -> client.ask("5", "tools/list", "{}"));
    Thread.ofVirtual().start(listing);
    HttpSseServer.Posted list = server.next("tools/list");
    failed.result("{\"tools\":[{\"name\":\"late\"}]}");
    list.result("{\"tools\":[]}");
    assertThat(listing.get().path("result").path("tools")).isEmpty();
  }

  @Test
  void serverOfItDoesNotLowerTheFederatedPath(@TempDir Path other) throws Exception {
    server.results.put("tools/list", "{\"tools\":[{\"name\":\"t\"}]}");
    try (WireGateway federated =
        WireGateway.federated(
            other,
            "docs: {url: \"" + server.url() + "\", http_sse: true}",
            GRANTS,
            "keep_alive: 100ms")) {
      LegacyClient client = LegacyClient.of(federated, "reader", "{}");
      assertThat(client.initialized.path("result").path("protocolVersion").asText())
          .isEqualTo("2025-03-26");
      assertThat(client.ask("1", "tools/list", "{}").toString()).contains("docs__t");
    }
  }
}

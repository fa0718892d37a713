// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.countersign.cli.demo.DemoIssuer;
import dev.countersign.cli.demo.DemoToolServer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Many large calls at once, each within its limits, against a small heap. */
final class MemoryTest {
  private static final int CALLS = 60;
  private static final int BODY_BYTES = 3_900_000;

  @Test
  void callsThatAddUpToMoreThanThereIsAreTurnedAwayAndTheRestIsServed(@TempDir Path folder)
      throws Exception {
    try (DemoIssuer issuer = new DemoIssuer();
        DemoToolServer server = new DemoToolServer();
        HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
        GatewayProcess gateway = GatewayProcess.start(folder, issuer, server.url(), 0)) {
      String token = issuer.token("reader", gateway.url(), Duration.ofMinutes(5));
      HttpRequest large = request(gateway.url(), token, "x".repeat(BODY_BYTES));
      List<CompletableFuture<Integer>> answers = new ArrayList<>();
      for (int i = 0; i < CALLS; i++) {
        answers.add(
            client
                .sendAsync(large, HttpResponse.BodyHandlers.discarding())
                // A client that goes on sending what was refused may see its connection closed.
                .handle((answer, failure) -> failure == null ? answer.statusCode() : 503));
      }
      List<Integer> statuses = answers.stream().map(CompletableFuture::join).toList();

      assertThat(statuses).isSubsetOf(200, 503).contains(200);
      assertThat(gateway.said()).doesNotContain("OutOfMemory");
      assertThat(
              client
                  .send(request(gateway.url(), token, "1"), HttpResponse.BodyHandlers.ofString())
                  .statusCode())
          .isEqualTo(200);
      Await.until(
          "all memory to be given back",
          () -> gateway.admin("/metrics").body().contains("countersign_buffered_bytes 0.0"));
      gateway.stop();
    }
  }

  private static HttpRequest request(String url, String token, String id) {
    return HttpRequest.newBuilder(URI.create(url))
        .timeout(Duration.ofSeconds(60))
        .header("authorization", "Bearer " + token)
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream")
        .header("mcp-protocol-version", "2026-07-28")
        .header("mcp-method", "tools/call")
        .header("mcp-name", "read_note")
        .POST(
            HttpRequest.BodyPublishers.ofString(
                Wire.modernCall("read_note", "{\"id\":\"" + id + "\"}")))
        .build();
  }
}

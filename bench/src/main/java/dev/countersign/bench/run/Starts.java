// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.run;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** From the start of a gateway's process to the first call that it has answered. */
final class Starts {
  private static final Duration TIME_MAX = Duration.ofSeconds(60);
  private static final Duration TOKEN_LIFE = Duration.ofHours(1);
  private static final double NANOS_PER_MILLI = 1e6;
  private static final String BODY =
      "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"read_note\","
          + "\"arguments\":{},\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","
          + "\"io.modelcontextprotocol/clientCapabilities\":{}}}}";

  private final Gateways gateways;

  Starts(Gateways gateways) {
    this.gateways = gateways;
  }

  /**
   * Starts it some times.
   *
   * @return milliseconds, first by the launcher, then by the very command that the launcher ends in
   */
  List<Spread> millis(int times) throws IOException, InterruptedException {
    int port = Nginx.freePort();
    Path audit = gateways.places().folder().resolve("audit-start");
    Path settings = gateways.settings("start", audit, port, Gateways.Kind.USUAL);
    URI url = URI.create("http://127.0.0.1:" + port + "/notes/mcp");
    String token = gateways.issuer().token("agent", url.toString(), TOKEN_LIFE);
    List<Double> byLauncher = new ArrayList<>();
    List<Double> byCommand = new ArrayList<>();
    for (int i = 0; i < times; i++) {
      byLauncher.add(once(gateways.launcher().script(settings), url, token));
      byCommand.add(once(gateways.launcher().command(settings), url, token));
    }
    return List.of(Spread.of(byLauncher), Spread.of(byCommand));
  }

  private double once(List<String> command, URI url, String token)
      throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(url)
            .header("authorization", "Bearer " + token)
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream")
            .header("mcp-protocol-version", "2026-07-28")
            .header("mcp-method", "tools/call")
            .header("mcp-name", "read_note")
            .timeout(Duration.ofSeconds(5))
            .POST(HttpRequest.BodyPublishers.ofString(BODY))
            .build();
    try (HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
      long began = System.nanoTime();
      try (Child starting = gateways.children().start("start", command, Map.of())) {
        while (!answers(client, request)) {
          if (System.nanoTime() - began > TIME_MAX.toNanos()) {
            throw new IOException("it does not answer: " + starting.handle());
          }
          Thread.sleep(2);
        }
        return (System.nanoTime() - began) / NANOS_PER_MILLI;
      }
    }
  }

  private static boolean answers(HttpClient client, HttpRequest request)
      throws InterruptedException {
    try {
      return client.send(request, HttpResponse.BodyHandlers.ofString()).statusCode() == 200;
    } catch (IOException e) {
      return false;
    }
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import dev.countersign.cli.demo.DemoIssuer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * What a gateway is trained with: mostly permitted calls, and some of everything else that happens
 * to one: refusals, calls that need a person, strangers, what is no message, lists, sessions of
 * legacy clients, a look at the metrics, and settings that change.
 */
final class TrainingCalls {
  private static final String MODERN = "2026-07-28";
  private static final String LEGACY = "2025-11-25";
  private static final Duration TIME_MAX = Duration.ofSeconds(30);
  private static final int CLIENTS = 8;
  private static final int CALLS_PER_ROUND = 200;

  private final URI url;
  private final URI admin;
  private final String reader;
  private final String writer;

  /** What changes the settings. */
  interface Change {
    void make() throws IOException;
  }

  TrainingCalls(URI url, URI admin, DemoIssuer issuer) {
    this.url = url;
    this.admin = admin;
    this.reader = issuer.token("research", url.toString(), Duration.ofHours(1));
    this.writer = issuer.token("writer", url.toString(), Duration.ofHours(1));
  }

  /** Calls for so long, and changes the settings once. */
  void run(Duration time, Change change) throws InterruptedException, IOException {
    long end = System.nanoTime() + time.toNanos();
    try (ExecutorService threads = Executors.newFixedThreadPool(CLIENTS)) {
      List<Future<?>> clients = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) {
        clients.add(
            threads.submit(
                () -> {
                  call(end);
                  return null;
                }));
      }
      change.make();
      for (Future<?> client : clients) {
        client.get();
      }
    } catch (ExecutionException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  private void call(long end) throws IOException, InterruptedException {
    try (HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
      do {
        everythingElse(client);
        for (int i = 0; i < CALLS_PER_ROUND && System.nanoTime() < end; i++) {
          tool(client, i % 4 == 0 ? writer : reader, i % 16 == 0 ? "create_note" : "read_note");
        }
      } while (System.nanoTime() < end);
    }
  }

  private void everythingElse(HttpClient client) throws IOException, InterruptedException {
    for (String tool : List.of("delete_note", "no_such_tool", "create_note")) {
      tool(client, reader, tool);
    }
    tool(client, "", "read_note");
    tool(client, reader + "x", "read_note");
    post(client, reader, "{\"jsonrpc\":\"2.0\",\"id\":1,\"id\":2}", "MCP-Protocol-Version", MODERN);
    String list = message("tools/list", "\"_meta\":" + meta());
    post(client, reader, list, "MCP-Protocol-Version", MODERN, "Mcp-Method", "tools/list");
    legacySession(client);
    send(client, HttpRequest.newBuilder(admin.resolve("/metrics")));
  }

  private void tool(HttpClient client, String token, String tool)
      throws IOException, InterruptedException {
    String params =
        "\"name\":\"%s\",\"arguments\":{\"id\":\"1\",\"text\":\"Buy \\u00e4pples, \\\"two\\\".\"},"
                .formatted(tool)
            + "\"_meta\":"
            + meta();
    String[] headers = {
      "MCP-Protocol-Version", MODERN, "Mcp-Method", "tools/call", "Mcp-Name", tool
    };
    post(client, token, message("tools/call", params), headers);
  }

  private void legacySession(HttpClient client) throws IOException, InterruptedException {
    String open =
        "\"protocolVersion\":\"%s\",\"capabilities\":{},\"clientInfo\":{\"name\":\"t\",\"version\":\"1\"}"
            .formatted(LEGACY);
    HttpResponse<String> opened = post(client, reader, message("initialize", open));
    String id = opened.headers().firstValue("Mcp-Session-Id").orElse("");
    if (id.isEmpty()) {
      throw new IOException("no session: " + opened.statusCode());
    }
    String[] session = {"MCP-Protocol-Version", LEGACY, "Mcp-Session-Id", id};
    post(client, reader, "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}", session);
    post(client, reader, message("tools/list", ""), session);
    for (int i = 0; i < CALLS_PER_ROUND / 4; i++) {
      String params = "\"name\":\"read_note\",\"arguments\":{\"id\":\"1\"}";
      post(client, reader, message("tools/call", params), session);
    }
    send(client, request(reader).headers(session).DELETE());
  }

  private static String meta() {
    return """
    {"io.modelcontextprotocol/protocolVersion":"%s","io.modelcontextprotocol/clientCapabilities":{}}\
    """
        .formatted(MODERN);
  }

  private static String message(String method, String params) {
    return "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"%s\",\"params\":{%s}}"
        .formatted(method, params);
  }

  private HttpResponse<String> post(HttpClient client, String token, String body, String... headers)
      throws IOException, InterruptedException {
    HttpRequest.Builder request = request(token).POST(HttpRequest.BodyPublishers.ofString(body));
    return send(client, headers.length > 0 ? request.headers(headers) : request);
  }

  private HttpRequest.Builder request(String token) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(url)
            .header("Content-Type", "application/json")
            .header("Accept", "application/json, text/event-stream");
    return token.isEmpty() ? request : request.header("Authorization", "Bearer " + token);
  }

  private static HttpResponse<String> send(HttpClient client, HttpRequest.Builder request)
      throws IOException, InterruptedException {
    return client.send(request.timeout(TIME_MAX).build(), HttpResponse.BodyHandlers.ofString());
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** An MCP server that answers each method with a result it is given; remembers what it was sent. */
final class ScriptedServer implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Every request, as verb and body. */
  final List<String> seen = new CopyOnWriteArrayList<>();

  /** Results by method, as JSON. */
  final Map<String, String> results = new ConcurrentHashMap<>();

  /** What requests with an id are answered with; also what DELETE is. */
  volatile int status = 200;

  /** When set, answers are events, and this follows the last one. */
  volatile @Nullable String afterEvent;

  /** So many megabytes of log messages, an event each, come before an answer as events. */
  volatile int megabytesBefore;

  /** Megabytes of them that the gateway has taken. */
  final AtomicInteger megabytesTaken = new AtomicInteger();

  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final HttpServer http;

  ScriptedServer() throws IOException {
    http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    http.setExecutor(threads);
    http.createContext("/", this::handle);
    http.start();
    results.put(
        "initialize",
        "{\"protocolVersion\":\"2025-11-25\",\"capabilities\":{\"resources\":{}},"
            + "\"serverInfo\":{\"name\":\"s\",\"version\":\"1\"}}");
  }

  String url() {
    return "http://127.0.0.1:" + http.getAddress().getPort() + "/mcp";
  }

  private void handle(HttpExchange exchange) throws IOException {
    String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    seen.add(exchange.getRequestMethod() + " " + body);
    switch (exchange.getRequestMethod()) {
      case "GET" -> stream(exchange);
      case "DELETE" -> {
        exchange.sendResponseHeaders(status, -1);
        exchange.close();
      }
      default -> post(exchange, JSON.readTree(body));
    }
  }

  /** Stays open until somebody closes it. */
  private static void stream(HttpExchange exchange) throws IOException {
    exchange.getResponseHeaders().set("content-type", "text/event-stream");
    exchange.sendResponseHeaders(200, 0);
    OutputStream out = exchange.getResponseBody();
    out.write(": here\n\n".getBytes(StandardCharsets.UTF_8));
    out.flush();
  }

  private void post(HttpExchange exchange, JsonNode message) throws IOException {
    if (!message.has("id")) {
      exchange.sendResponseHeaders(202, -1);
      exchange.close();
      return;
    }
    String method = message.path("method").asText();
    String after = afterEvent;
    exchange
        .getResponseHeaders()
        .set("content-type", after == null ? "application/json" : "text/event-stream");
    if (method.equals("initialize")) {
      exchange.getResponseHeaders().set("mcp-session-id", "upstream-session");
    }
    String answer =
        "{\"jsonrpc\":\"2.0\",\"id\":"
            + message.path("id")
            + ",\"result\":"
            + results.getOrDefault(method, "{}")
            + "}";
    byte[] reply =
        (after == null ? answer : "data: " + answer + "\n\n" + after)
            .getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(status, megabytesBefore == 0 ? reply.length : 0);
    writeMessages(exchange.getResponseBody());
    exchange.getResponseBody().write(reply);
    exchange.close();
  }

  private void writeMessages(OutputStream out) throws IOException {
    byte[] event =
        ("data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":"
                + "{\"level\":\"info\",\"data\":\""
                + "x".repeat(1 << 20)
                + "\"}}\n\n")
            .getBytes(StandardCharsets.UTF_8);
    for (int i = 0; i < megabytesBefore; i++) {
      out.write(event);
      out.flush();
      megabytesTaken.incrementAndGet();
    }
  }

  @Override
  public void close() {
    http.stop(0);
    threads.shutdownNow();
  }
}

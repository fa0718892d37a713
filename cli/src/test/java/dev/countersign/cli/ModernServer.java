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
import java.util.Set;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A server of the modern era: what it says to each method is set by the test. */
final class ModernServer implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** A request as it came. */
  record Seen(Map<String, List<String>> headers, JsonNode body, String text) {
    @Nullable String header(String name) {
      List<String> values = headers.get(name);
      return values == null ? null : values.getFirst();
    }

    JsonNode params() {
      return body.path("params");
    }
  }

  /** Every request, in order. */
  final List<Seen> seen = new CopyOnWriteArrayList<>();

  /** By method: what follows {@code "id":…,} in the answer, made from the request. */
  final Map<String, Function<Seen, String>> answers = new ConcurrentHashMap<>();

  /** The status of answers with an error. */
  volatile int errorStatus = 400;

  /** Methods that are answered by a stream, where no answer is set. */
  final Set<String> streamed = ConcurrentHashMap.newKeySet();

  /** Open event streams: messages put in go out. */
  final BlockingQueue<Stream> streams = new LinkedBlockingQueue<>();

  /** Event streams whose other side has gone. */
  final AtomicInteger streamsLeft = new AtomicInteger();

  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final HttpServer http;

  /** One open stream. */
  static final class Stream {
    private final HttpExchange exchange;
    private final OutputStream out;
    private final AtomicInteger left;
    final Seen opened;

    Stream(HttpExchange exchange, Seen opened, AtomicInteger left) {
      this.exchange = exchange;
      this.out = exchange.getResponseBody();
      this.opened = opened;
      this.left = left;
    }

    /** Sends one message; false when nobody is there any more. */
    boolean send(String json) {
      try {
        out.write(("event: message\ndata: " + json + "\n\n").getBytes(StandardCharsets.UTF_8));
        out.flush();
        return true;
      } catch (IOException gone) {
        left.incrementAndGet();
        return false;
      }
    }

    void close() {
      exchange.close();
    }
  }

  ModernServer() throws IOException {
    streamed.add("subscriptions/listen");
    http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    http.setExecutor(threads);
    http.createContext("/", this::handle);
    http.start();
  }

  String url() {
    return "http://127.0.0.1:" + http.getAddress().getPort() + "/mcp";
  }

  /** Answers a method with a result. */
  void result(String method, String json) {
    answers.put(method, request -> "\"result\":" + json);
  }

  /** Answers a method with an error. */
  void error(String method, String json) {
    answers.put(method, request -> "\"error\":" + json);
  }

  /** The newest request. */
  Seen last() {
    return seen.getLast();
  }

  private void handle(HttpExchange exchange) throws IOException {
    String text = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    Map<String, List<String>> headers = new ConcurrentHashMap<>();
    exchange
        .getRequestHeaders()
        .forEach((name, values) -> headers.put(name.toLowerCase(java.util.Locale.ROOT), values));
    Seen request = new Seen(headers, JSON.readTree(text.isEmpty() ? "{}" : text), text);
    seen.add(request);
    String method = request.body().path("method").asText();
    if (!request.body().has("id")) {
      exchange.sendResponseHeaders(202, -1);
      exchange.close();
      return;
    }
    Function<Seen, String> answer = answers.get(method);
    if (answer == null && streamed.contains(method)) {
      exchange.getResponseHeaders().set("content-type", "text/event-stream");
      exchange.sendResponseHeaders(200, 0);
      exchange.getResponseBody().write(": open\n\n".getBytes(StandardCharsets.UTF_8));
      exchange.getResponseBody().flush();
      streams.add(new Stream(exchange, request, streamsLeft));
      return;
    }
    String rest =
        answer == null ? "\"result\":{\"resultType\":\"complete\"}" : answer.apply(request);
    byte[] reply =
        ("{\"jsonrpc\":\"2.0\",\"id\":" + request.body().path("id") + "," + rest + "}")
            .getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("content-type", "application/json");
    exchange.sendResponseHeaders(rest.startsWith("\"error\"") ? errorStatus : 200, reply.length);
    exchange.getResponseBody().write(reply);
    exchange.close();
  }

  @Override
  public void close() {
    http.stop(0);
    threads.shutdownNow();
  }
}

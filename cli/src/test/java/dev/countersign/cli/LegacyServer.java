// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/** A server of the legacy era: sessions, streams, questions; what it says is set by the test. */
final class LegacyServer implements AutoCloseable {
  static final ObjectMapper JSON = new ObjectMapper();

  /** A message as it came. */
  record Seen(String verb, @Nullable String session, @Nullable String lastEventId, JsonNode body) {
    String method() {
      return body.path("method").asText();
    }
  }

  /** What answers a request. */
  interface Handler {
    void handle(Seen seen, Reply reply) throws IOException;
  }

  /** Every message, in order. */
  final List<Seen> seen = new CopyOnWriteArrayList<>();

  /** Responses that were posted. */
  final BlockingQueue<JsonNode> responses = new LinkedBlockingQueue<>();

  /** Notifications that were posted. */
  final BlockingQueue<JsonNode> notifications = new LinkedBlockingQueue<>();

  /** Statuses that responses get, in order; 202 when there is none. */
  final BlockingQueue<Integer> responseStatuses = new LinkedBlockingQueue<>();

  /** Streams that were opened by GET. */
  final BlockingQueue<Stream> gets = new LinkedBlockingQueue<>();

  /** By method; others get an empty result. */
  final Map<String, Handler> handlers = new ConcurrentHashMap<>();

  volatile String capabilities = "{\"tools\":{}}";
  volatile int getStatus = 200;
  volatile int deleteStatus = 200;
  volatile boolean sessions = true;
  private final AtomicInteger opened = new AtomicInteger();
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final HttpServer http;

  LegacyServer() throws IOException {
    http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    http.setExecutor(threads);
    http.createContext("/", this::handle);
    http.start();
    handlers.put(
        "initialize",
        (seen, reply) -> {
          if (sessions) {
            reply.header("mcp-session-id", "upstream-" + opened.incrementAndGet());
          }
          reply.result(
              "{\"protocolVersion\":"
                  + seen.body().path("params").path("protocolVersion")
                  + ",\"capabilities\":"
                  + capabilities
                  + ",\"serverInfo\":{\"name\":\"s\",\"version\":\"1\"}}");
        });
  }

  String url() {
    return "http://127.0.0.1:" + http.getAddress().getPort() + "/mcp";
  }

  /** The messages of a method that were seen. */
  List<Seen> seen(String method) {
    return seen.stream().filter(one -> one.method().equals(method)).toList();
  }

  /** The next one; fails when none comes. */
  static <T> T next(BlockingQueue<T> queue) throws InterruptedException {
    T one = queue.poll(20, TimeUnit.SECONDS);
    if (one == null) {
      throw new AssertionError("nothing came");
    }
    return one;
  }

  private void handle(HttpExchange exchange) throws IOException {
    String text = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    Seen message =
        new Seen(
            exchange.getRequestMethod(),
            exchange.getRequestHeaders().getFirst("mcp-session-id"),
            exchange.getRequestHeaders().getFirst("last-event-id"),
            JSON.readTree(text.isEmpty() ? "{}" : text));
    seen.add(message);
    switch (message.verb()) {
      case "GET" -> {
        if (getStatus < 0) {
          return; // without a head, until somebody closes it
        }
        if (getStatus == 200) {
          gets.add(new Reply(exchange, message).stream());
        } else {
          exchange.sendResponseHeaders(getStatus, -1);
          exchange.close();
        }
      }
      case "DELETE" -> {
        exchange.sendResponseHeaders(deleteStatus, -1);
        exchange.close();
      }
      default -> post(exchange, message);
    }
  }

  private void post(HttpExchange exchange, Seen message) throws IOException {
    if (message.body().has("id") && message.body().has("method")) {
      handlers
          .getOrDefault(message.method(), (seen, reply) -> reply.result("{}"))
          .handle(message, new Reply(exchange, message));
      return;
    }
    boolean notification = message.body().has("method");
    Integer status = notification ? null : responseStatuses.poll();
    (notification ? notifications : responses).add(message.body());
    exchange.sendResponseHeaders(status == null ? 202 : status, -1);
    exchange.close();
  }

  /** The answer in the making. */
  static final class Reply {
    private final HttpExchange exchange;
    private final Seen seen;

    Reply(HttpExchange exchange, Seen seen) {
      this.exchange = exchange;
      this.seen = seen;
    }

    void header(String name, String value) {
      exchange.getResponseHeaders().set(name, value);
    }

    void result(String json) throws IOException {
      json(200, "\"result\":" + json);
    }

    void error(String json) throws IOException {
      json(200, "\"error\":" + json);
    }

    void json(int status, String member) throws IOException {
      byte[] bytes = response(seen.body().path("id"), member).getBytes(StandardCharsets.UTF_8);
      header("content-type", "application/json");
      exchange.sendResponseHeaders(status, bytes.length);
      exchange.getResponseBody().write(bytes);
      exchange.close();
    }

    Stream stream() throws IOException {
      header("content-type", "text/event-stream");
      exchange.sendResponseHeaders(200, 0);
      Stream stream = new Stream(exchange, seen);
      stream.write(": open\n\n");
      return stream;
    }
  }

  static String response(JsonNode id, String member) {
    return "{\"jsonrpc\":\"2.0\",\"id\":" + id + "," + member + "}";
  }

  /** An open event stream. */
  static final class Stream {
    private final HttpExchange exchange;
    private final OutputStream out;
    final Seen seen;

    Stream(HttpExchange exchange, Seen seen) {
      this.exchange = exchange;
      this.out = exchange.getResponseBody();
      this.seen = seen;
    }

    /** Sends bytes as they are. */
    void write(String text) {
      try {
        out.write(text.getBytes(StandardCharsets.UTF_8));
        out.flush();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    void message(String json) {
      write("event: message\ndata: " + json + "\n\n");
    }

    /** The answer to the request it belongs to, and its end. */
    void result(String json) {
      message(response(seen.body().path("id"), "\"result\":" + json));
      close();
    }

    void close() {
      exchange.close();
    }
  }

  @Override
  public void close() {
    http.stop(0);
    threads.shutdownNow();
  }
}

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
import java.net.URI;
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

/** An MCP server of 2024-11-05: one stream for each session, and messages posted beside it. */
final class HttpSseServer implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();

  /** Streams that were opened. */
  final BlockingQueue<Stream> streams = new LinkedBlockingQueue<>();

  /** Every message that was posted, in order. */
  final List<Posted> posted = new CopyOnWriteArrayList<>();

  /** What was posted and is not answered by a handler. */
  final BlockingQueue<Posted> open = new LinkedBlockingQueue<>();

  /** Results by method; others go to {@link #open}. */
  final Map<String, String> results = new ConcurrentHashMap<>();

  /** What a stream begins with; {@code %d} is its number. */
  volatile String beginning = "event: endpoint\ndata: /messages?session=%d\n\n";

  volatile int streamStatus = 200;
  volatile int postStatus = 202;

  /** Whether posts are answered at all. */
  volatile boolean repliesToPosts = true;

  private final Map<Integer, Stream> byNumber = new ConcurrentHashMap<>();
  private final AtomicInteger last = new AtomicInteger();
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final HttpServer http;

  /**
   * A message that came.
   *
   * @param target where it was posted
   */
  record Posted(URI target, Map<String, List<String>> headers, JsonNode body, Stream stream) {
    String method() {
      return body.path("method").asText();
    }

    /** What progress of it is said under, as JSON. */
    JsonNode progressToken() {
      return body.path("params").path("_meta").path("progressToken");
    }

    /** Says how far it is. */
    void progress() {
      stream.message(progressMessage(""));
    }

    String progressMessage(String more) {
      return "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{"
          + (more.isEmpty() ? "\"progress\":1" : more)
          + ",\"progressToken\":"
          + progressToken()
          + "}}";
    }

    void result(String json) {
      stream.message(LegacyServer.response(body.path("id"), "\"result\":" + json));
    }
  }

  HttpSseServer() throws IOException {
    http = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    http.setExecutor(threads);
    http.createContext("/sse", this::stream);
    http.createContext("/", this::post);
    http.start();
    initializes("2024-11-05");
  }

  /** Says which revision it speaks. */
  void initializes(String version) {
    results.put(
        "initialize",
        "{\"protocolVersion\":\""
            + version
            + "\",\"capabilities\":{\"tools\":{}},\"serverInfo\":{\"name\":\"s\",\"version\":\"1\"}}");
  }

  String origin() {
    return "http://127.0.0.1:" + http.getAddress().getPort();
  }

  String url() {
    return origin() + "/sse";
  }

  /** The messages of a method that were posted. */
  List<Posted> posted(String method) {
    return posted.stream().filter(one -> one.method().equals(method)).toList();
  }

  private void stream(HttpExchange exchange) throws IOException {
    if (!exchange.getRequestMethod().equals("GET") || streamStatus != 200) {
      exchange.sendResponseHeaders(streamStatus == 200 ? 405 : streamStatus, -1);
      exchange.close();
      return;
    }
    exchange.getResponseHeaders().set("content-type", "text/event-stream");
    exchange.sendResponseHeaders(200, 0);
    int number = last.incrementAndGet();
    Stream stream = new Stream(exchange, exchange.getResponseBody());
    byNumber.put(number, stream);
    stream.write(": open\n\n" + beginning.formatted(number));
    streams.add(stream);
  }

  private void post(HttpExchange exchange) throws IOException {
    byte[] body = exchange.getRequestBody().readAllBytes();
    String query = String.valueOf(exchange.getRequestURI().getRawQuery());
    String number = query.startsWith("session=") ? query.substring("session=".length()) : "0";
    Stream known = byNumber.get(Integer.parseInt(number));
    Stream stream = known == null ? new Stream(exchange, exchange.getResponseBody()) : known;
    Posted message =
        new Posted(
            exchange.getRequestURI(),
            Map.copyOf(exchange.getRequestHeaders()),
            JSON.readTree(body),
            stream);
    posted.add(message);
    if (!repliesToPosts) {
      open.add(message);
      return;
    }
    exchange.sendResponseHeaders(known == null ? 404 : postStatus, -1);
    exchange.close();
    if (known == null || postStatus / 100 != 2) {
      return;
    }
    String result = results.get(message.method());
    if (result == null || !message.body().has("id")) {
      open.add(message);
    } else {
      message.result(result);
    }
  }

  /** The next one; fails when none comes. */
  <T> T next(BlockingQueue<T> queue) throws InterruptedException {
    T one = queue.poll(20, TimeUnit.SECONDS);
    if (one == null) {
      throw new AssertionError("nothing came; there was " + posted);
    }
    return one;
  }

  /** The next message of a method that no handler answers; others before it are skipped. */
  Posted next(String method) throws InterruptedException {
    Posted one = next(open);
    while (!one.method().equals(method)) {
      one = next(open);
    }
    return one;
  }

  /** An open stream. */
  record Stream(HttpExchange exchange, OutputStream out) {
    /** Sends bytes as they are; false when nobody takes them any more. */
    boolean write(String text) {
      try {
        synchronized (out) {
          out.write(text.getBytes(StandardCharsets.UTF_8));
          out.flush();
        }
        return true;
      } catch (IOException e) {
        return false;
      }
    }

    void message(String json) {
      var unused = write("event: message\ndata: " + json + "\n\n");
    }

    void close() {
      exchange.close();
    }

    /** Waits until the other side has gone. */
    void awaitGone() {
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
      while (write(":\n\n")) {
        if (System.nanoTime() > deadline) {
          throw new AssertionError("still open");
        }
        Thread.onSpinWait();
      }
    }
  }

  @Override
  public void close() {
    http.stop(0);
    threads.shutdownNow();
  }
}

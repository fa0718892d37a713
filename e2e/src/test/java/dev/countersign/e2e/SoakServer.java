// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.e2e;

import com.fasterxml.jackson.databind.JsonNode;
import dev.countersign.e2e.SoakCall.Act;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/** The server of the soak: does with each call what the call says, and counts what it has open. */
final class SoakServer implements AutoCloseable {
  private static final int BACKLOG = 2_000;
  private static final String EVENTS =
      "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
  private static final String ACCEPTED = "HTTP/1.1 202 Accepted\r\ncontent-length: 0\r\n\r\n";

  /** Bodies of calls, by number. */
  final Map<Integer, String> calls = new ConcurrentHashMap<>();

  /** What must not have happened. */
  final Queue<String> faults = new ConcurrentLinkedQueue<>();

  private final ServerSocket listener;
  private final AtomicInteger connections = new AtomicInteger();
  private final AtomicInteger underWay = new AtomicInteger();
  private final AtomicInteger sessions = new AtomicInteger();
  private final Set<SoakHeld> held = ConcurrentHashMap.newKeySet();
  private final Map<String, CompletableFuture<String>> asked = new ConcurrentHashMap<>();

  SoakServer() throws IOException {
    listener = new ServerSocket(0, BACKLOG, InetAddress.ofLiteral("127.0.0.1"));
    Thread.ofVirtual().start(this::accept);
  }

  String url() {
    return "http://127.0.0.1:" + listener.getLocalPort() + "/mcp";
  }

  /** Open connections of the gateway. */
  int connections() {
    return connections.get();
  }

  /** Exchanges that are not over. */
  int exchanges() {
    return underWay.get() + held.size();
  }

  /** Exchanges that wait to be told how to end. */
  Set<SoakHeld> held() {
    return held;
  }

  private void accept() {
    try {
      while (true) {
        Socket socket = listener.accept();
        connections.incrementAndGet();
        Thread.ofVirtual().start(() -> serve(socket));
      }
    } catch (IOException e) {
      // Closed.
    }
  }

  private void serve(Socket accepted) {
    try (SoakSocket socket = new SoakSocket(accepted)) {
      boolean open = true;
      while (open && socket.more()) {
        underWay.incrementAndGet();
        try {
          open = answer(socket, socket.read(unused -> {}));
        } finally {
          underWay.decrementAndGet();
        }
      }
    } catch (IOException e) {
      // The gateway left, or this side did.
    } finally {
      connections.decrementAndGet();
    }
  }

  /** Answers one request; whether the connection goes on. */
  private boolean answer(SoakSocket socket, SoakSocket.Message request) throws IOException {
    if (request.head().startsWith("get ")) {
      return hold(socket, new SoakHeld(socket, null), "notifications/tools/list_changed");
    }
    if (request.head().startsWith("delete ")) {
      socket.write("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
      return true;
    }
    JsonNode message = PeerProcess.JSON.readTree(request.body());
    if (!message.has("method")) {
      asked
          .getOrDefault(message.path("id").asText(), new CompletableFuture<>())
          .complete(request.body());
    }
    if (!message.has("method") || !message.has("id")) {
      socket.write(ACCEPTED);
      return true;
    }
    switch (message.path("method").asText()) {
      case "tools/call" -> {
        return call(socket, message, request.body());
      }
      case "initialize" ->
          socket.write(
              json(
                  result(
                      message,
                      "{\"protocolVersion\":\"2025-11-25\",\"capabilities\":{\"tools\":{}},"
                          + "\"serverInfo\":{\"name\":\"soak\",\"version\":\"1\"}}"),
                  "mcp-session-id: s" + sessions.incrementAndGet() + "\r\n"));
      default ->
          socket.write(
              json(result(message, "{\"resultType\":\"complete\",\"ttlMs\":0,\"tools\":[]}"), ""));
    }
    return true;
  }

  private boolean call(SoakSocket socket, JsonNode message, String body) throws IOException {
    JsonNode order = message.path("params").path("arguments");
    int number = order.path("number").asInt();
    if (calls.put(number, body) != null) {
      faults.add("the server saw call " + number + " twice");
    }
    String answer = result(message, content(SoakCall.answer(number)));
    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(order.path("pause").asInt()));
    Act act = Act.valueOf(order.path("act").asText());
    switch (act) {
      case JSON -> socket.write(json(answer, ""));
      case EVENTS, ASK -> {
        socket.write(EVENTS);
        socket.writeChunk(progress(number, 1));
        if (act == Act.ASK) {
          ask(socket, number, order.path("patience").asInt());
        }
        socket.writeChunk(progress(number, 2));
        socket.writeChunk(event(answer));
        socket.writeChunk("");
      }
      case HOLD -> {
        return hold(socket, new SoakHeld(socket, answer), "notifications/message");
      }
      default -> {
        socket.write(upTo(act, answer, order.path("cut").asDouble()));
        socket.leave(order.path("reset").asBoolean());
        return false;
      }
    }
    return true;
  }

  /** What there is of a reply before it is cut. */
  private static String upTo(Act act, String answer, double cut) {
    String json = json(answer, "");
    int body = json.indexOf("\r\n\r\n") + 4;
    String event = event(answer);
    return switch (act) {
      case CUT_HEAD -> json.substring(0, 1 + (int) (cut * (body - 2)));
      case CUT_BODY -> json.substring(0, body + (int) (cut * (json.length() - body)));
      case CUT_EVENT ->
          EVENTS
              + Integer.toHexString(event.length())
              + "\r\n"
              + event.substring(0, (int) (cut * (event.length() - 2)));
      default -> "";
    };
  }

  private void ask(SoakSocket socket, int number, int patienceMillis) throws IOException {
    String id = "q" + number;
    CompletableFuture<String> answer = new CompletableFuture<>();
    asked.put(id, answer);
    try {
      socket.writeChunk(
          event(
              "{\"jsonrpc\":\"2.0\",\"id\":\""
                  + id
                  + "\",\"method\":\"elicitation/create\",\"params\":{\"message\":\"Who?\","
                  + "\"requestedSchema\":{\"type\":\"object\",\"properties\":{\"name\":"
                  + "{\"type\":\"string\"}}}}}"));
      answer.get(patienceMillis, TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      // The client left, or takes too long; the server goes on without it.
    } catch (InterruptedException | ExecutionException e) {
      throw new IOException(e);
    } finally {
      asked.remove(id);
    }
  }

  /** Waits until the exchange is over; whether the connection goes on. */
  private boolean hold(SoakSocket socket, SoakHeld exchange, String first) throws IOException {
    socket.write(EVENTS);
    socket.writeChunk(event("{\"jsonrpc\":\"2.0\",\"method\":\"" + first + "\",\"params\":{}}"));
    exchange.whenOver(() -> held.remove(exchange));
    held.add(exchange);
    underWay.decrementAndGet();
    try {
      boolean more = socket.more();
      if (more && !exchange.over()) {
        faults.add("the gateway sent something on a connection that has an exchange under way");
      }
      return more;
    } finally {
      held.remove(exchange);
      underWay.incrementAndGet();
    }
  }

  static String event(String message) {
    return "data: " + message + "\n\n";
  }

  private static String progress(int token, int done) {
    return event(
        "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{\"progressToken\":"
            + token
            + ",\"progress\":"
            + done
            + "}}");
  }

  private static String content(String text) {
    return "{\"resultType\":\"complete\",\"content\":[{\"type\":\"text\",\"text\":\""
        + text
        + "\"}]}";
  }

  private static String result(JsonNode message, String result) {
    return "{\"jsonrpc\":\"2.0\",\"id\":" + message.path("id") + ",\"result\":" + result + "}";
  }

  private static String json(String body, String headers) {
    return "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n"
        + headers
        + "content-length: "
        + body.length()
        + "\r\n\r\n"
        + body;
  }

  @Override
  public void close() throws IOException {
    listener.close();
    held.forEach(exchange -> exchange.cut(true));
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli.demo;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.sun.net.httpserver.HttpExchange;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * An MCP server with a few notes in memory, at {@code /mcp}; on loopback unless told otherwise.
 *
 * <p>Speaks 2026-07-28 and, in sessions, 2025-11-25, 2025-06-18 and 2025-03-26; answers in JSON
 * only, so GET is 405. Needs no credential: it stands for a server that trusts whoever reaches it.
 */
public final class DemoToolServer implements AutoCloseable {
  private static final int BODY_BYTES_MAX = 1 << 20;
  private static final int SEEN_MAX = 10_000;

  private final ObjectMapper json =
      JsonMapper.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();
  private final DemoProtocol protocol = new DemoProtocol(json, new DemoNotes(json));
  private final Deque<Seen> seen = new ArrayDeque<>();
  private final DemoHttp http;

  /**
   * A request that reached the server whole.
   *
   * @param method the MCP method; empty if the body names none
   * @param tool the tool, or empty
   * @param headers as they came, names in lower case, values of one name joined by a comma
   * @param body as it came
   */
  public record Seen(String method, String tool, Map<String, String> headers, String body) {
    /** Copies the headers. */
    public Seen {
      headers = Map.copyOf(headers);
    }
  }

  /** Starts on any free loopback port. */
  public DemoToolServer() throws IOException {
    this(0);
  }

  /** Starts on a loopback port; 0 takes any free one. */
  public DemoToolServer(int port) throws IOException {
    this(new DemoHttp(port));
  }

  private DemoToolServer(DemoHttp http) {
    this.http = http;
    http.serve("/mcp", this::handle);
    http.start();
  }

  /**
   * Starts on any address, for a network that only the gateway shares with it: whoever reaches it
   * may use it.
   *
   * @param authority host and port that requests have to name in {@code Host}
   */
  public static DemoToolServer at(InetSocketAddress address, String authority) throws IOException {
    return new DemoToolServer(new DemoHttp(address, authority));
  }

  /** Its endpoint. */
  public String url() {
    return http.origin() + "/mcp";
  }

  int port() {
    return http.port();
  }

  /** What was posted to it, in order; the newest 10,000. */
  public List<Seen> seen() {
    synchronized (seen) {
      return List.copyOf(seen);
    }
  }

  @Override
  public void close() {
    http.close();
  }

  private void handle(HttpExchange exchange) throws IOException {
    String session = exchange.getRequestHeaders().getFirst("Mcp-Session-Id");
    switch (exchange.getRequestMethod()) {
      case "POST" -> post(exchange);
      case "DELETE" -> DemoHttp.answer(exchange, protocol.end(session));
      default -> {
        exchange.getResponseHeaders().set("Allow", "POST, DELETE");
        DemoHttp.answer(exchange, 405);
      }
    }
  }

  private void post(HttpExchange exchange) throws IOException {
    byte[] body = exchange.getRequestBody().readNBytes(BODY_BYTES_MAX + 1);
    if (body.length > BODY_BYTES_MAX) {
      DemoHttp.answer(exchange, 413);
      return;
    }
    String length = exchange.getRequestHeaders().getFirst("Content-Length");
    if (length != null && !length.equals(Integer.toString(body.length))) {
      // A sender that died in the middle has sent no request.
      throw new EOFException("the body is not whole");
    }
    JsonNode message = parsed(body);
    note(exchange, message, body);
    DemoProtocol.Answer answer = protocol.answer(message, exchange.getRequestHeaders()::getFirst);
    answer.newSession().ifPresent(id -> exchange.getResponseHeaders().set("Mcp-Session-Id", id));
    if (answer.body().isEmpty()) {
      DemoHttp.answer(exchange, answer.status());
    } else {
      DemoHttp.answer(exchange, answer.status(), json.writeValueAsBytes(answer.body().get()));
    }
  }

  private JsonNode parsed(byte[] body) throws IOException {
    try {
      return json.readTree(body);
    } catch (JsonProcessingException e) {
      // Half a value, two values or a key twice: the protocol refuses it as no JSON.
      return json.missingNode();
    }
  }

  private void note(HttpExchange exchange, JsonNode message, byte[] body) {
    Map<String, String> headers = new TreeMap<>();
    exchange
        .getRequestHeaders()
        .forEach(
            (name, values) -> headers.put(name.toLowerCase(Locale.ROOT), String.join(",", values)));
    Seen one =
        new Seen(
            message.path("method").asText(),
            message.path("params").path("name").asText(),
            headers,
            new String(body, StandardCharsets.UTF_8));
    synchronized (seen) {
      seen.addLast(one);
      if (seen.size() > SEEN_MAX) {
        seen.removeFirst();
      }
    }
  }
}

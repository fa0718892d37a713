// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * An MCP server with a few notes in memory; speaks 2026-07-28 and 2025-11-25, JSON answers only.
 */
public final class DemoToolServer implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int BODY_BYTES_MAX = 1 << 20;
  private static final List<String> TOOLS =
      List.of("list_notes", "read_note", "create_note", "delete_note");

  private final HttpServer server;
  private final Map<String, String> notes = new ConcurrentHashMap<>(Map.of("1", "Buy milk."));
  private final List<Seen> seen = new CopyOnWriteArrayList<>();

  /**
   * A request that reached the server.
   *
   * @param method the MCP method
   * @param tool the tool, or empty
   * @param headers as they came, names in lower case
   * @param body as it came
   */
  public record Seen(String method, String tool, Map<String, String> headers, String body) {}

  /** Starts on any free loopback port. */
  public DemoToolServer() throws IOException {
    this.server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/mcp", this::handle);
    server.start();
  }

  /** Its endpoint. */
  public String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort() + "/mcp";
  }

  /** Everything that reached it, in order. */
  public List<Seen> seen() {
    return List.copyOf(seen);
  }

  private void handle(HttpExchange exchange) throws IOException {
    try (exchange) {
      String verb = exchange.getRequestMethod();
      if (!verb.equals("POST")) {
        exchange.sendResponseHeaders(verb.equals("DELETE") ? 200 : 405, -1);
        return;
      }
      byte[] body = exchange.getRequestBody().readNBytes(BODY_BYTES_MAX);
      JsonNode message = JSON.readTree(body);
      String method = message.path("method").asText();
      Map<String, String> headers = new TreeMap<>();
      exchange
          .getRequestHeaders()
          .forEach(
              (name, values) ->
                  headers.put(name.toLowerCase(java.util.Locale.ROOT), String.join(",", values)));
      seen.add(
          new Seen(
              method,
              message.path("params").path("name").asText(),
              headers,
              new String(body, java.nio.charset.StandardCharsets.UTF_8)));
      if (!message.has("id")) {
        exchange.sendResponseHeaders(202, -1);
        return;
      }
      ObjectNode answer = JSON.createObjectNode().put("jsonrpc", "2.0");
      answer.set("id", message.path("id"));
      if (method.equals("initialize")) {
        exchange.getResponseHeaders().set("mcp-session-id", UUID.randomUUID().toString());
      }
      answer(method, message.path("params"), answer);
      byte[] bytes = JSON.writeValueAsBytes(answer);
      exchange.getResponseHeaders().set("content-type", "application/json");
      exchange.sendResponseHeaders(200, bytes.length);
      exchange.getResponseBody().write(bytes);
    }
  }

  private void answer(String method, JsonNode params, ObjectNode answer) {
    ObjectNode result = JSON.createObjectNode();
    switch (method) {
      case "initialize" -> {
        result.put("protocolVersion", "2025-11-25");
        result.putObject("capabilities").putObject("tools");
        result.putObject("serverInfo").put("name", "notes").put("version", "1");
      }
      case "server/discover" -> {
        result.put("resultType", "complete").put("ttlMs", 0).put("cacheScope", "public");
        result.putArray("supportedVersions").add("2026-07-28");
        result.putObject("capabilities").putObject("tools");
      }
      case "tools/list" -> {
        result.put("resultType", "complete").put("ttlMs", 0).put("cacheScope", "public");
        ArrayNode tools = result.putArray("tools");
        for (String tool : TOOLS) {
          ObjectNode one =
              tools.addObject().put("name", tool).put("description", tool + " of the demo");
          one.putObject("inputSchema").put("type", "object");
        }
      }
      case "tools/call" -> {
        result.put("resultType", "complete");
        result.putArray("content").addObject().put("type", "text").put("text", call(params));
      }
      default -> {
        answer.putObject("error").put("code", -32601).put("message", "no such method");
        return;
      }
    }
    answer.set("result", result);
  }

  private String call(JsonNode params) {
    String id = params.path("arguments").path("id").asText();
    return switch (params.path("name").asText()) {
      case "list_notes" -> String.join(", ", new TreeMap<>(notes).keySet());
      case "read_note" -> notes.getOrDefault(id, "no such note");
      case "create_note" -> {
        String fresh = Integer.toString(notes.size() + 1);
        notes.put(fresh, params.path("arguments").path("text").asText());
        yield fresh;
      }
      case "delete_note" -> notes.remove(id) == null ? "no such note" : "deleted";
      default -> "no such tool";
    };
  }

  @Override
  public void close() {
    server.stop(0);
  }
}

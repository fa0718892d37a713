// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli.demo;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What the demo server says to a message, in either era (MCP 2026-07-28 and 2025-11-25, Streamable
 * HTTP). The era is chosen from the body; a modern request's headers must agree with it.
 *
 * <p>Any thread may call. Keeps the newest 1,000 sessions.
 */
final class DemoProtocol {
  private static final String MODERN = "2026-07-28";
  private static final List<String> LEGACY = List.of("2025-11-25", "2025-06-18", "2025-03-26");
  private static final String META = "io.modelcontextprotocol/";
  private static final int SESSIONS_MAX = 1_000;

  private static final int PARSE_ERROR = -32700;
  private static final int INVALID_REQUEST = -32600;
  private static final int METHOD_NOT_FOUND = -32601;
  private static final int INVALID_PARAMS = -32602;
  private static final int BAD_REQUEST = -32000;
  private static final int SESSION_NOT_FOUND = -32001;
  private static final int HEADER_MISMATCH = -32020;
  private static final int UNSUPPORTED_VERSION = -32022;

  private final ObjectMapper json;
  private final DemoNotes notes;
  private final Set<String> sessions = new LinkedHashSet<>();

  DemoProtocol(ObjectMapper json, DemoNotes notes) {
    this.json = json;
    this.notes = notes;
  }

  /**
   * An answer.
   *
   * @param status of HTTP
   * @param body a JSON-RPC response; empty for what is accepted without one
   * @param newSession the id of a session that began
   */
  record Answer(int status, Optional<ObjectNode> body, Optional<String> newSession) {}

  /**
   * Answers one message, a missing node for what is not JSON; {@code header} gives the first value
   * of a header, or null.
   */
  Answer answer(JsonNode message, Function<String, @Nullable String> header) {
    if (message.isMissingNode()) {
      return error(400, message, PARSE_ERROR, "not JSON");
    }
    JsonNode id = message.path("id");
    if (!message.isObject()
        || !message.path("jsonrpc").asText().equals("2.0")
        || !(id.isMissingNode() || id.isTextual() || id.isIntegralNumber())) {
      return error(400, json.nullNode(), INVALID_REQUEST, "not a JSON-RPC message");
    }
    JsonNode meta = message.path("params").path("_meta");
    boolean modern =
        meta.has(META + "protocolVersion")
            || (id.isMissingNode() && MODERN.equals(header.apply("MCP-Protocol-Version")));
    return modern ? modern(message, meta, header) : legacy(message, header);
  }

  /** Ends a session; gives the status of HTTP. */
  int end(@Nullable String session) {
    if (session == null) {
      return 400;
    }
    synchronized (sessions) {
      return sessions.remove(session) ? 200 : 404;
    }
  }

  private Answer modern(
      JsonNode message, JsonNode meta, Function<String, @Nullable String> header) {
    JsonNode id = message.path("id");
    if (id.isMissingNode()) {
      return accepted();
    }
    JsonNode version = meta.path(META + "protocolVersion");
    if (!version.isTextual() || !meta.path(META + "clientCapabilities").isObject()) {
      return error(400, id, INVALID_PARAMS, "protocolVersion and clientCapabilities are needed");
    }
    if (!version.asText().equals(MODERN)) {
      Answer unsupported = error(400, id, UNSUPPORTED_VERSION, "unsupported protocol version");
      unsupported
          .body()
          .ifPresent(
              body -> {
                ObjectNode data = body.withObject("/error/data");
                data.put("requested", version.asText()).putArray("supported").add(MODERN);
              });
      return unsupported;
    }
    String method = message.path("method").asText();
    String tool = message.path("params").path("name").asText();
    if (!MODERN.equals(header.apply("MCP-Protocol-Version"))
        || !method.equals(header.apply("Mcp-Method"))
        || (method.equals("tools/call") && !tool.equals(plain(header.apply("Mcp-Name"))))) {
      return error(400, id, HEADER_MISMATCH, "headers and body disagree");
    }
    return switch (method) {
      case "server/discover" -> {
        ObjectNode result = cacheable();
        result.putArray("supportedVersions").add(MODERN);
        result.putObject("capabilities").putObject("tools");
        yield result(id, result);
      }
      case "tools/list" -> result(id, cacheable().set("tools", notes.definitions()));
      case "tools/call" -> call(message, json.createObjectNode().put("resultType", "complete"));
      default -> error(404, id, METHOD_NOT_FOUND, "no such method");
    };
  }

  private Answer legacy(JsonNode message, Function<String, @Nullable String> header) {
    JsonNode id = message.path("id");
    String method = message.path("method").asText();
    if (method.equals("initialize")) {
      return id.isMissingNode()
          ? error(400, json.nullNode(), INVALID_REQUEST, "initialize is a request")
          : initialize(message);
    }
    String session = header.apply("Mcp-Session-Id");
    String version = header.apply("MCP-Protocol-Version");
    if (session == null || (version != null && !LEGACY.contains(version))) {
      return error(400, id, BAD_REQUEST, "a session and a version known here are needed");
    }
    synchronized (sessions) {
      if (!sessions.contains(session)) {
        return error(404, id, SESSION_NOT_FOUND, "no such session");
      }
    }
    if (id.isMissingNode() || !message.has("method")) {
      return accepted();
    }
    return switch (method) {
      case "ping" -> result(id, json.createObjectNode());
      case "tools/list" -> result(id, json.createObjectNode().set("tools", notes.definitions()));
      case "tools/call" -> call(message, json.createObjectNode());
      default -> error(200, id, METHOD_NOT_FOUND, "no such method");
    };
  }

  private Answer initialize(JsonNode message) {
    String asked = message.path("params").path("protocolVersion").asText();
    ObjectNode result = json.createObjectNode();
    result.put("protocolVersion", LEGACY.contains(asked) ? asked : LEGACY.getFirst());
    result.putObject("capabilities").putObject("tools");
    result.putObject("serverInfo").put("name", "notes").put("version", "1");
    String session = UUID.randomUUID().toString();
    synchronized (sessions) {
      sessions.add(session);
      if (sessions.size() > SESSIONS_MAX) {
        sessions.remove(sessions.iterator().next());
      }
    }
    Answer answer = result(message.path("id"), result);
    return new Answer(answer.status(), answer.body(), Optional.of(session));
  }

  private Answer call(JsonNode message, ObjectNode start) {
    JsonNode params = message.path("params");
    String tool = params.path("name").asText();
    return notes
        .call(tool, params.path("arguments"))
        .map(result -> result(message.path("id"), start.setAll(result)))
        .orElseGet(() -> error(200, message.path("id"), INVALID_PARAMS, "Unknown tool: " + tool));
  }

  private ObjectNode cacheable() {
    ObjectNode result = json.createObjectNode();
    result.put("resultType", "complete").put("ttlMs", 0).put("cacheScope", "public");
    result
        .putObject("_meta")
        .putObject(META + "serverInfo")
        .put("name", "notes")
        .put("version", "1");
    return result;
  }

  private Answer result(JsonNode id, JsonNode result) {
    ObjectNode body = envelope(id);
    body.set("result", result);
    return new Answer(200, Optional.of(body), Optional.empty());
  }

  private Answer error(int status, JsonNode id, int code, String text) {
    ObjectNode body = envelope(id);
    body.putObject("error").put("code", code).put("message", text);
    return new Answer(status, Optional.of(body), Optional.empty());
  }

  private ObjectNode envelope(JsonNode id) {
    ObjectNode body = json.createObjectNode().put("jsonrpc", "2.0");
    body.set("id", id.isMissingNode() ? json.nullNode() : id);
    return body;
  }

  private static Answer accepted() {
    return new Answer(202, Optional.empty(), Optional.empty());
  }

  /**
   * A mirrored header's value without its Base64 form (SEP-2243); null if it has none or is broken.
   */
  private static @Nullable String plain(@Nullable String value) {
    if (value == null || !value.startsWith("=?base64?") || !value.endsWith("?=")) {
      return value;
    }
    try {
      byte[] bytes = Base64.getDecoder().decode(value.substring(9, value.length() - 2));
      return new String(bytes, StandardCharsets.UTF_8);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }
}

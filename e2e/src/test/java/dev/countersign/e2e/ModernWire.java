// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.e2e;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.util.ArrayList;
import java.util.List;

/**
 * Requests of 2026-07-28 with everything that the revision wants of them.
 *
 * @param url where to
 * @param token of the caller
 * @param capabilities that the client declares, as JSON
 */
record ModernWire(String url, String token, String capabilities) {
  private static final String VERSION = "2026-07-28";
  private static final String PREFIX = "io.modelcontextprotocol/";

  /** Sends a request; the message that answers it, whether it came as JSON or as an event. */
  JsonNode send(int id, String method, String params) throws IOException, InterruptedException {
    JsonNode message = message(id, method, params);
    HttpResponse<String> answer =
        Wire.post(url, token, message.toString(), headers(message).toArray(String[]::new));
    String body = answer.body();
    String data =
        body.lines()
            .filter(line -> line.startsWith("data:"))
            .reduce((first, last) -> last)
            .map(line -> line.substring("data:".length()))
            .orElse(body);
    return PeerProcess.JSON.readTree(data);
  }

  /** Sends a request whose answer is read as it comes. */
  EventStream stream(int id, String method, String params)
      throws IOException, InterruptedException {
    JsonNode message = message(id, method, params);
    return EventStream.open(
        "POST", url, token, message.toString(), headers(message).toArray(String[]::new));
  }

  private JsonNode message(int id, String method, String params) throws IOException {
    ObjectNode message = PeerProcess.JSON.createObjectNode();
    message.put("jsonrpc", "2.0").put("id", id).put("method", method);
    ObjectNode whole = (ObjectNode) PeerProcess.JSON.readTree(params);
    message.set("params", whole);
    ObjectNode meta = whole.withObject("/_meta");
    meta.put(PREFIX + "protocolVersion", VERSION);
    meta.set(PREFIX + "clientCapabilities", PeerProcess.JSON.readTree(capabilities));
    return message;
  }

  private static List<String> headers(JsonNode message) {
    List<String> headers =
        new ArrayList<>(
            List.of(
                "MCP-Protocol-Version", VERSION, "Mcp-Method", message.path("method").asText()));
    for (String mirrored : List.of("name", "uri")) {
      JsonNode value = message.path("params").path(mirrored);
      if (value.isTextual()) {
        headers.addAll(List.of("Mcp-Name", value.asText()));
      }
    }
    return headers;
  }
}

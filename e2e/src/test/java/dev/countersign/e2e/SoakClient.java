// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.e2e;

import java.util.ArrayList;
import java.util.List;

/**
 * Who calls, in the soak: one caller with one legacy session.
 *
 * @param port where the gateway listens
 * @param token the caller's
 * @param session the id of the session
 */
record SoakClient(int port, String token, String session) {
  static final String PATH = "/notes/mcp";

  /** Opens a session. */
  static SoakClient open(GatewayProcess gateway, String token) throws Exception {
    return new SoakClient(
        gateway.port(), token, Wire.session(gateway.url(), token, "{\"elicitation\":{}}"));
  }

  /** Ends the session. */
  void end() throws Exception {
    Wire.send("DELETE", url(), token, "", inSession());
  }

  /** Answers a question that came with a call of the session. */
  int answer(String question) throws Exception {
    String id = PeerProcess.JSON.readTree(question).path("id").toString();
    return Wire.post(
            url(),
            token,
            "{\"jsonrpc\":\"2.0\",\"id\":"
                + id
                + ",\"result\":{\"action\":\"accept\",\"content\":{\"name\":\"ada\"}}}",
            inSession())
        .statusCode();
  }

  private String url() {
    return "http://127.0.0.1:" + port + PATH;
  }

  private String[] inSession() {
    return new String[] {"MCP-Protocol-Version", "2025-11-25", "Mcp-Session-Id", session};
  }

  /** The headers of a call, but for its length, as names in lower case and values in turn. */
  List<String> headers(SoakCall call) {
    List<String> headers =
        new ArrayList<>(
            List.of(
                "authorization",
                "Bearer " + token,
                "content-type",
                "application/json",
                "accept",
                "application/json, text/event-stream"));
    headers.addAll(
        call.modern()
            ? List.of(
                "mcp-protocol-version",
                "2026-07-28",
                "mcp-method",
                "tools/call",
                "mcp-name",
                call.tool())
            : List.of("mcp-protocol-version", "2025-11-25", "mcp-session-id", session));
    return headers;
  }

  /** A call as a request of HTTP/1.1. */
  String request(SoakCall call) {
    StringBuilder head = new StringBuilder("POST " + PATH + " HTTP/1.1\r\nhost: 127.0.0.1:" + port);
    List<String> headers = headers(call);
    for (int i = 0; i < headers.size(); i += 2) {
      head.append("\r\n").append(headers.get(i)).append(": ").append(headers.get(i + 1));
    }
    return head + "\r\ncontent-length: " + call.body().length() + "\r\n\r\n" + call.body();
  }

  /** The request for a stream of the session's own. */
  String stream() {
    return "GET "
        + PATH
        + " HTTP/1.1\r\nhost: 127.0.0.1:"
        + port
        + "\r\nauthorization: Bearer "
        + token
        + "\r\naccept: text/event-stream\r\nmcp-protocol-version: 2025-11-25\r\nmcp-session-id: "
        + session
        + "\r\n\r\n";
  }
}

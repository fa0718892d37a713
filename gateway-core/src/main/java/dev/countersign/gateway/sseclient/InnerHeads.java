// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.sseclient;

import dev.countersign.gateway.http.Header;
import dev.countersign.gateway.http.RequestHead;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The heads that a client of Streamable HTTP would have sent. */
final class InnerHeads {
  /**
   * What is about the connection, or made anew, or was judged where the client's request came in.
   */
  private static final Set<String> NOT_PASSED_ON =
      Set.of(
          "accept",
          "connection",
          "content-length",
          "content-type",
          "expect",
          "last-event-id",
          "mcp-session-id",
          "origin",
          "te",
          "transfer-encoding");

  private InnerHeads() {}

  /** Of a message that was posted; its sender's credential stays with it. */
  static RequestHead message(RequestHead posted, String path, @Nullable String sessionId) {
    List<Header> headers = passedOn(posted);
    headers.add(new Header("accept", "application/json, text/event-stream"));
    headers.add(new Header("content-type", "application/json"));
    return head("POST", posted, path, headers, sessionId);
  }

  /** Of the session's own stream. */
  static RequestHead stream(RequestHead opened, String path, String sessionId) {
    List<Header> headers = passedOn(opened);
    // What the client said before a revision was agreed on need not be that one.
    headers.removeIf(header -> header.name().equals("mcp-protocol-version"));
    headers.add(new Header("accept", "text/event-stream"));
    return head("GET", opened, path, headers, sessionId);
  }

  private static List<Header> passedOn(RequestHead from) {
    List<Header> headers = new ArrayList<>(from.headersStartingWith(""));
    headers.removeIf(header -> NOT_PASSED_ON.contains(header.name()));
    return headers;
  }

  private static RequestHead head(
      String verb,
      RequestHead from,
      String path,
      List<Header> headers,
      @Nullable String sessionId) {
    if (sessionId != null) {
      headers.add(new Header("mcp-session-id", sessionId));
    }
    return new RequestHead(verb, path, headers, from.source());
  }
}

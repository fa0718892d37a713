// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.gateway.admission.OutboundRequest;
import dev.countersign.gateway.catalogue.ParamHeaders;
import dev.countersign.gateway.http.Header;
import dev.countersign.gateway.http.RequestHead;
import dev.countersign.gateway.json.JsonValue;
import dev.countersign.gateway.mcp.Era;
import dev.countersign.gateway.mcp.HeaderAgreement;
import dev.countersign.gateway.mcp.McpMessage;
import dev.countersign.gateway.mcp.McpMethod;
import dev.countersign.gateway.mcp.Rewrite;
import dev.countersign.gateway.session.BoundSession;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * The request as it goes to the server, headers built anew from an allow-list: whatever a client
 * sends besides is left behind, its credential first of all ({@code docs/wire.md}, "Headers").
 */
final class Outbound {
  private static final Header JSON = new Header("content-type", "application/json");
  private static final Header BOTH = new Header("accept", "application/json, text/event-stream");
  private static final Header EVENTS = new Header("accept", "text/event-stream");

  private Outbound() {}

  static OutboundRequest request(Call call) {
    McpMessage message = call.message();
    List<Header> headers = new ArrayList<>(8);
    String method =
        switch (message.method()) {
          case STREAM -> "GET";
          case END -> "DELETE";
          default -> "POST";
        };
    if (method.equals("POST")) {
      headers.add(JSON);
    }
    headers.add(method.equals("GET") ? EVENTS : BOTH);
    if (message.era().modern()) {
      modern(call.exchange().head(), message, headers);
    } else {
      legacy(call, headers);
    }
    for (String name : call.route().server().forwardHeaders()) {
      call.exchange().head().headers(name).forEach(value -> headers.add(new Header(name, value)));
    }
    return new OutboundRequest(
        call.id(), call.route().server().name(), method, headers, body(call));
  }

  /**
   * A response of the gateway to a request of the server.
   *
   * @param callId the call under whose permit it goes
   */
  static OutboundRequest response(Call call, String callId, byte[] body) {
    List<Header> headers = new ArrayList<>(4);
    headers.add(JSON);
    headers.add(BOTH);
    legacy(call, headers);
    return new OutboundRequest(callId, call.route().server().name(), "POST", headers, body);
  }

  private static byte[] body(Call call) {
    McpMessage message = call.message();
    if (message.era().modern()) {
      Rewrite.modernRequest(
          message, call.edits(), declared(call), call.route().server().messages().logLevelMax());
      Rewrite.traceContext(message.params(), call.edits());
      return call.edits().bytes();
    }
    if (message.method() == McpMethod.INITIALIZE) {
      return Rewrite.initializeRequest(
          message,
          call.terms().capabilities(),
          Era.legacyVersions(call.route().server().httpSse()));
    }
    if (message.method() == McpMethod.SET_LEVEL) {
      return Rewrite.setLevel(message, call.route().server().messages().logLevelMax());
    }
    JsonValue params = message.params();
    if (params != null && params.document().bytes() == message.body()) {
      Rewrite.traceContext(params, call.edits());
      if (SessionTaskStep.asked(call) != null && !call.terms().mayBeTask()) {
        call.edits().remove(params, Set.of("task"));
      }
    }
    return call.edits().bytes();
  }

  /** What the server is told that the client can: what was granted of what was declared. */
  private static String declared(Call call) {
    String input = call.terms().capabilities().json();
    if (!call.terms().mayBecomeTask()) {
      return input;
    }
    String tasks = "\"extensions\":{\"" + Rewrite.TASKS + "\":{}}}";
    return input.equals("{}") ? "{" + tasks : input.substring(0, input.length() - 1) + "," + tasks;
  }

  private static void modern(RequestHead head, McpMessage message, List<Header> headers) {
    headers.add(new Header("mcp-protocol-version", Era.MODERN_VERSION));
    headers.add(new Header("mcp-method", message.method().wire()));
    String name = message.targetName();
    if (name != null && message.method().nameParam() != null) {
      headers.add(new Header("mcp-name", HeaderAgreement.encode(name)));
    }
    // Compared with the body when the tool's schema is known; the server is given them all.
    headers.addAll(head.headersStartingWith(ParamHeaders.PREFIX));
  }

  private static void legacy(Call call, List<Header> headers) {
    BoundSession session = call.session();
    if (session == null) {
      return;
    }
    Resumption resumption = call.terms().resumption();
    if (resumption != null) {
      headers.add(new Header("last-event-id", resumption.position().eventId()));
    }
    headers.add(new Header("mcp-protocol-version", session.version()));
    String upstreamId = session.upstreamId();
    if (upstreamId != null) {
      headers.add(new Header("mcp-session-id", upstreamId));
    }
  }
}

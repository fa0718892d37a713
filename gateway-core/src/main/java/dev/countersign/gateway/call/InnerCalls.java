// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.gateway.http.BufferHold;
import dev.countersign.gateway.http.Exchange;
import dev.countersign.gateway.http.Header;
import dev.countersign.gateway.http.RequestHead;
import dev.countersign.gateway.http.Responder;
import dev.countersign.gateway.mcp.HeaderAgreement;
import dev.countersign.gateway.snapshot.Route;
import dev.countersign.gateway.snapshot.Snapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Makes requests to single servers out of a caller's request, and sends them down the call line
 * behind the proof of the caller: each is parsed, decided, recorded and governed like any other.
 */
final class InnerCalls {
  /** What is about the caller's connection or names its target or session, and is made anew. */
  private static final Set<String> NOT_PASSED_ON =
      Set.of(
          "host",
          "accept",
          "content-type",
          "content-encoding",
          "authorization",
          "proxy-authorization",
          "dpop",
          "cookie",
          "connection",
          "content-length",
          "transfer-encoding",
          "expect",
          "last-event-id",
          "mcp-name",
          "mcp-session-id",
          "mcp-protocol-version");

  private final Consumer<Call> line;

  /**
   * @param line what takes a call whose caller is proven
   */
  InnerCalls(Consumer<Call> line) {
    this.line = line;
  }

  /**
   * What goes to one server.
   *
   * @param id the call's id: the outer one's when it is the only one, else one of its own
   * @param route the way to it
   * @param session its legacy session, or null
   * @param name what the server calls the target, or null
   * @param exposedName what the client calls it, or null
   * @param body the message
   */
  record Request(
      String id,
      Route route,
      SessionsBehind.@Nullable Member session,
      @Nullable String name,
      @Nullable String exposedName,
      byte[] body) {}

  /**
   * Sends one that its client waits for; what comes back goes to the responder.
   *
   * @param under the settings that hold for it
   */
  Call send(Snapshot under, Call outer, Request request, Responder responder) {
    Exchange exchange = exchange(outer, request, responder, outer.exchange().hold());
    outer.exchange().onClosed(exchange::clientGone);
    outer.exchange().onDrain(exchange::drain);
    return onItsWay(under, outer, request, exchange);
  }

  /**
   * Sends one of which the gateway itself has to tell when nobody waits for it any more, and that
   * may be over long before the outer call is.
   *
   * @param under the settings that hold for it
   * @param hold what counts its memory; released by whoever made it
   */
  Call sendAside(
      Snapshot under, Call outer, Request request, Responder responder, BufferHold hold) {
    return onItsWay(under, outer, request, exchange(outer, request, responder, hold));
  }

  private static Exchange exchange(
      Call outer, Request request, Responder responder, BufferHold hold) {
    return Exchange.of(
        responder, outer.exchange().loop(), head(outer, request), request.body(), hold);
  }

  private Call onItsWay(Snapshot under, Call outer, Request request, Exchange exchange) {
    Call inner =
        outer.onBehalf(under, request.id(), exchange, request.route(), request.exposedName());
    exchange.hold().retain();
    inner.onEnd(exchange.hold()::release);
    line.accept(inner);
    return inner;
  }

  /** Whether a header says something of the caller's own connection, session or target. */
  static boolean isOfConnection(String name) {
    return NOT_PASSED_ON.contains(name);
  }

  private static RequestHead head(Call outer, Request request) {
    RequestHead from = outer.exchange().head();
    List<Header> headers = new ArrayList<>();
    for (Header header : from.headersStartingWith("")) {
      if (!isOfConnection(header.name())) {
        headers.add(header);
      }
    }
    // What has a body is posted, also when a stream led to it.
    boolean post = request.body().length > 0;
    if (post) {
      headers.add(new Header("content-type", "application/json"));
    }
    headers.add(
        new Header("accept", post ? "application/json, text/event-stream" : "text/event-stream"));
    SessionsBehind.Member session = request.session();
    if (session != null) {
      headers.add(new Header("mcp-session-id", session.wireId()));
      headers.add(new Header("mcp-protocol-version", session.version()));
    } else {
      String version = from.header("mcp-protocol-version");
      if (version != null) {
        headers.add(new Header("mcp-protocol-version", version));
      }
    }
    if (request.name() != null && from.header("mcp-name") != null) {
      headers.add(new Header("mcp-name", HeaderAgreement.encode(request.name())));
    }
    return new RequestHead(
        post ? "POST" : from.method(), request.route().path(), headers, from.source());
  }
}

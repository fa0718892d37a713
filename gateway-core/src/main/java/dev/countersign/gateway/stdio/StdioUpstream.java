// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.stdio;

import dev.countersign.gateway.admission.AdmittedCall;
import dev.countersign.gateway.admission.OutboundRequest;
import dev.countersign.gateway.credential.UpstreamCredential;
import dev.countersign.gateway.http.Header;
import dev.countersign.gateway.http.Loop;
import dev.countersign.gateway.json.JsonLimits;
import dev.countersign.gateway.jsonrpc.RpcMessage;
import dev.countersign.gateway.jsonrpc.RpcReader;
import dev.countersign.gateway.jsonrpc.RpcRefusedException;
import dev.countersign.gateway.mcp.Era;
import dev.countersign.gateway.mcp.McpMethod;
import dev.countersign.gateway.mcp.OwnIds;
import dev.countersign.gateway.upstream.PresentedExchange;
import dev.countersign.gateway.upstream.ReplyListener;
import dev.countersign.gateway.upstream.Upstream;
import dev.countersign.gateway.upstream.UpstreamExchange;
import dev.countersign.gateway.upstream.UpstreamFailure;
import dev.countersign.identity.CallerKey;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A server that is a program of this machine, presented as one that speaks Streamable HTTP: POST,
 * GET and DELETE mean what they mean there, and sessions have ids of our own making.
 */
final class StdioUpstream implements Upstream {
  private final StdioServer server;

  StdioUpstream(StdioServer server) {
    this.server = server;
  }

  StdioServer server() {
    return server;
  }

  @Override
  public String name() {
    return server.name();
  }

  @Override
  public void sessionEnded(String upstreamSessionId, Loop loop) {
    server.end(upstreamSessionId);
  }

  @Override
  public UpstreamExchange send(
      AdmittedCall call, UpstreamCredential credential, Loop loop, ReplyListener listener) {
    OutboundRequest request = call.request();
    String session = header(request, "mcp-session-id");
    return switch (request.method()) {
      case "GET" -> stream(exchange(loop, listener, null), session);
      case "DELETE" -> end(exchange(loop, listener, null), session);
      default -> post(call, session, loop, listener);
    };
  }

  private PresentedExchange exchange(Loop loop, ReplyListener listener, @Nullable String opens) {
    return new PresentedExchange(loop, listener, opens, server.limits().eventBytesMax());
  }

  private static @Nullable String header(OutboundRequest request, String name) {
    for (Header header : request.headers()) {
      if (header.name().equals(name)) {
        return header.value();
      }
    }
    return null;
  }

  private PresentedExchange stream(PresentedExchange exchange, @Nullable String session) {
    try {
      Conversation conversation =
          session == null && server.isShared()
              ? server.sharedLegacy().conversation()
              : conversation(session);
      if (conversation == null) {
        exchange.status(404);
      } else {
        conversation.stream(exchange);
      }
    } catch (NotStartedException e) {
      exchange.fail(e.kind(), reason(e));
    }
    return exchange;
  }

  private PresentedExchange end(PresentedExchange exchange, @Nullable String session) {
    Conversation ended = conversation(session);
    if (ended == null) {
      // Callers share the program: there is nothing of one's own to end.
      exchange.status(session == null ? 200 : 404);
    } else {
      exchange.by(ended::executor, one -> {});
      exchange.status(200);
      server.end(String.valueOf(session));
    }
    return exchange;
  }

  private @Nullable Conversation conversation(@Nullable String session) {
    return session == null ? null : server.session(session);
  }

  private PresentedExchange post(
      AdmittedCall call, @Nullable String session, Loop loop, ReplyListener listener) {
    OutboundRequest outbound = call.request();
    RpcMessage message;
    try {
      message = RpcReader.readReply(outbound.body(), limits(outbound.body().length));
    } catch (RpcRefusedException e) {
      throw new IllegalStateException("what is sent was judged, and is one message", e);
    }
    boolean initialize =
        message instanceof RpcMessage.Request request
            && request.method().equals(McpMethod.INITIALIZE.wire());
    boolean modern =
        Era.MODERN_VERSION.equals(header(outbound, "mcp-protocol-version")) && !initialize;
    boolean opens = initialize && !server.isShared();
    String opened = opens ? UUID.randomUUID().toString() : null;
    PresentedExchange exchange = exchange(loop, listener, opened);
    CallerKey caller = call.caller().key();
    try {
      if (opened != null && message instanceof RpcMessage.Request request) {
        server.openSession(opened, caller).request(exchange, request, true);
      } else if (modern) {
        modern(exchange, message, caller);
      } else if (server.isShared()) {
        shared(exchange, message, initialize);
      } else {
        legacy(exchange, message, conversation(session));
      }
    } catch (NotStartedException e) {
      exchange.fail(e.kind(), reason(e));
    }
    return exchange;
  }

  private static void legacy(
      PresentedExchange exchange, RpcMessage message, @Nullable Conversation conversation) {
    if (conversation == null) {
      exchange.status(404);
    } else if (message instanceof RpcMessage.Request request) {
      conversation.request(exchange, request, false);
    } else {
      exchange.by(conversation::executor, one -> {});
      // The call that is cancelled cancels itself, under the id that the program knows.
      if (isCancel(message) || conversation.tell(message.document().bytes())) {
        exchange.status(202);
      } else {
        exchange.fail(UpstreamFailure.Kind.BUSY, "the program does not read what waits for it");
      }
    }
  }

  private void modern(PresentedExchange exchange, RpcMessage message, CallerKey caller)
      throws NotStartedException {
    if (!(message instanceof RpcMessage.Request request)) {
      exchange.status(202);
      return;
    }
    StdioServer.Greeted greeted = server.modern(caller);
    if (greeted == null) {
      exchange.status(400);
      return;
    }
    exchange.by(greeted.conversation()::executor, one -> {});
    var unused =
        greeted
            .greeting()
            .whenComplete(
                (answer, failure) -> {
                  if (failure != null) {
                    exchange.fail(UpstreamFailure.Kind.UNREACHABLE, words(failure));
                  } else if (!Handshake.isModern(answer)) {
                    exchange.status(400);
                  } else if (!exchange.isOver()) {
                    greeted.conversation().request(exchange, request, false);
                  }
                });
  }

  private void shared(PresentedExchange exchange, RpcMessage message, boolean initialize)
      throws NotStartedException {
    if (!(message instanceof RpcMessage.Request request)) {
      // What one client tells is not for a program that others talk to as well.
      exchange.status(202);
      return;
    }
    StdioServer.Greeted greeted = server.sharedLegacy();
    exchange.by(greeted.conversation()::executor, one -> {});
    var unused =
        greeted
            .greeting()
            .whenComplete(
                (answer, failure) -> {
                  if (failure != null) {
                    exchange.fail(UpstreamFailure.Kind.UNREACHABLE, words(failure));
                  } else if (initialize || !(answer instanceof RpcMessage.Result)) {
                    byte[] facts = MessageEdits.facts(answer, OwnIds.rawId(request));
                    exchange.message(facts, true, false);
                  } else if (!exchange.isOver()) {
                    greeted.conversation().request(exchange, request, false);
                  }
                });
  }

  private static boolean isCancel(RpcMessage message) {
    return message instanceof RpcMessage.Notification notification
        && notification.method().equals(McpMethod.CANCELLED.wire());
  }

  private JsonLimits limits(int bytes) {
    return JsonLimits.DEFAULTS.with(
        bytes, server.limits().depthMax(), Math.max(server.limits().tokensMax(), 1_000_000));
  }

  private static String reason(NotStartedException failure) {
    return String.valueOf(failure.getMessage());
  }

  private static String words(Throwable failure) {
    String message = failure.getMessage();
    return message == null ? "the program did not answer in time" : message;
  }
}

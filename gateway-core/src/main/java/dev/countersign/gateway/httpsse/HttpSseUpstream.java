// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.httpsse;

import dev.countersign.gateway.admission.AdmittedCall;
import dev.countersign.gateway.admission.OutboundRequest;
import dev.countersign.gateway.credential.UpstreamCredential;
import dev.countersign.gateway.http.Header;
import dev.countersign.gateway.http.Loop;
import dev.countersign.gateway.json.JsonLimits;
import dev.countersign.gateway.jsonrpc.RpcMessage;
import dev.countersign.gateway.jsonrpc.RpcReader;
import dev.countersign.gateway.jsonrpc.RpcRefusedException;
import dev.countersign.gateway.snapshot.LimitSettings;
import dev.countersign.gateway.snapshot.ServerSettings;
import dev.countersign.gateway.upstream.HttpUpstream;
import dev.countersign.gateway.upstream.PresentedExchange;
import dev.countersign.gateway.upstream.ReplyListener;
import dev.countersign.gateway.upstream.Upstream;
import dev.countersign.gateway.upstream.UpstreamExchange;
import dev.countersign.gateway.upstream.UpstreamFailure;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A server that speaks HTTP+SSE, presented as one that speaks Streamable HTTP: POST, GET and DELETE
 * mean what they mean there, and sessions have ids of our own making.
 */
public final class HttpSseUpstream implements Upstream {
  private final ServerSettings settings;
  private final LimitSettings limits;
  private final HttpUpstream server;
  private final HttpSseServers sessions;

  HttpSseUpstream(
      ServerSettings settings, LimitSettings limits, HttpUpstream server, HttpSseServers sessions) {
    this.settings = settings;
    this.limits = limits;
    this.server = server;
    this.sessions = sessions;
  }

  /** The connections that it uses. */
  public HttpUpstream connections() {
    return server;
  }

  ServerSettings settings() {
    return settings;
  }

  @Override
  public String name() {
    return settings.name();
  }

  @Override
  public void sessionEnded(String upstreamSessionId, Loop loop) {
    sessions.end(upstreamSessionId);
  }

  @Override
  public UpstreamExchange send(
      AdmittedCall call, UpstreamCredential credential, Loop loop, ReplyListener listener) {
    String id = sessionId(call.request());
    ServerSession session = id == null ? null : sessions.find(id, settings);
    if (call.request().method().equals("POST")) {
      return post(call, credential, loop, listener, session);
    }
    PresentedExchange exchange = exchange(loop, listener, null);
    if (session == null) {
      exchange.status(404);
    } else if (call.request().method().equals("GET")) {
      session.listen(exchange);
    } else {
      exchange.by(session::executor, one -> {});
      exchange.status(200);
      sessions.end(session.id());
    }
    return exchange;
  }

  private PresentedExchange exchange(Loop loop, ReplyListener listener, @Nullable String opens) {
    return new PresentedExchange(loop, listener, opens, limits.eventBytesMax());
  }

  private static @Nullable String sessionId(OutboundRequest request) {
    for (Header header : request.headers()) {
      if (header.name().equals("mcp-session-id")) {
        return header.value();
      }
    }
    return null;
  }

  private UpstreamExchange post(
      AdmittedCall call,
      UpstreamCredential credential,
      Loop loop,
      ReplyListener listener,
      @Nullable ServerSession session) {
    // Only initialize is posted outside of a session.
    String opens = sessionId(call.request()) == null ? UUID.randomUUID().toString() : null;
    PresentedExchange exchange = exchange(loop, listener, opens);
    Posting posting = Posting.of(call, credential, server);
    byte[] body = call.request().body();
    var unused =
        sessions
            .work()
            .forUnderWay(call.caller().key(), body.length, loop, () -> read(body))
            .whenComplete(
                (message, failure) -> {
                  if (failure != null) {
                    exchange.fail(UpstreamFailure.Kind.BUSY, "no room to read what is sent");
                  } else if (!exchange.isOver()) {
                    send(session, opens, exchange, posting, loop, message);
                  }
                });
    return exchange;
  }

  private void send(
      @Nullable ServerSession session,
      @Nullable String opens,
      PresentedExchange exchange,
      Posting posting,
      Loop loop,
      RpcMessage message) {
    RpcMessage.Request request = message instanceof RpcMessage.Request asked ? asked : null;
    if (opens != null && request != null) {
      open(opens, exchange, posting, loop, request);
    } else if (session == null) {
      exchange.status(404);
    } else if (request == null) {
      session.tell(exchange, posting, loop, message);
    } else {
      session.request(exchange, posting, loop, request);
    }
  }

  private void open(
      String id,
      PresentedExchange exchange,
      Posting posting,
      Loop loop,
      RpcMessage.Request initialize) {
    ServerSession session =
        sessions.begin(id, settings, loop, limits(0), limits.upstreamConnectionsMax(), posting);
    if (session == null) {
      exchange.fail(UpstreamFailure.Kind.BUSY, "the bound on streams is reached");
    } else {
      session.open(exchange, initialize, limits.upstreamHead());
    }
  }

  private RpcMessage read(byte[] body) {
    try {
      return RpcReader.readReply(body, limits(body.length));
    } catch (RpcRefusedException e) {
      throw new IllegalStateException("what is sent was judged, and is one message", e);
    }
  }

  /** Of what servers say, unless what is sent is longer. */
  private JsonLimits limits(int bytes) {
    return JsonLimits.DEFAULTS.with(
        Math.max(bytes, limits.eventBytesMax()),
        limits.depthMax(),
        Math.max(limits.tokensMax(), 1_000_000));
  }
}

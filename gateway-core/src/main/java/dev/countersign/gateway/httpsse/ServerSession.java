// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.httpsse;

import dev.countersign.gateway.http.Loop;
import dev.countersign.gateway.json.JsonLimits;
import dev.countersign.gateway.json.JsonValue;
import dev.countersign.gateway.jsonrpc.RpcMessage;
import dev.countersign.gateway.mcp.CancelledId;
import dev.countersign.gateway.mcp.McpMethod;
import dev.countersign.gateway.mcp.OwnIds;
import dev.countersign.gateway.upstream.PresentedExchange;
import dev.countersign.gateway.upstream.UpstreamFailure;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * One session with a server: its stream, and what is under way. Over when the stream ends. What
 * comes on the stream is handled on the loop that it was opened on; requests come on any.
 */
final class ServerSession implements ServerStream.Reader, MessageReading.Sink {
  private static final String NOT_SERVED =
      "\"error\":{\"code\":-32601,\"message\":\"not served by the gateway\"}";

  private final String id;
  private final Loop home;
  private final Events events;
  private final ServerStream stream;
  private final MessageReading reading;
  private final Calls calls = new Calls();
  private final OwnPosts own = new OwnPosts();
  private volatile @Nullable PresentedExchange opening;
  private @Nullable Runnable onEndpoint;
  private Loop.@Nullable Timer patience;
  private volatile Posting latest;
  private volatile @Nullable String target;
  private volatile String executor = "unknown";
  private volatile boolean over;

  /** What whoever keeps it is told. */
  interface Events {
    /** It is over. */
    void over(ServerSession session);

    /** A message was dropped, because it belongs to nobody. */
    void dropped();
  }

  /**
   * @param id what it is called on this side
   * @param home the loop of the call that opens it
   * @param url where its stream is opened
   * @param limits of what the server says
   * @param first how that call goes to the server
   */
  ServerSession(
      String id, Loop home, URI url, JsonLimits limits, Posting first, HttpSseServers servers) {
    this.id = id;
    this.home = home;
    this.latest = first;
    this.events = servers;
    this.stream = new ServerStream(url, limits.bytesMax(), servers.holds(), this);
    this.reading = new MessageReading(servers.work(), limits, home, this);
  }

  String id() {
    return id;
  }

  /** Who executes what is posted: who gave the stream. */
  String executor() {
    return executor;
  }

  /**
   * Opens the stream, and sends the client's {@code initialize} when the server has said where.
   *
   * @param time how long that may take
   */
  void open(PresentedExchange exchange, RpcMessage.Request request, Duration time) {
    opening = exchange;
    exchange.by(this::executor, one -> end("nobody waits for it to open"));
    onEndpoint = () -> send(exchange, latest, home, request);
    patience =
        home.after(
            time, () -> ended(failure(UpstreamFailure.Kind.HEAD_TIMEOUT, "no endpoint in time")));
    stream.on(latest.open(home, stream));
  }

  /** Sends a request; on the loop of its call. */
  void request(PresentedExchange exchange, Posting posting, Loop loop, RpcMessage.Request request) {
    latest = posting;
    exchange.by(this::executor, calls::remove);
    send(exchange, posting, loop, request);
  }

  private void send(
      PresentedExchange exchange, Posting posting, Loop loop, RpcMessage.Request request) {
    JsonValue token = OwnIds.progressToken(request);
    long own =
        calls.add(
            new Calls.Pending(
                exchange, request.id(), OwnIds.rawId(request), token == null ? null : token.raw()));
    if (own == 0) {
      exchange.status(404);
    } else {
      post(exchange, posting, loop, own, OwnIds.request(request, own));
    }
  }

  /** Sends a notification or a response; on the loop of its call. */
  void tell(PresentedExchange exchange, Posting posting, Loop loop, RpcMessage message) {
    latest = posting;
    exchange.by(this::executor, one -> {});
    byte[] told = message.document().bytes();
    if (message instanceof RpcMessage.Notification notification
        && notification.method().equals(McpMethod.CANCELLED.wire())) {
      long own = calls.idOf(CancelledId.of(notification.params()));
      told = own == 0 ? null : OwnIds.cancelled(notification, own);
    }
    if (over) {
      exchange.status(404);
    } else if (told == null) {
      // The request is over.
      exchange.status(202);
    } else {
      post(exchange, posting, loop, 0, told);
    }
  }

  private void post(
      PresentedExchange exchange, Posting posting, Loop loop, long request, byte[] message) {
    PostReply reply = new PostReply(this, exchange, request, loop);
    reply.to(posting.post(loop, String.valueOf(target), message, reply));
  }

  /** Opens a stream for what belongs to no request. */
  void listen(PresentedExchange exchange) {
    exchange.by(this::executor, calls::remove);
    if (calls.add(exchange)) {
      exchange.announce(true);
    } else {
      exchange.status(404);
    }
  }

  /** The server would not take the message that opens it. */
  void notOpened(PresentedExchange exchange) {
    if (exchange == opening) {
      end("the server would not open it");
    }
  }

  /** Takes a request out that has no answer; false when it has. */
  boolean takeBack(long request) {
    return calls.take(request) != null;
  }

  /** Ends it. Any thread. */
  void end(String why) {
    home.execute(() -> ended(failure(UpstreamFailure.Kind.UNREACHABLE, why)));
  }

  private static UpstreamFailure failure(UpstreamFailure.Kind kind, String detail) {
    return new UpstreamFailure(kind, true, detail);
  }

  @Override
  public void opened(String who) {
    executor = who;
  }

  @Override
  public void refused(int status, String who) {
    executor = who;
    PresentedExchange waiting = opening;
    if (waiting != null) {
      waiting.status(status);
    }
    ended(failure(UpstreamFailure.Kind.UNREACHABLE, "no stream was given"));
  }

  @Override
  public void endpoint(String named) {
    target = named;
    cancelPatience();
    Runnable next = onEndpoint;
    onEndpoint = null;
    if (next != null) {
      next.run();
    }
  }

  @Override
  public void message(byte[] json) {
    reading.read(latest.call().caller().key(), json);
  }

  @Override
  public boolean isOver() {
    return over;
  }

  @Override
  public void unreadable() {
    ended(failure(UpstreamFailure.Kind.BAD_REPLY, "an event that is no message"));
  }

  @Override
  public void read(RpcMessage message) {
    switch (message) {
      case RpcMessage.Result result -> answered(calls.take(OwnIds.of(result.id())), message);
      case RpcMessage.Failure failure -> answered(calls.take(OwnIds.of(failure.id())), message);
      case RpcMessage.Notification notification -> notified(notification);
      case RpcMessage.Request request -> asked(request);
    }
  }

  private void answered(Calls.@Nullable Pending request, RpcMessage answer) {
    if (request == null) {
      events.dropped();
    } else {
      PresentedExchange exchange = request.exchange();
      exchange.dispatched();
      exchange.message(OwnIds.answer(answer, request.rawId()), true, false);
      if (answer instanceof RpcMessage.Failure) {
        notOpened(exchange);
      }
      if (exchange == opening) {
        // The session lives longer than the call that opened it, and must not keep it.
        opening = null;
      }
    }
    stream.taken();
  }

  private void notified(RpcMessage.Notification notification) {
    if (!notification.method().equals(McpMethod.PROGRESS.wire())) {
      offer(calls.owner(false), notification.document().bytes());
      return;
    }
    Calls.Pending request = calls.find(OwnIds.progressOf(notification));
    byte[] token = request == null ? null : request.progressToken();
    if (request == null || token == null) {
      offer(null, notification.document().bytes());
    } else {
      offer(request.exchange(), OwnIds.progress(notification, token));
    }
  }

  private void asked(RpcMessage.Request request) {
    // Until there is a session, its client cannot answer.
    boolean ours = request.method().equals("ping") || opening != null;
    PresentedExchange owner = ours ? null : calls.owner(true);
    if (owner != null) {
      offer(owner, request.document().bytes());
      return;
    }
    String outcome = request.method().equals("ping") ? "\"result\":{}" : NOT_SERVED;
    String reply = "{\"jsonrpc\":\"2.0\",\"id\":" + request.id().json() + "," + outcome + "}";
    if (own.send(latest, home, String.valueOf(target), reply.getBytes(StandardCharsets.UTF_8))) {
      stream.taken();
    } else {
      ended(failure(UpstreamFailure.Kind.BAD_REPLY, "too many requests to the client"));
    }
  }

  /** The next message comes when this one has found its place. */
  private void offer(@Nullable PresentedExchange exchange, byte[] message) {
    if (exchange == null) {
      events.dropped();
      stream.taken();
    } else if (exchange.message(message, false, false)) {
      stream.taken();
    } else {
      exchange.whenRoom(() -> home.execute(() -> offer(exchange, message)));
    }
  }

  @Override
  public void ended(UpstreamFailure failure) {
    if (over) {
      return;
    }
    over = true;
    cancelPatience();
    stream.close();
    for (PresentedExchange one : calls.close()) {
      // Nobody knows what the server made of it.
      one.dispatched();
      one.fail(failure.kind(), failure.detail());
    }
    PresentedExchange waiting = opening;
    if (waiting != null) {
      if (failure.dispatched()) {
        waiting.dispatched();
      }
      waiting.fail(failure.kind(), failure.detail());
    }
    events.over(this);
  }

  private void cancelPatience() {
    if (patience != null) {
      patience.cancel();
    }
  }
}

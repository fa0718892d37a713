// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.httpsse;

import dev.countersign.gateway.http.Loop;
import dev.countersign.gateway.json.JsonKind;
import dev.countersign.gateway.json.JsonLimits;
import dev.countersign.gateway.json.JsonValue;
import dev.countersign.gateway.jsonrpc.RpcId;
import dev.countersign.gateway.jsonrpc.RpcMessage;
import dev.countersign.gateway.jsonrpc.RpcReader;
import dev.countersign.gateway.jsonrpc.RpcRefusedException;
import dev.countersign.gateway.upstream.PresentedExchange;
import dev.countersign.gateway.upstream.UpstreamFailure;
import dev.countersign.gateway.work.WorkPool;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;

/**
 * One session with a server: its stream, and what is under way. Over when the stream ends. What
 * comes on the stream is handled on the loop that it was opened on; requests come on any.
 */
final class ServerSession implements ServerStream.Reader {
  private static final String NOT_SERVED =
      "\"error\":{\"code\":-32601,\"message\":\"not served by the gateway\"}";

  private final String id;
  private final Loop home;
  private final JsonLimits limits;
  private final WorkPool work;
  private final Events events;
  private final ServerStream stream;
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
   * @param first how that call goes to the server
   */
  ServerSession(
      String id,
      Loop home,
      URI url,
      JsonLimits limits,
      WorkPool work,
      Posting first,
      Events events) {
    this.id = id;
    this.home = home;
    this.limits = limits;
    this.work = work;
    this.latest = first;
    this.events = events;
    this.stream = new ServerStream(url, limits.bytesMax(), this);
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
            time, () -> ended(UpstreamFailure.Kind.HEAD_TIMEOUT, "no endpoint was named in time"));
    stream.on(latest.open(home, stream));
  }

  /** Sends a request; on the loop of its call. */
  void request(PresentedExchange exchange, Posting posting, Loop loop, RpcMessage.Request request) {
    latest = posting;
    exchange.by(this::executor, one -> calls.abandon(request.id()));
    send(exchange, posting, loop, request);
  }

  private void send(
      PresentedExchange exchange, Posting posting, Loop loop, RpcMessage.Request request) {
    switch (calls.add(request.id(), exchange, progressToken(request))) {
      case YES -> post(exchange, posting, loop, request);
      case ID_IN_USE ->
          exchange.fail(
              UpstreamFailure.Kind.BUSY, "the answer to another request of this id may still come");
      case CLOSED -> exchange.status(404);
    }
  }

  /** Sends a notification or a response; on the loop of its call. */
  void tell(PresentedExchange exchange, Posting posting, Loop loop, RpcMessage message) {
    latest = posting;
    exchange.by(this::executor, one -> {});
    if (over) {
      exchange.status(404);
    } else {
      post(exchange, posting, loop, message);
    }
  }

  private void post(PresentedExchange exchange, Posting posting, Loop loop, RpcMessage message) {
    RpcId request = message instanceof RpcMessage.Request asked ? asked.id() : null;
    PostReply reply = new PostReply(this, exchange, request, loop);
    reply.to(posting.post(loop, String.valueOf(target), message.document().bytes(), reply));
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
  boolean takeBack(RpcId request) {
    return calls.take(request) != null;
  }

  /** Ends it. Any thread. */
  void end(String why) {
    home.execute(() -> ended(UpstreamFailure.Kind.UNREACHABLE, why));
  }

  @Override
  public void opened(String who) {
    executor = who;
  }

  @Override
  public void refused(int status) {
    PresentedExchange waiting = opening;
    if (waiting != null) {
      waiting.status(status);
    }
    ended(UpstreamFailure.Kind.UNREACHABLE, "no stream was given");
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
    var unused =
        work.forUnderWay(latest.call().caller().key(), json.length, home, () -> read(json))
            .whenComplete(
                (message, failure) -> {
                  if (failure == null) {
                    route(message);
                  } else {
                    ended(UpstreamFailure.Kind.BAD_REPLY, "an event that is no message");
                  }
                });
  }

  private RpcMessage read(byte[] json) {
    try {
      return RpcReader.readReply(json, limits);
    } catch (RpcRefusedException e) {
      throw new CompletionException(e);
    }
  }

  private void route(RpcMessage message) {
    switch (message) {
      case RpcMessage.Result result -> answered(calls.take(result.id()), message);
      case RpcMessage.Failure failure -> answered(calls.take(failure.id()), message);
      case RpcMessage.Notification notification ->
          offer(owner(notification), notification.document().bytes());
      case RpcMessage.Request request -> asked(request);
    }
  }

  private void answered(@Nullable PresentedExchange exchange, RpcMessage answer) {
    if (exchange == null) {
      events.dropped();
    } else {
      exchange.dispatched();
      exchange.message(answer.document().bytes(), true, false);
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

  private @Nullable PresentedExchange owner(RpcMessage.Notification notification) {
    if (notification.method().equals("notifications/progress")) {
      JsonValue token = in(notification.params(), "progressToken");
      return token == null ? null : calls.byProgress(token.raw());
    }
    return calls.owner(false);
  }

  private void asked(RpcMessage.Request request) {
    PresentedExchange owner = request.method().equals("ping") ? null : calls.owner(true);
    if (owner != null) {
      offer(owner, request.document().bytes());
      return;
    }
    String outcome = request.method().equals("ping") ? "\"result\":{}" : NOT_SERVED;
    String reply = "{\"jsonrpc\":\"2.0\",\"id\":" + request.id().json() + "," + outcome + "}";
    if (own.send(latest, home, String.valueOf(target), reply.getBytes(StandardCharsets.UTF_8))) {
      stream.taken();
    } else {
      ended(UpstreamFailure.Kind.BAD_REPLY, "too many requests to the client");
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
  public void ended(UpstreamFailure.Kind kind, String detail) {
    if (over) {
      return;
    }
    over = true;
    cancelPatience();
    stream.close();
    PresentedExchange waiting = opening;
    if (waiting != null) {
      waiting.fail(kind, detail);
    }
    for (PresentedExchange one : calls.close()) {
      // Nobody knows what the server made of it.
      one.dispatched();
      one.fail(kind, detail);
    }
    events.over(this);
  }

  private void cancelPatience() {
    if (patience != null) {
      patience.cancel();
    }
  }

  private static byte @Nullable [] progressToken(RpcMessage.Request request) {
    JsonValue token = in(in(request.params(), "_meta"), "progressToken");
    return token == null ? null : token.raw();
  }

  private static @Nullable JsonValue in(@Nullable JsonValue object, String name) {
    return object == null || object.kind() != JsonKind.OBJECT ? null : object.member(name);
  }
}

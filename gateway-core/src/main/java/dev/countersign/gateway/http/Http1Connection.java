// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One HTTP/1.1 connection: takes requests one after another, gives each to the handler as an {@link
 * Exchange}, and keeps the answers in order.
 *
 * <p>Reading goes on while a request is being answered, because that is how a client's leaving is
 * noticed; what a client sends ahead waits here, and the first such message stops the reading, so
 * at most one socket read waits.
 *
 * <pre>
 *   socket - [TLS] - StrictRequestDecoder - Http1Connection
 * </pre>
 */
final class Http1Connection extends ChannelInboundHandlerAdapter implements ClientConnection {
  private static final Logger LOG = LoggerFactory.getLogger(Http1Connection.class);

  private final HttpListener listener;
  private final Loop loop;
  private final HttpLimits limits;
  private final Channel channel;
  private final Deadline deadline;
  private final Http1Answers answers;
  private final ArrayDeque<Object> ahead = new ArrayDeque<>(0);
  private @Nullable Exchange current;
  private @Nullable Linger linger;
  private @Nullable String source;
  private boolean headTimed = true;
  private boolean noMore;
  private boolean closing;
  private boolean flushing;

  /**
   * @param deadline armed for the first head
   */
  Http1Connection(
      HttpListener listener, Loop loop, HttpLimits limits, Channel channel, Deadline deadline) {
    this.listener = listener;
    this.loop = loop;
    this.limits = limits;
    this.channel = channel;
    this.deadline = deadline;
    this.answers = new Http1Answers(listener, loop, channel, this);
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (linger != null) {
      if (message instanceof LastHttpContent) {
        linger.bodyEnded();
      }
      ReferenceCountUtil.release(message);
    } else if (closing) {
      ReferenceCountUtil.release(message);
    } else if (flushing || (current != null && current.requestBody().whole())) {
      ahead.add(message);
      channel.config().setAutoRead(false);
    } else {
      take(message);
    }
  }

  private void take(Object message) {
    try {
      if (message instanceof Http1Request request) {
        begin(request);
      }
      if (message instanceof HttpContent content && current != null && linger == null) {
        add(current, content);
      }
    } finally {
      ReferenceCountUtil.release(message);
    }
  }

  private void begin(Http1Request request) {
    deadline.disarm();
    headTimed = false;
    Refusal refusal = Http1Head.refusal(request);
    if (refusal != null) {
      refuse(refusal, Http1Head.hasBody(request));
      return;
    }
    if (!FramingGuard.isKeepAlive(request) || listener.draining()) {
      noMore = true;
    }
    boolean hasBody = Http1Head.hasBody(request);
    RequestHead head = Http1Head.read(request, source());
    BufferHold hold = listener.newHold();
    if (!hold.takeHead(head)) {
      refuse(Refusal.noRoom(), hasBody);
      return;
    }
    boolean waits = hasBody && request.header("expect") != null;
    Exchange exchange = open(head, request.bodyLength(), hasBody, waits, hold);
    try {
      listener.handler().handle(exchange);
    } catch (RuntimeException failure) {
      LOG.atError().setCause(failure).log("a request handler failed");
      noMore = true;
      exchange.answer(Answer.empty(500));
    }
  }

  /**
   * @param more whether further bytes are to be expected, so that closing at once would cost the
   *     client the answer
   */
  private void refuse(Refusal refusal, boolean more) {
    if (refusal.counted() != null) {
      listener.observer().refused(refusal.counted());
    }
    noMore = true;
    RequestHead head = new RequestHead("GET", "/", List.of(), source());
    open(head, 0, more, false, listener.newHold()).answer(refusal.answer());
  }

  private Exchange open(
      RequestHead head, long declaredLength, boolean hasBody, boolean waits, BufferHold hold) {
    Http1Body control =
        new Http1Body(channel, this, answers, listener.observer(), limits.body(), waits);
    RequestBody body = new RequestBody(declaredLength, control, hold);
    if (!hasBody) {
      body.end();
    }
    Exchange exchange = new Exchange(answers, loop, head, body, hold);
    current = exchange;
    return exchange;
  }

  private void add(Exchange exchange, HttpContent content) {
    if (content.decoderResult().isFailure()) {
      listener.observer().refused(HttpObserver.Refused.FRAMING);
      noMore = true;
      exchange.requestBody().refuse(BodyRefusedException.Why.FRAMING);
      return;
    }
    exchange.requestBody().add(content.content());
    if (content instanceof LastHttpContent) {
      deadline.disarm();
      exchange.requestBody().end();
    }
  }

  /** Whether the answer under way is to a HEAD, and has no body. */
  boolean answersHead() {
    return current != null && current.head().method().equals("HEAD");
  }

  /** Whether the answer under way is the last of this connection; settled by asking. */
  boolean answersLast() {
    if (listener.draining() || (current != null && !current.requestBody().whole())) {
      noMore = true;
    }
    return noMore;
  }

  /** No request is to be taken after this one. */
  void takeNoMore() {
    noMore = true;
  }

  /** The body of the open exchange is to be whole after this time. */
  void expectBody(Duration time) {
    deadline.arm(
        time,
        () -> {
          listener.observer().refused(HttpObserver.Refused.BODY_TIMEOUT);
          noMore = true;
          if (current != null) {
            current.requestBody().refuse(BodyRefusedException.Why.TIMEOUT);
          }
        });
  }

  /**
   * The answer has been given out whole.
   *
   * @param written completes when it is flushed to the client
   */
  void answered(ChannelFuture written) {
    Exchange exchange = current;
    boolean bodyOpen = exchange != null && !exchange.requestBody().whole();
    current = null;
    answers.forget();
    deadline.disarm();
    if (exchange != null) {
      BufferHold hold = exchange.hold();
      written.addListener(flushed -> hold.release());
    }
    if (bodyOpen) {
      linger = new Linger(channel, deadline);
    } else if (noMore || listener.draining()) {
      closing = true;
      written.addListener(ChannelFutureListener.CLOSE);
      // Not longer for one that does not read its answer than for one that asks nothing more.
      deadline.arm(limits.idle(), channel::close);
    } else {
      // A client that does not read its answers must not be given more of them.
      flushing = true;
      deadline.arm(limits.idle(), channel::close);
      written.addListener(flushed -> flushed());
    }
  }

  private void flushed() {
    flushing = false;
    if (noMore) {
      channel.close();
    } else if (ahead.isEmpty()) {
      channel.config().setAutoRead(true);
    } else {
      // From the loop's queue, so that answers do not nest.
      loop.execute(this::takeAhead);
    }
  }

  private void takeAhead() {
    while (!closing
        && !flushing
        && !ahead.isEmpty()
        && (current == null || !current.requestBody().whole())) {
      take(ahead.poll());
    }
    if (ahead.isEmpty()) {
      channel.config().setAutoRead(true);
    }
  }

  /** With the first byte after a pause the head's own, shorter time begins. */
  void bytesArrived(int bytes) {
    if (linger != null) {
      linger.arrived(bytes);
    } else if (current == null && !flushing && !headTimed && ahead.isEmpty()) {
      headTimed = true;
      deadline.arm(limits.head(), this::headTimeout);
    }
  }

  private void headTimeout() {
    listener.observer().refused(HttpObserver.Refused.HEAD_TIMEOUT);
    channel.close();
  }

  @Override
  public void drainSoon() {
    loop.execute(
        () -> {
          noMore = true;
          if (current != null) {
            current.drain();
          } else if (!flushing && !closing) {
            channel.close();
          }
        });
  }

  @Override
  public void cut() {
    channel.close();
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    answers.writabilityChanged();
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    closing = true;
    deadline.disarm();
    ahead.forEach(ReferenceCountUtil::release);
    ahead.clear();
    Exchange exchange = current;
    current = null;
    if (exchange != null) {
      exchange.clientGone();
      exchange.hold().release();
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    LOG.atDebug().addKeyValue("cause", cause.getClass().getSimpleName()).log("connection broke");
    channel.close();
  }

  private String source() {
    if (source == null) {
      source = Sources.of(channel);
    }
    return source;
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.util.ReferenceCountUtil;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One stream of an HTTP/2 connection, which is one exchange. Confined to its event loop.
 *
 * <p>What is not read here is not given back to the client's window, so a body that nobody takes
 * stops its sender.
 */
final class Http2Stream extends ChannelInboundHandlerAdapter implements RequestBody.ReadControl {
  private static final Logger LOG = LoggerFactory.getLogger(Http2Stream.class);

  private final Http2Connection connection;
  private final Channel channel;
  private final Deadline deadline;
  private final HttpObserver observer;
  private @Nullable Exchange exchange;
  private @Nullable Http2Answers answers;
  private boolean continueExpected;
  private boolean answered;
  private boolean bodyRead;

  Http2Stream(Http2Connection connection, Channel channel) {
    this.connection = connection;
    this.channel = channel;
    this.deadline = new Deadline(connection.loop());
    this.observer = connection.listener().observer();
    connection.opened(this);
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    try {
      if (message instanceof Http2HeadersFrame frame) {
        headers(frame);
      } else if (message instanceof Http2DataFrame frame && exchange != null) {
        data(exchange, frame);
      }
    } finally {
      ReferenceCountUtil.release(message);
    }
  }

  private void headers(Http2HeadersFrame frame) {
    if (exchange != null) {
      trailers(exchange);
      return;
    }
    Http2Head head = Http2Head.read(frame, connection.tls(), connection.source());
    if (head.malformed()) {
      reset(Http2Error.PROTOCOL_ERROR);
      return;
    }
    if (!connection.listener().admitStream(channel)) {
      reset(Http2Error.REFUSED_STREAM);
      return;
    }
    BufferHold hold = connection.listener().newHold();
    Refusal refusal = head.refusal();
    if (refusal == null && !hold.takeHead(head.request())) {
      refusal = Refusal.noRoom();
    }
    RequestHead request =
        refusal == null
            ? head.request()
            : new RequestHead(head.request().method(), "/", List.of(), connection.source());
    continueExpected = head.continueExpected() && !frame.isEndStream();
    Exchange opened = open(request, frame.isEndStream() ? 0 : head.declaredLength(), hold);
    if (frame.isEndStream()) {
      end(opened);
    }
    if (refusal != null) {
      if (refusal.counted() != null) {
        observer.refused(refusal.counted());
      }
      opened.answer(refusal.answer());
      return;
    }
    try {
      connection.listener().handler().handle(opened);
    } catch (RuntimeException failure) {
      LOG.atError().setCause(failure).log("a request handler failed");
      opened.answer(Answer.empty(500));
    }
  }

  private Exchange open(RequestHead head, long declaredLength, BufferHold hold) {
    Http2Answers answering = new Http2Answers(this, channel, head.method().equals("HEAD"));
    Exchange opened =
        new Exchange(
            answering, connection.loop(), head, new RequestBody(declaredLength, this, hold), hold);
    answers = answering;
    exchange = opened;
    return opened;
  }

  private void data(Exchange open, Http2DataFrame frame) {
    open.requestBody().add(frame.content());
    if (frame.isEndStream()) {
      end(open);
    }
  }

  private void end(Exchange open) {
    if (!answered) {
      deadline.disarm();
    }
    bodyRead = true;
    open.requestBody().end();
  }

  private void trailers(Exchange open) {
    bodyRead = true;
    observer.refused(HttpObserver.Refused.FRAMING);
    open.requestBody().refuse(BodyRefusedException.Why.FRAMING);
  }

  @Override
  public void reading(boolean on) {
    channel.config().setAutoRead(on);
  }

  @Override
  public void refused(BodyRefusedException.Why why) {
    observer.refused(HttpObserver.Refused.ofBody(why));
  }

  @Override
  public void wanted() {
    if (continueExpected) {
      channel.writeAndFlush(
          new DefaultHttp2HeadersFrame(new DefaultHttp2Headers().status("100"), false));
    }
    deadline.arm(
        connection.limits().body(),
        () -> {
          observer.refused(HttpObserver.Refused.BODY_TIMEOUT);
          if (exchange != null) {
            exchange.requestBody().refuse(BodyRefusedException.Why.TIMEOUT);
          }
        });
  }

  String date() {
    return connection.listener().date();
  }

  boolean draining() {
    return connection.listener().draining();
  }

  void drain() {
    if (exchange != null && !answered) {
      exchange.drain();
    }
  }

  /**
   * The answer has been given out whole.
   *
   * @param written completes when it is flushed to the client
   */
  void answered(ChannelFuture written) {
    answered = true;
    // Not longer for one that does not read its answer than for one that asks nothing more.
    deadline.arm(connection.limits().idle(), () -> reset(Http2Error.CANCEL));
    BufferHold hold = exchange == null ? null : exchange.hold();
    written.addListener(
        flushed -> {
          if (hold != null) {
            hold.release();
          }
          deadline.disarm();
          if (!bodyRead) {
            // RFC 9113 section 8.1: the answer is whole, the rest of the body is not wanted.
            reset(Http2Error.NO_ERROR);
          }
        });
  }

  /** Ends the stream in both directions. */
  void reset(Http2Error error) {
    if (channel.isActive()) {
      channel
          .writeAndFlush(new DefaultHttp2ResetFrame(error))
          .addListener(ChannelFutureListener.CLOSE);
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    if (answers != null) {
      answers.writabilityChanged();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    deadline.disarm();
    connection.closed(this);
    Exchange open = exchange;
    if (open != null && !answered) {
      answered = true;
      open.clientGone();
      open.hold().release();
    }
  }

  /** The codec has found something wrong, counted it, and resets the stream. */
  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    LOG.atDebug().addKeyValue("cause", cause.getClass().getSimpleName()).log("stream broke");
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client connection: takes requests one after another, gives each to the handler as an {@link
 * Exchange}, and keeps the answers in order.
 *
 * <p>Reading goes on while a request is being answered, because that is how a client's leaving is
 * noticed; what a client sends ahead waits here, and the first such message stops the reading, so
 * at most one socket read waits.
 *
 * <pre>
 *   socket - [TLS] - FirstByte - StrictRequestDecoder, HttpResponseEncoder - Connection
 * </pre>
 */
final class Connection extends ChannelInboundHandlerAdapter implements Responder {
  private static final Logger LOG = LoggerFactory.getLogger(Connection.class);

  /** How long, and how much, is still read after an early answer, so that the client can see it. */
  private static final Duration LINGER = Duration.ofSeconds(1);

  private static final int LINGER_BYTES_MAX = 1 << 20;

  private final HttpListener listener;
  private final Loop loop;
  private final HttpLimits limits;
  private final ArrayDeque<Object> ahead = new ArrayDeque<>();
  private final Channel channel;
  private @Nullable Exchange current;
  private Loop.@Nullable Timer timer;
  private boolean headTimed;
  private boolean closeAfterAnswer;
  private boolean closing;
  private boolean lingering;
  private boolean flushing;
  private int lingered;
  private @Nullable Runnable writableTask;

  Connection(HttpListener listener, Loop loop, HttpLimits limits, Channel channel) {
    this.listener = listener;
    this.loop = loop;
    this.limits = limits;
    this.channel = channel;
  }

  @Override
  public void channelActive(ChannelHandlerContext ctx) {
    headTimed = true;
    arm(limits.head(), this::headTimeout);
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (closing) {
      ReferenceCountUtil.release(message);
    } else if (lingering) {
      linger(message);
    } else if (flushing || (current != null && current.requestBody().whole())) {
      ahead.add(message);
      channel.config().setAutoRead(false);
    } else {
      take(message);
    }
  }

  private void take(Object message) {
    try {
      if (message instanceof HttpRequest request) {
        begin(request);
      }
      if (message instanceof HttpContent content && current != null && !lingering) {
        add(current, content);
      }
    } finally {
      ReferenceCountUtil.release(message);
    }
  }

  private void begin(HttpRequest request) {
    disarm();
    headTimed = false;
    if (request.decoderResult().isFailure()) {
      refuseDecoding(request.decoderResult().cause());
      return;
    }
    String fault = FramingGuard.fault(request);
    if (fault != null) {
      listener.observer().refused(HttpObserver.Refused.FRAMING);
      refuse(HttpResponseStatus.BAD_REQUEST, fault, hasBody(request));
      return;
    }
    if (!HttpUtil.isKeepAlive(request) || listener.draining()) {
      closeAfterAnswer = true;
    }
    String expectation = request.headers().get(HttpHeaderNames.EXPECT);
    if (expectation != null && !expectation.equalsIgnoreCase("100-continue")) {
      refuse(
          HttpResponseStatus.EXPECTATION_FAILED,
          "the only expectation met is 100-continue",
          hasBody(request));
      return;
    }
    BufferHold hold = listener.newHold();
    RequestBody body =
        new RequestBody(
            declaredLength(request),
            new BodyControl(expectation != null && hasBody(request)),
            hold);
    if (!hasBody(request)) {
      body.end();
    }
    Exchange exchange = new Exchange(this, loop, head(request), body, hold);
    current = exchange;
    try {
      listener.handler().handle(exchange);
    } catch (RuntimeException failure) {
      LOG.atError().setCause(failure).log("a request handler failed");
      closeAfterAnswer = true;
      exchange.answer(Answer.empty(500));
    }
  }

  private void add(Exchange exchange, HttpContent content) {
    if (content.decoderResult().isFailure()) {
      listener.observer().refused(HttpObserver.Refused.FRAMING);
      closeAfterAnswer = true;
      exchange.requestBody().refuse(BodyRefusedException.Why.FRAMING);
      return;
    }
    exchange.requestBody().add(content.content());
    if (content instanceof LastHttpContent) {
      disarm();
      exchange.requestBody().end();
    }
  }

  private void refuseDecoding(@Nullable Throwable cause) {
    if (cause instanceof TooLongFrameException) {
      listener.observer().refused(HttpObserver.Refused.HEADER_BYTES);
      refuse(
          HttpResponseStatus.REQUEST_HEADER_FIELDS_TOO_LARGE,
          "the request line and headers are over the limit",
          true);
    } else {
      listener.observer().refused(HttpObserver.Refused.FRAMING);
      refuse(HttpResponseStatus.BAD_REQUEST, "the request is not well-formed HTTP/1.1", true);
    }
  }

  /**
   * @param more whether further bytes are to be expected, so that closing at once would cost the
   *     client the answer
   */
  private void refuse(HttpResponseStatus status, String text, boolean more) {
    byte[] body = (text + "\n").getBytes(StandardCharsets.UTF_8);
    closeAfterAnswer = true;
    BufferHold hold = listener.newHold();
    RequestBody nothing = new RequestBody(0, new BodyControl(false), hold);
    if (!more) {
      nothing.end();
    }
    current =
        new Exchange(this, loop, new RequestHead("GET", "/", List.of(), source()), nothing, hold);
    current.answer(
        new Answer(
            status.code(), List.of(new Header("content-type", "text/plain; charset=utf-8")), body));
  }

  @Override
  public void answer(Answer answer) {
    boolean bodiless = current != null && current.head().method().equals("HEAD");
    ByteBuf body = bodiless ? Unpooled.EMPTY_BUFFER : Unpooled.wrappedBuffer(answer.body());
    DefaultFullHttpResponse response =
        new DefaultFullHttpResponse(
            HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(answer.status()), body);
    prepare(response, answer.headers());
    if (answer.status() != 204) {
      response.headers().set(HttpHeaderNames.CONTENT_LENGTH, answer.body().length);
    }
    finishAnswer(channel.writeAndFlush(response));
  }

  @Override
  public ResponseStream stream(int status, List<Header> headers) {
    HttpResponse response =
        new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.valueOf(status));
    prepare(response, headers);
    response.headers().set(HttpHeaderNames.TRANSFER_ENCODING, HttpHeaderValues.CHUNKED);
    channel.writeAndFlush(response, channel.voidPromise());
    return new ChunkedResponse(channel, this);
  }

  private void prepare(HttpResponse response, List<Header> headers) {
    for (Header header : headers) {
      response.headers().add(header.name(), header.value());
    }
    response.headers().set(HttpHeaderNames.DATE, listener.date());
    Exchange exchange = current;
    if (listener.draining() || (exchange != null && !exchange.requestBody().whole())) {
      closeAfterAnswer = true;
    }
    if (closeAfterAnswer) {
      response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
    }
  }

  void finishAnswer(ChannelFuture written) {
    Exchange exchange = current;
    boolean bodyOpen = exchange != null && !exchange.requestBody().whole();
    current = null;
    writableTask = null;
    disarm();
    if (exchange != null) {
      BufferHold hold = exchange.hold();
      written.addListener(flushed -> hold.release());
    }
    if (bodyOpen) {
      lingering = true;
      channel.config().setAutoRead(true);
      arm(LINGER, channel::close);
    } else if (closeAfterAnswer || listener.draining()) {
      closing = true;
      written.addListener(ChannelFutureListener.CLOSE);
      // Not longer for one that does not read its answer than for one that asks nothing more.
      arm(limits.idle(), channel::close);
    } else {
      // A client that does not read its answers must not be given more of them.
      flushing = true;
      arm(limits.idle(), channel::close);
      written.addListener(
          flushed -> {
            flushing = false;
            if (closeAfterAnswer) {
              channel.close();
            } else {
              next();
            }
          });
    }
  }

  /** Takes what the client sent ahead, from the loop's queue so that answers do not nest. */
  private void next() {
    if (ahead.isEmpty()) {
      channel.config().setAutoRead(true);
      return;
    }
    loop.execute(
        () -> {
          while (!closing
              && !flushing
              && !ahead.isEmpty()
              && (current == null || !current.requestBody().whole())) {
            take(ahead.poll());
          }
          if (ahead.isEmpty()) {
            channel.config().setAutoRead(true);
          }
        });
  }

  private void linger(Object message) {
    try {
      if (message instanceof HttpContent content) {
        lingered += content.content().readableBytes();
        if (content instanceof LastHttpContent || lingered > LINGER_BYTES_MAX) {
          channel.close();
        }
      }
    } finally {
      ReferenceCountUtil.release(message);
    }
  }

  /** The first byte after a pause: from here the head has its own, shorter time. */
  void bytesArrived() {
    if (current == null && !lingering && !flushing && !headTimed && ahead.isEmpty()) {
      headTimed = true;
      arm(limits.head(), this::headTimeout);
    }
  }

  void onWritable(Runnable task) {
    writableTask = task;
  }

  @Override
  public boolean draining() {
    return listener.draining();
  }

  /** Lets go of an idle connection, and tells an open exchange that the gateway is stopping. */
  void drain() {
    closeAfterAnswer = true;
    if (current != null) {
      current.drain();
    } else if (!flushing && !closing) {
      channel.close();
    }
  }

  /** {@link #drain}, from any thread. */
  void drainSoon() {
    loop.execute(this::drain);
  }

  /** Closes the connection now, from any thread. */
  void cut() {
    channel.close();
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    if (channel.isWritable() && writableTask != null) {
      writableTask.run();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    closing = true;
    disarm();
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

  private void headTimeout() {
    listener.observer().refused(HttpObserver.Refused.HEAD_TIMEOUT);
    channel.close();
  }

  private void arm(Duration time, Runnable task) {
    disarm();
    timer = loop.after(time, task);
  }

  private void disarm() {
    if (timer != null) {
      timer.cancel();
      timer = null;
    }
  }

  private RequestHead head(HttpRequest request) {
    List<Header> headers = new ArrayList<>();
    Iterator<Map.Entry<CharSequence, CharSequence>> lines =
        request.headers().iteratorCharSequence();
    while (lines.hasNext()) {
      Map.Entry<CharSequence, CharSequence> line = lines.next();
      headers.add(new Header(line.getKey().toString(), line.getValue().toString()));
    }
    return new RequestHead(request.method().name(), request.uri(), headers, source());
  }

  private String source() {
    SocketAddress remote = channel.remoteAddress();
    return remote instanceof InetSocketAddress inet && inet.getAddress() != null
        ? inet.getAddress().getHostAddress()
        : "unknown";
  }

  private static long declaredLength(HttpRequest request) {
    return HttpUtil.isTransferEncodingChunked(request)
        ? -1
        : HttpUtil.getContentLength(request, 0L);
  }

  private static boolean hasBody(HttpRequest request) {
    return declaredLength(request) != 0;
  }

  private final class BodyControl implements RequestBody.ReadControl {
    private final boolean continueExpected;

    BodyControl(boolean continueExpected) {
      this.continueExpected = continueExpected;
    }

    @Override
    public void reading(boolean on) {
      channel.config().setAutoRead(on);
    }

    @Override
    public void refused(BodyRefusedException.Why why) {
      listener
          .observer()
          .refused(
              why == BodyRefusedException.Why.NO_ROOM
                  ? HttpObserver.Refused.NO_ROOM
                  : HttpObserver.Refused.BODY_BYTES);
      closeAfterAnswer = true;
    }

    @Override
    public void wanted() {
      if (continueExpected) {
        channel.writeAndFlush(
            new DefaultFullHttpResponse(
                HttpVersion.HTTP_1_1, HttpResponseStatus.CONTINUE, Unpooled.EMPTY_BUFFER));
      }
      arm(
          limits.body(),
          () -> {
            listener.observer().refused(HttpObserver.Refused.BODY_TIMEOUT);
            closeAfterAnswer = true;
            if (current != null) {
              current.requestBody().refuse(BodyRefusedException.Why.TIMEOUT);
            }
          });
    }
  }
}

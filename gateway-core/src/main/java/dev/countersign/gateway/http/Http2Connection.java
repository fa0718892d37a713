// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.handler.codec.http2.DefaultHttp2GoAwayFrame;
import io.netty.handler.codec.http2.DefaultHttp2WindowUpdateFrame;
import io.netty.handler.codec.http2.Http2CodecUtil;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.util.ReferenceCountUtil;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One HTTP/2 connection: its streams, its time-outs and its end. Each stream is a channel of its
 * own with an {@link Http2Stream}. Confined to its event loop.
 *
 * <pre>
 *   socket - [TLS] - Http2FrameScan - Http2FrameCodec - Http2MultiplexHandler - Http2Connection
 *                                                               stream - Http2Stream
 * </pre>
 */
final class Http2Connection extends ChannelInboundHandlerAdapter implements ClientConnection {
  private static final Logger LOG = LoggerFactory.getLogger(Http2Connection.class);

  /** Of all streams together; so much more than one's window that one cannot stop the others. */
  private static final int WINDOW_BYTES = 1 << 20;

  /** How long a peer may take to read why the connection is closed. */
  private static final Duration LAST_WORD = Duration.ofSeconds(1);

  private final HttpListener listener;
  private final Loop loop;
  private final HttpLimits limits;
  private final Channel channel;
  private final boolean tls;
  private final Deadline deadline;
  private final Deadline frameDeadline;
  private final Set<Http2Stream> streams = new HashSet<>();
  private boolean begun;
  private boolean ending;
  private boolean broken;

  /**
   * @param deadline armed for the first frame
   */
  Http2Connection(
      HttpListener listener,
      Loop loop,
      HttpLimits limits,
      Channel channel,
      Deadline deadline,
      boolean tls) {
    this.listener = listener;
    this.loop = loop;
    this.limits = limits;
    this.channel = channel;
    this.deadline = deadline;
    this.tls = tls;
    this.frameDeadline = new Deadline(loop);
  }

  /** Puts the handlers in place and greets the client. */
  void install() {
    Http2Flood flood = new Http2Flood();
    Http2Writer writer =
        new Http2Writer(
            listener.observer(), flood, listener::date, () -> loop.execute(this::flooded));
    channel
        .pipeline()
        .addLast(
            new Http2FrameScan(this, flood),
            Http2Codec.make(limits, writer),
            new Http2MultiplexHandler(new StreamSetup()),
            this);
    channel.writeAndFlush(
        new DefaultHttp2WindowUpdateFrame(WINDOW_BYTES - Http2CodecUtil.DEFAULT_WINDOW_SIZE));
  }

  HttpListener listener() {
    return listener;
  }

  Loop loop() {
    return loop;
  }

  HttpLimits limits() {
    return limits;
  }

  boolean tls() {
    return tls;
  }

  String source() {
    return Sources.of(channel);
  }

  /**
   * A whole frame has come; the first ends the time for a first one.
   *
   * @param more whether it is of a header block that goes on
   */
  void frameCame(boolean more) {
    if (!more) {
      frameDeadline.disarm();
    }
    if (!begun) {
      begun = true;
      idle();
    }
  }

  /** Whether a frame or header block has begun and not ended; its time is that of a head. */
  void incomplete(boolean now) {
    if (now && !broken) {
      frameDeadline.armOnce(
          limits.head(),
          () -> {
            listener.observer().refused(HttpObserver.Refused.HEAD_TIMEOUT);
            channel.close();
          });
    } else {
      frameDeadline.disarm();
    }
  }

  void opened(Http2Stream stream) {
    streams.add(stream);
    listener.observer().streamOpened();
    deadline.disarm();
  }

  void closed(Http2Stream stream) {
    if (streams.remove(stream)) {
      listener.observer().streamClosed();
      idle();
    }
  }

  private void idle() {
    if (broken || !streams.isEmpty()) {
      return;
    }
    if (ending) {
      closeWhenFlushed();
    } else {
      deadline.arm(limits.idle(), this::end);
    }
  }

  /** Takes no further stream; closes when those that are open are over. */
  private void end() {
    if (!ending) {
      ending = true;
      channel.writeAndFlush(new DefaultHttp2GoAwayFrame(Http2Error.NO_ERROR));
    }
    for (Http2Stream stream : List.copyOf(streams)) {
      stream.drain();
    }
    idle();
  }

  private void closeWhenFlushed() {
    channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
    deadline.arm(limits.idle(), this::breakOff);
  }

  /** The peer sends what only an attacker or a broken client sends. */
  void flooded() {
    if (!broken) {
      channel
          .writeAndFlush(new DefaultHttp2GoAwayFrame(Http2Error.ENHANCE_YOUR_CALM))
          .addListener(ChannelFutureListener.CLOSE);
      breakSoon();
    }
  }

  /** Whether the peer reads the last word or not. */
  private void breakSoon() {
    broken = true;
    frameDeadline.disarm();
    deadline.arm(LAST_WORD, this::breakOff);
  }

  /** Past the handlers, which would first write what the peer does not read. */
  private void breakOff() {
    channel.unsafe().close(channel.unsafe().voidPromise());
  }

  @Override
  public void drainSoon() {
    loop.execute(this::end);
  }

  @Override
  public void cut() {
    channel.close();
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object frame) {
    ReferenceCountUtil.release(frame);
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    broken = true;
    deadline.disarm();
    frameDeadline.disarm();
  }

  /** After an error of the protocol the codec says so to the peer, and closes. */
  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    LOG.atDebug().addKeyValue("cause", cause.getClass().getSimpleName()).log("connection broke");
    if (Http2CodecUtil.getEmbeddedHttp2Exception(cause) == null) {
      channel.close();
    }
    breakSoon();
  }

  private final class StreamSetup extends ChannelInitializer<Channel> {
    @Override
    protected void initChannel(Channel stream) {
      stream.pipeline().addLast(new Http2Stream(Http2Connection.this, stream));
    }
  }
}

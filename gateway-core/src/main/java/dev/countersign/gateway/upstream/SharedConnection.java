// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.upstream;

import dev.countersign.gateway.http.Loop;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2EventAdapter;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.util.collection.IntObjectHashMap;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP/2 connection to a server, which many exchanges share, each with a stream of its own. No
 * call is written before the server's settings are there, so that it is known to speak HTTP/2 and
 * how many streams it takes. Confined to its loop.
 */
final class SharedConnection extends Http2EventAdapter implements Http2Leg.Events {
  /** Exchanges at once, whatever the server would take. */
  static final int STREAMS_MAX = 100;

  // Servers close connections on which much is reset; whoever cancels a lot must not take the
  // calls of others down, so such a connection gets no further ones.
  private static final int CANCELS_MAX = 100;
  private static final int LAST_STREAM_ID = 1 << 30;

  /** Told whether a connection can carry calls; one of the two comes, once. */
  interface Opening {
    void ready(SharedConnection connection);

    void failed(String detail);
  }

  private final UpstreamPool pool;
  private final Loop loop;
  private final Channel channel;
  private final SendWatch sent;
  private final String executor;
  private final Http2Leg http2;
  private final ChannelHandlerContext ctx;
  private final IntObjectHashMap<SharedStream> streams = new IntObjectHashMap<>();
  private @Nullable Opening opening;
  private Loop.@Nullable Timer timer;
  private boolean heard;
  private boolean used;
  private boolean leaving;
  private int cancels;

  /** Adds itself to a channel that is ready. */
  SharedConnection(UpstreamPool pool, Loop loop, Channel channel, SendWatch sent, Opening opening) {
    this.pool = pool;
    this.loop = loop;
    this.channel = channel;
    this.sent = sent;
    this.opening = opening;
    this.executor = ServerIdentity.of(channel, pool.endpoint());
    this.timer =
        loop.after(
            pool.limits().upstreamConnect(), () -> close("the server's settings did not come"));
    this.http2 = Http2Leg.of(this, pool.limits().headerBytesMax());
    channel.pipeline().addLast(http2);
    this.ctx = channel.pipeline().context(http2);
  }

  Channel channel() {
    return channel;
  }

  String executor() {
    return executor;
  }

  Loop loop() {
    return loop;
  }

  /** Whether another exchange fits. */
  boolean hasRoom() {
    return !leaving
        && opening == null
        && streams.size() < STREAMS_MAX
        && http2.connection().local().canOpenStream();
  }

  /** Sends on a stream of its own; only where there is room. */
  void send(PendingExchange pending) {
    int id = http2.connection().local().incrementAndGetNextStreamId();
    if (id >= LAST_STREAM_ID) {
      leave();
    }
    SharedStream stream = new SharedStream(this, id, pending, sent.moves(), used);
    used = true;
    if (streams.isEmpty()) {
      watch();
    }
    streams.put(id, stream);
    pool.streamOpened();
    stream.begin(pool.limits().upstreamHead());
    UpstreamRequest request = pending.request();
    boolean hasBody = request.body().length > 0;
    written(
        stream,
        http2
            .encoder()
            .writeHeaders(
                ctx,
                id,
                request.http2(pool.endpoint().tls() != null),
                0,
                !hasBody,
                ctx.newPromise()));
    if (hasBody && streams.get(id) == stream) {
      ByteBuf body = Unpooled.wrappedBuffer(request.body());
      written(stream, http2.encoder().writeData(ctx, id, body, 0, true, ctx.newPromise()));
    }
    http2.flush(ctx);
  }

  private void written(SharedStream stream, ChannelFuture write) {
    write.addListener(
        done -> {
          if (!done.isSuccess()) {
            stream.fail(UpstreamFailure.Kind.UNREACHABLE, "the request could not be written");
          }
        });
  }

  /** Whether nothing that was written since a reading of {@link SendWatch#moves} has left. */
  boolean nothingLeftSince(long moves) {
    return sent.moves() == moves;
  }

  void sendAgain(PendingExchange pending, UpstreamObserver.Again why, String detail) {
    pool.sendAgain(pending, why, detail);
  }

  /** Tells the server that a stream is over for us. */
  void reset(int streamId, Http2Error why) {
    if (http2.connection().stream(streamId) != null && channel.isActive()) {
      http2.resetStream(ctx, streamId, why.code(), ctx.newPromise());
      http2.flush(ctx);
    }
    if (++cancels >= CANCELS_MAX) {
      leave();
    }
  }

  /** Lets the server send as much more on a stream. */
  void taken(int streamId, int bytes) {
    Http2Stream stream = http2.connection().stream(streamId);
    if (stream == null) {
      return;
    }
    try {
      http2.connection().local().flowController().consumeBytes(stream, bytes);
      http2.flush(ctx);
    } catch (Http2Exception e) {
      http2.onError(ctx, true, e);
    }
  }

  /** Whether the request of a stream has not gone out to its end. */
  boolean stillSending(int streamId) {
    Http2Stream stream = http2.connection().stream(streamId);
    return stream != null && stream.state().localSideOpen();
  }

  /** A stream's exchange has ended; false when it had before. */
  boolean ended(SharedStream stream) {
    if (streams.get(stream.id()) != stream) {
      return false;
    }
    streams.remove(stream.id());
    pool.streamClosed();
    if (streams.isEmpty()) {
      disarm();
      if (leaving) {
        channel.close();
      } else {
        timer = loop.after(pool.limits().upstreamIdle(), this::leave);
      }
    }
    return true;
  }

  /** Takes no more exchanges, and closes when those that are under way have ended. */
  void leave() {
    leaving = true;
    pool.forget(this);
    if (streams.isEmpty()) {
      channel.close();
    }
  }

  /** Asks a server that has said nothing for a while, and has calls, whether it is there. */
  private void watch() {
    disarm();
    heard = false;
    timer = loop.after(pool.limits().keepAlive(), this::look);
  }

  private void look() {
    if (heard) {
      watch();
      return;
    }
    http2.encoder().writePing(ctx, false, 0, ctx.newPromise());
    http2.flush(ctx);
    timer =
        loop.after(
            pool.limits().upstreamConnect(),
            () -> {
              if (heard) {
                watch();
              } else {
                close("the server did not answer a ping");
              }
            });
  }

  private void close(String detail) {
    closed(UpstreamFailure.Kind.UNREACHABLE, detail);
    channel.close();
  }

  private void closed(UpstreamFailure.Kind kind, String detail) {
    leaving = true;
    disarm();
    pool.forget(this);
    Opening waiting = opening;
    opening = null;
    if (waiting != null) {
      waiting.failed(detail);
    }
    for (SharedStream stream : underWay()) {
      stream.fail(kind, detail);
    }
  }

  private List<SharedStream> underWay() {
    return new ArrayList<>(streams.values());
  }

  private void disarm() {
    if (timer != null) {
      timer.cancel();
      timer = null;
    }
  }

  @Override
  public void heard() {
    heard = true;
  }

  @Override
  public void onSettingsRead(ChannelHandlerContext context, Http2Settings settings) {
    Opening waiting = opening;
    if (waiting != null) {
      opening = null;
      disarm();
      timer = loop.after(pool.limits().upstreamIdle(), this::leave);
      waiting.ready(this);
    }
  }

  @Override
  public void onHeadersRead(
      ChannelHandlerContext context,
      int streamId,
      Http2Headers headers,
      int dependency,
      short weight,
      boolean exclusive,
      int padding,
      boolean end)
      throws Http2Exception {
    SharedStream stream = streams.get(streamId);
    if ((streamId & 1) == 0) {
      throw Http2Exception.connectionError(Http2Error.PROTOCOL_ERROR, "a stream of the server's");
    }
    if (stream != null) {
      stream.headers(headers, end);
    }
  }

  @Override
  public int onDataRead(
      ChannelHandlerContext context, int streamId, ByteBuf data, int padding, boolean end) {
    SharedStream stream = streams.get(streamId);
    return stream == null ? data.readableBytes() + padding : stream.data(data, padding, end);
  }

  @Override
  public void onRstStreamRead(ChannelHandlerContext context, int streamId, long error) {
    SharedStream stream = streams.get(streamId);
    if (stream != null) {
      stream.fail(UpstreamFailure.Kind.UNREACHABLE, "the server reset the stream");
    }
  }

  /** Streams above the last one were not and will not be looked at (RFC 9113 section 6.8). */
  @Override
  public void onGoAwayReceived(int lastStreamId, long error, ByteBuf debugData) {
    for (SharedStream stream : underWay()) {
      if (stream.id() > lastStreamId) {
        stream.notLookedAt();
      }
    }
    leave();
  }

  @Override
  public void onStreamClosed(Http2Stream closed) {
    SharedStream stream = streams.get(closed.id());
    if (stream != null) {
      stream.fail(
          UpstreamFailure.Kind.UNREACHABLE, "the connection was closed before the reply was whole");
    }
    if (!channel.isActive()) {
      closed(UpstreamFailure.Kind.UNREACHABLE, "the connection was closed");
    }
  }

  @Override
  public void streamFault(int streamId, boolean ours) {
    SharedStream stream = streams.get(streamId);
    if (stream != null) {
      stream.fail(kindOf(ours), "the stream broke the protocol");
    }
  }

  @Override
  public void connectionFault(boolean ours) {
    closed(kindOf(ours), "the connection broke the protocol");
  }

  private static UpstreamFailure.Kind kindOf(boolean ours) {
    return ours ? UpstreamFailure.Kind.UNREACHABLE : UpstreamFailure.Kind.BAD_REPLY;
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.upstream;

import dev.countersign.gateway.http.Loop;
import dev.countersign.identity.CallerKey;
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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An HTTP/2 connection to a server, which many exchanges share, each with a stream of its own. No
 * call is written before the server's settings are there, so that it is known to speak HTTP/2 and
 * how many streams it takes. Confined to its loop.
 */
final class SharedConnection extends Http2EventAdapter implements Http2Leg.Events {
  /** Exchanges at once, whatever the server would take. */
  static final int STREAMS_MAX = 100;

  private static final int LAST_STREAM_ID = 1 << 30;

  private static final Logger LOG = LoggerFactory.getLogger(SharedConnection.class);

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
  private final Liveness liveness;
  private final ChannelHandlerContext ctx;
  private final IntObjectHashMap<SharedStream> streams = new IntObjectHashMap<>();
  private final CallerShares shares = new CallerShares(System::nanoTime);
  private @Nullable Opening opening;
  private boolean used;
  private boolean leaving;

  /** Adds itself to a channel that is ready. */
  SharedConnection(UpstreamPool pool, Loop loop, Channel channel, SendWatch sent, Opening opening) {
    this.pool = pool;
    this.loop = loop;
    this.channel = channel;
    this.sent = sent;
    this.opening = opening;
    this.executor = ServerIdentity.of(channel, pool.executor());
    this.liveness = new Liveness(loop, this::ping, this::close);
    liveness.greeting(pool.limits().upstreamConnect());
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
        && shares.hasRoom()
        && http2.connection().local().canOpenStream();
  }

  /** Whether another exchange of this caller's fits. */
  boolean hasRoom(CallerKey caller) {
    return hasRoom() && shares.hasRoom(caller);
  }

  /** How many exchanges of a caller's were broken off here of late. */
  int resets(CallerKey caller) {
    return shares.resets(caller);
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
      liveness.busy(pool.limits().keepAlive(), pool.limits().upstreamConnect());
    }
    streams.put(id, stream);
    shares.began(pending.caller());
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
  void reset(SharedStream stream, Http2Error why) {
    shares.reset(stream.caller());
    if (http2.connection().stream(stream.id()) != null && channel.isActive()) {
      http2.resetStream(ctx, stream.id(), why.code(), ctx.newPromise());
      http2.flush(ctx);
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
    shares.ended(stream.caller());
    pool.streamClosed();
    if (streams.isEmpty()) {
      if (leaving) {
        liveness.stop();
        channel.close();
      } else {
        liveness.idle(pool.limits().upstreamIdle(), this::leave);
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

  private void ping() {
    http2.encoder().writePing(ctx, false, 0, ctx.newPromise());
    http2.flush(ctx);
  }

  private void close(String detail) {
    closed(UpstreamFailure.Kind.UNREACHABLE, detail);
    channel.close();
  }

  private void closed(UpstreamFailure.Kind kind, String detail) {
    leaving = true;
    liveness.stop();
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

  @Override
  public void heard() {
    liveness.heard();
  }

  @Override
  public void onSettingsRead(ChannelHandlerContext context, Http2Settings settings) {
    Opening waiting = opening;
    if (waiting != null) {
      opening = null;
      liveness.idle(pool.limits().upstreamIdle(), this::leave);
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
      try {
        stream.headers(headers, end);
      } catch (RuntimeException e) {
        throw notTaken(streamId, e);
      }
    }
  }

  @Override
  public int onDataRead(
      ChannelHandlerContext context, int streamId, ByteBuf data, int padding, boolean end)
      throws Http2Exception {
    SharedStream stream = streams.get(streamId);
    if (stream == null) {
      return data.readableBytes() + padding;
    }
    try {
      return stream.data(data, padding, end);
    } catch (RuntimeException e) {
      throw notTaken(streamId, e);
    }
  }

  /** What goes wrong with one reply must not end the others. */
  private static Http2Exception notTaken(int streamId, RuntimeException cause) {
    LOG.atError().setCause(cause).log("taking a reply failed");
    return Http2Exception.streamError(
        streamId, Http2Error.INTERNAL_ERROR, cause, "the reply could not be taken");
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
  }

  @Override
  public void gone() {
    closed(UpstreamFailure.Kind.UNREACHABLE, "the connection was closed");
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

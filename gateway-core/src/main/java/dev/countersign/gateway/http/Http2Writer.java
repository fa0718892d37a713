// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http2.DecoratingHttp2FrameWriter;
import io.netty.handler.codec.http2.DefaultHttp2FrameWriter;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Headers;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Sees every frame that goes out, because some refusals are the codec's own: counts them, and does
 * not let a client have streams reset without end. Confined to its connection's event loop.
 */
final class Http2Writer extends DecoratingHttp2FrameWriter {
  private static final String TOO_LARGE = "431";

  private final HttpObserver observer;
  private final Http2Flood flood;
  private final Supplier<String> date;
  private final Runnable flooded;
  private int tooLargeStream;

  /**
   * @param date of an answer that the codec gives by itself
   * @param flooded what to do about one reset too many
   */
  Http2Writer(HttpObserver observer, Http2Flood flood, Supplier<String> date, Runnable flooded) {
    super(new DefaultHttp2FrameWriter());
    this.observer = observer;
    this.flood = flood;
    this.date = date;
    this.flooded = flooded;
  }

  @Override
  public ChannelFuture writeData(
      ChannelHandlerContext ctx,
      int streamId,
      ByteBuf data,
      int padding,
      boolean endStream,
      ChannelPromise promise) {
    flood.sent(data.readableBytes());
    return super.writeData(ctx, streamId, data, padding, endStream, promise);
  }

  /** A header block over the limit is answered by the codec, before there is a stream. */
  @Override
  public ChannelFuture writeHeaders(
      ChannelHandlerContext ctx,
      int streamId,
      Http2Headers headers,
      int padding,
      boolean endStream,
      ChannelPromise promise) {
    Http2Headers sent = headers;
    if (TOO_LARGE.contentEquals(headers.status())) {
      tooLargeStream = streamId;
      observer.refused(HttpObserver.Refused.HEADER_BYTES);
      sent = new DefaultHttp2Headers().status(TOO_LARGE).set("date", date.get());
    }
    return super.writeHeaders(ctx, streamId, sent, padding, endStream, promise);
  }

  @Override
  public ChannelFuture writeRstStream(
      ChannelHandlerContext ctx, int streamId, long errorCode, ChannelPromise promise) {
    long code = errorCode;
    if (streamId == tooLargeStream) {
      // The client is to see the answer, not an error.
      code = Http2Error.NO_ERROR.code();
    } else {
      count(errorCode);
    }
    if (errorCode != Http2Error.NO_ERROR.code() && flood.reset()) {
      flooded.run();
    }
    return super.writeRstStream(ctx, streamId, code, promise);
  }

  @Override
  public ChannelFuture writeGoAway(
      ChannelHandlerContext ctx,
      int lastStreamId,
      long errorCode,
      ByteBuf debugData,
      ChannelPromise promise) {
    count(errorCode);
    return super.writeGoAway(ctx, lastStreamId, errorCode, debugData, promise);
  }

  private void count(long errorCode) {
    HttpObserver.Refused what = refused(Http2Error.valueOf(errorCode));
    if (what != null) {
      observer.refused(what);
    }
  }

  private static HttpObserver.@Nullable Refused refused(@Nullable Http2Error error) {
    return switch (error) {
      case PROTOCOL_ERROR, FRAME_SIZE_ERROR, FLOW_CONTROL_ERROR, COMPRESSION_ERROR ->
          HttpObserver.Refused.FRAMING;
      case REFUSED_STREAM -> HttpObserver.Refused.STREAMS;
      case ENHANCE_YOUR_CALM -> HttpObserver.Refused.FLOOD;
      case null, default -> null;
    };
  }
}

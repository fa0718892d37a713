// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.load;

import dev.countersign.bench.wire.MessageReader;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2ResetFrame;
import io.netty.handler.codec.http2.Http2SettingsFrame;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.handler.codec.http2.Http2StreamChannelBootstrap;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.util.ArrayList;
import java.util.List;

/** Room for one stream at a time on an HTTP/2 connection. */
final class Http2Slot extends Slot {
  private final Channel connection;
  private final Http2StreamChannelBootstrap streams;

  private Http2Slot(Driver driver, Channel connection) {
    super(driver);
    this.connection = connection;
    this.streams = new Http2StreamChannelBootstrap(connection);
  }

  /** Makes slots on a connection that is being opened. */
  static List<Http2Slot> open(Driver driver, Channel connection, int count) {
    List<Http2Slot> slots = new ArrayList<>();
    connection
        .pipeline()
        .addLast(
            Http2FrameCodecBuilder.forClient().validateHeaders(false).build(),
            new Http2MultiplexHandler(new ChannelInboundHandlerAdapter()),
            new ChannelInboundHandlerAdapter() {
              private boolean settled;

              @Override
              public void channelRead(ChannelHandlerContext ctx, Object frame) {
                // Streams may be opened once the other side has said how many.
                if (frame instanceof Http2SettingsFrame && !settled) {
                  settled = true;
                  slots.forEach(driver::ready);
                }
                ReferenceCountUtil.release(frame);
              }

              @Override
              public void channelInactive(ChannelHandlerContext ctx) {
                slots.forEach(Slot::lost);
              }
            });
    for (int i = 0; i < count; i++) {
      slots.add(new Http2Slot(driver, connection));
    }
    return slots;
  }

  @Override
  void write(CallKind kind, long id) {
    streams
        .handler(
            new ChannelInitializer<>() {
              @Override
              protected void initChannel(Channel channel) {
                channel.pipeline().addLast(new Answer());
              }
            })
        .open()
        .addListener(
            (Future<Http2StreamChannel> opened) -> {
              if (opened.isSuccess()) {
                write(opened.getNow(), kind, id);
              } else {
                connection.close();
              }
            });
  }

  private static void write(Http2StreamChannel stream, CallKind kind, long id) {
    Http2Headers head =
        new DefaultHttp2Headers(false)
            .method("POST")
            .scheme("http")
            .authority(kind.authority())
            .path(kind.path());
    kind.headers().forEach(head::add);
    stream.write(new DefaultHttp2HeadersFrame(head));
    ByteBuf body = stream.alloc().directBuffer(kind.bodyBytes());
    kind.writeBody(body, id);
    stream.writeAndFlush(new DefaultHttp2DataFrame(body, true));
  }

  @Override
  void close() {
    connection.close();
  }

  /** The answer on one stream. */
  private final class Answer extends ChannelInboundHandlerAdapter {
    private final byte[] kept = new byte[MessageReader.KEPT_BYTES];
    private int status;
    private int length;

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object frame) {
      boolean end = false;
      if (frame instanceof Http2HeadersFrame headers) {
        CharSequence said = headers.headers().status();
        status = said == null ? status : Integer.parseInt(said.toString());
        end = headers.isEndStream();
      } else if (frame instanceof Http2DataFrame data) {
        int taken = Math.min(data.content().readableBytes(), kept.length - length);
        data.content().readBytes(kept, length, taken);
        length += taken;
        end = data.isEndStream();
      } else if (frame instanceof Http2ResetFrame) {
        end = true;
      }
      ReferenceCountUtil.release(frame);
      if (end) {
        answered(status, kept, length);
      }
    }
  }
}

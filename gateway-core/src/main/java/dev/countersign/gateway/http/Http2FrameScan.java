// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http2.Http2CodecUtil;
import io.netty.handler.codec.http2.Http2FrameTypes;
import io.netty.util.ReferenceCountUtil;

/**
 * Reads the heads of frames before the codec does (RFC 9113 section 4.1), to stop a flood before
 * anything is answered and to see a frame or header block that does not come to its end. Keeps a
 * few numbers and no bytes; confined to its connection.
 */
final class Http2FrameScan extends ChannelInboundHandlerAdapter {
  private static final int HEAD_BYTES = 9;
  private static final int LENGTH_BYTES = 3;
  private static final int TYPE_AT = 3;
  private static final int FLAGS_AT = 4;
  private static final int END_HEADERS = 0x4;

  /** What may wait to be read by the peer; more than data alone can be, which waits elsewhere. */
  private static final long UNREAD_BYTES_MAX = 1 << 20;

  private final Http2Connection connection;
  private final Http2Flood flood;
  private int prefaceLeft = Http2CodecUtil.connectionPrefaceBuf().readableBytes();
  private int headSeen;
  private int payloadLeft;
  private byte type;
  private byte flags;
  private boolean inHeaderBlock;
  private boolean stopped;

  Http2FrameScan(Http2Connection connection, Http2Flood flood) {
    this.connection = connection;
    this.flood = flood;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (stopped || !(message instanceof ByteBuf bytes)) {
      ReferenceCountUtil.release(message);
      return;
    }
    if (scan(ctx, bytes)) {
      stopped = true;
      bytes.release();
      connection.flooded();
      return;
    }
    ctx.fireChannelRead(message);
    connection.incomplete(incomplete());
  }

  /** Data may take its time, which is that of the body. */
  private boolean incomplete() {
    boolean inFrame = headSeen > 0 && (headSeen < HEAD_BYTES || type != Http2FrameTypes.DATA);
    return inFrame || inHeaderBlock;
  }

  /** Stops at a frame that is one too many, and then returns true. */
  private boolean scan(ChannelHandlerContext ctx, ByteBuf bytes) {
    int at = bytes.readerIndex();
    int end = bytes.writerIndex();
    while (at < end) {
      if (prefaceLeft > 0) {
        int some = Math.min(prefaceLeft, end - at);
        prefaceLeft -= some;
        at += some;
      } else if (headSeen < HEAD_BYTES) {
        head(bytes.getByte(at));
        at++;
        if (headSeen == HEAD_BYTES && tooMany(ctx)) {
          return true;
        }
      } else {
        int some = Math.min(payloadLeft, end - at);
        payloadLeft -= some;
        at += some;
      }
      if (headSeen == HEAD_BYTES && payloadLeft == 0) {
        headSeen = 0;
        connection.frameCame(inHeaderBlock);
      }
    }
    return false;
  }

  private void head(byte next) {
    if (headSeen < LENGTH_BYTES) {
      payloadLeft = (headSeen == 0 ? 0 : payloadLeft << 8) | (next & 0xff);
    } else if (headSeen == TYPE_AT) {
      type = next;
    } else if (headSeen == FLAGS_AT) {
      flags = next;
    }
    headSeen++;
  }

  private boolean tooMany(ChannelHandlerContext ctx) {
    return switch (type) {
      case Http2FrameTypes.DATA -> false;
      case Http2FrameTypes.HEADERS, Http2FrameTypes.CONTINUATION -> {
        inHeaderBlock = (flags & END_HEADERS) == 0;
        yield false;
      }
      case Http2FrameTypes.WINDOW_UPDATE -> flood.windowUpdate();
      case Http2FrameTypes.RST_STREAM -> unread(ctx);
      default -> flood.control() || unread(ctx);
    };
  }

  /** Whether the peer asks for answers and does not read them. */
  private static boolean unread(ChannelHandlerContext ctx) {
    return ctx.channel().bytesBeforeWritable() > UNREAD_BYTES_MAX;
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.TooLongFrameException;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.concurrent.FastThreadLocal;
import java.util.List;
import java.util.function.IntConsumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads requests and repairs nothing. After the first fault every further byte of the connection is
 * dropped. A request without a body comes alone, without an empty last content; pieces of a body
 * are as large as what was read.
 */
final class StrictRequestDecoder extends ByteToMessageDecoder {
  private static final int LINE_BYTES_MAX = 8 << 10;
  private static final int FIRST_BYTES = 2 << 10;

  /** The head that is looked at; nothing of it stays from one look to the next. */
  private static final FastThreadLocal<byte[]> HEAD =
      new FastThreadLocal<>() {
        @Override
        protected byte[] initialValue() {
          return new byte[FIRST_BYTES];
        }
      };

  /** What the next byte belongs to. */
  private enum At {
    HEAD,
    BODY,
    CHUNK_SIZE,
    CHUNK_DATA,
    CHUNK_END,
    LAST_CHUNK_END,
    BROKEN
  }

  private final FramingScan scan = new FramingScan();
  private final IntConsumer arrived;
  private final StartedHead started;
  private final int headBytesMax;
  private final int lineBytesMax;
  private At at = At.HEAD;

  /** Of the body or of the chunk. */
  private long left;

  /**
   * @param headBytesMax request line and headers together
   * @param arrived told how many bytes came before any is looked at, so that a slow head is timed
   *     from its first byte and those count that are dropped here
   * @param holds what counts the bytes of a head that comes in pieces
   */
  StrictRequestDecoder(int headBytesMax, IntConsumer arrived, Supplier<BufferHold> holds) {
    this.headBytesMax = headBytesMax;
    this.arrived = arrived;
    this.started = new StartedHead(holds);
    this.lineBytesMax = Math.min(LINE_BYTES_MAX, headBytesMax);
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) throws Exception {
    if (message instanceof ByteBuf bytes && bytes.isReadable()) {
      arrived.accept(bytes.readableBytes());
    }
    super.channelRead(ctx, message);
  }

  @Override
  protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
    switch (at) {
      case HEAD -> head(in, out);
      case BODY -> body(in, out);
      case BROKEN -> in.skipBytes(in.readableBytes());
      default -> chunks(in, out);
    }
  }

  private void head(ByteBuf in, List<Object> out) {
    int before = started.length();
    int looked = Math.min(before + in.readableBytes(), headBytesMax + 1);
    try {
      byte[] bytes = before == 0 ? shown(in, looked) : started.add(in, looked - before);
      int length = scan.head(bytes, looked);
      if (length > headBytesMax || (length == 0 && looked > headBytesMax)) {
        throw new TooLongFrameException("the head is over the limit");
      }
      if (length > 0) {
        Http1Request request = HeadParser.parse(bytes, lineBytesMax);
        in.skipBytes(length - before);
        started.letGo();
        begin(request);
        out.add(request);
        return;
      }
      if (looked > lineBytesMax && scan.inRequestLine()) {
        throw new TooLongFrameException("the request line is over the limit");
      }
      if (before == 0) {
        started.add(in, looked);
      }
      in.skipBytes(looked - before);
    } catch (IllegalArgumentException | TooLongFrameException | StartedHead.NoRoomException fault) {
      breakOff(in);
      out.add(Http1Request.refused(fault));
    }
  }

  /** Most heads come whole: nothing is kept for those. */
  private static byte[] shown(ByteBuf in, int count) {
    byte[] bytes = HEAD.get();
    if (bytes.length < count) {
      bytes = new byte[count];
      HEAD.set(bytes);
    }
    in.getBytes(in.readerIndex(), bytes, 0, count);
    return bytes;
  }

  @Override
  protected void handlerRemoved0(ChannelHandlerContext ctx) {
    started.letGo();
  }

  private void begin(Http1Request request) {
    left = request.bodyLength();
    if (left == Http1Request.CHUNKED) {
      scan.expectChunks();
      at = At.CHUNK_SIZE;
    } else if (left == 0) {
      expectHead();
    } else {
      at = At.BODY;
    }
  }

  private void expectHead() {
    scan.expectHead();
    at = At.HEAD;
  }

  private void breakOff(ByteBuf in) {
    at = At.BROKEN;
    started.letGo();
    in.skipBytes(in.readableBytes());
  }

  private void body(ByteBuf in, List<Object> out) {
    ByteBuf piece = piece(in, in.readableBytes());
    if (left == 0) {
      expectHead();
      out.add(last(piece));
    } else {
      out.add(new DefaultHttpContent(piece));
    }
  }

  private ByteBuf piece(ByteBuf in, int available) {
    int length = (int) Math.min(left, available);
    left -= length;
    return in.readRetainedSlice(length);
  }

  private static LastHttpContent last(ByteBuf piece) {
    return new DefaultLastHttpContent(piece, EmptyHttpHeaders.INSTANCE);
  }

  private void chunks(ByteBuf in, List<Object> out) {
    String fault = scan.chunks(in);
    if (fault != null) {
      breakOff(in);
      LastHttpContent refused = last(Unpooled.EMPTY_BUFFER);
      refused.setDecoderResult(DecoderResult.failure(new IllegalArgumentException(fault)));
      out.add(refused);
      return;
    }
    int start = in.readerIndex();
    HttpContent content = chunk(in);
    scan.consumed(in.readerIndex() - start);
    if (content != null) {
      out.add(content);
    }
    if (content instanceof LastHttpContent) {
      expectHead();
    }
  }

  /** The next piece in what the scan has passed; null when there is none in it yet. */
  private @Nullable HttpContent chunk(ByteBuf in) {
    while (true) {
      switch (at) {
        case CHUNK_SIZE -> {
          if (!size(in)) {
            return null;
          }
        }
        case CHUNK_END -> {
          if (in.readableBytes() < 2) {
            return null;
          }
          in.skipBytes(2);
          at = At.CHUNK_SIZE;
        }
        case LAST_CHUNK_END -> {
          if (in.readableBytes() < 2) {
            return null;
          }
          in.skipBytes(2);
          return LastHttpContent.EMPTY_LAST_CONTENT;
        }
        default -> {
          return data(in);
        }
      }
    }
  }

  private boolean size(ByteBuf in) {
    int lineFeed = in.indexOf(in.readerIndex(), in.writerIndex(), (byte) '\n');
    if (lineFeed < 0) {
      return false;
    }
    left = 0;
    int digit;
    while ((digit = Character.digit(in.readByte(), 16)) >= 0) {
      left = 16 * left + digit;
    }
    in.readerIndex(lineFeed + 1);
    at = left == 0 ? At.LAST_CHUNK_END : At.CHUNK_DATA;
    return true;
  }

  private @Nullable HttpContent data(ByteBuf in) {
    if (!in.isReadable()) {
      return null;
    }
    HttpContent content = new DefaultHttpContent(piece(in, in.readableBytes()));
    if (left == 0) {
      at = At.CHUNK_END;
    }
    return content;
  }
}

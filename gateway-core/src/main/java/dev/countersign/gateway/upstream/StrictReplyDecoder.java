// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.upstream;

import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpResponseDecoder;
import io.netty.util.ReferenceCountUtil;
import java.util.function.BooleanSupplier;

/**
 * Netty's decoder, made stricter: a reply with both a length and chunks is refused, because whoever
 * stands between may have read it the other way, and bytes that nobody asked for close the
 * connection, because they would be taken for the beginning of the next reply.
 */
final class StrictReplyDecoder extends HttpResponseDecoder {
  private static final int LINE_BYTES_MAX = 8 << 10;
  private static final int CHUNK_BYTES_MAX = 64 << 10;

  private final BooleanSupplier asked;

  /**
   * @param asked whether a reply is expected
   */
  StrictReplyDecoder(int headerBytesMax, BooleanSupplier asked) {
    super(
        new HttpDecoderConfig()
            .setMaxInitialLineLength(LINE_BYTES_MAX)
            .setMaxHeaderSize(headerBytesMax)
            .setMaxChunkSize(CHUNK_BYTES_MAX)
            .setAllowDuplicateContentLengths(false));
    this.asked = asked;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object bytes) throws Exception {
    if (asked.getAsBoolean()) {
      super.channelRead(ctx, bytes);
    } else {
      ReferenceCountUtil.release(bytes);
      ctx.close();
    }
  }

  /** Whether there are bytes beyond the last message. */
  boolean hasSurplus() {
    return actualReadableBytes() > 0;
  }

  @Override
  protected void handleTransferEncodingChunkedWithContentLength(HttpMessage message) {
    throw new IllegalArgumentException("both a length and chunks");
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import java.util.List;

/**
 * Netty's decoder, made to refuse what it repairs. After the first fault every further byte of the
 * connection is dropped. A request without a body comes alone, without an empty last content.
 */
final class StrictRequestDecoder extends HttpRequestDecoder {
  private static final int LINE_BYTES_MAX = 8 << 10;
  private static final int CHUNK_BYTES_MAX = 16 << 10;

  private final FramingScan scan = new FramingScan();
  private boolean inBody;
  private boolean broken;

  StrictRequestDecoder(int headerBytesMax) {
    super(
        new HttpDecoderConfig()
            .setMaxInitialLineLength(Math.min(LINE_BYTES_MAX, headerBytesMax))
            .setMaxHeaderSize(headerBytesMax)
            .setMaxChunkSize(CHUNK_BYTES_MAX)
            .setAllowDuplicateContentLengths(false)
            .setStrictLineParsing(true)
            .setUseRfc9112TransferEncoding(true)
            .setValidateHeaders(true));
  }

  @Override
  protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) throws Exception {
    if (broken) {
      in.skipBytes(in.readableBytes());
      return;
    }
    String fault = scan.scan(in);
    if (fault != null) {
      refuse(in, out, fault);
      return;
    }
    int start = in.readerIndex();
    int known = out.size();
    super.decode(ctx, in, out);
    scan.consumed(in.readerIndex() - start);
    for (int i = known; i < out.size(); i++) {
      follow((HttpObject) out.get(i));
    }
    if (out.size() == known + 2 && out.get(known) instanceof HttpRequest) {
      // Nothing but the end of an empty body comes in the same step as a head.
      out.remove(known + 1);
    }
  }

  private void follow(HttpObject message) {
    if (message.decoderResult().isFailure()) {
      broken = true;
    }
    if (message instanceof HttpRequest request) {
      inBody = true;
      scan.expectBody(HttpUtil.isTransferEncodingChunked(request));
    }
    if (message instanceof LastHttpContent) {
      inBody = false;
      scan.expectHead();
    }
  }

  private void refuse(ByteBuf in, List<Object> out, String fault) {
    broken = true;
    in.skipBytes(in.readableBytes());
    HttpObject refused =
        inBody
            ? new DefaultLastHttpContent(Unpooled.EMPTY_BUFFER)
            : new DefaultHttpRequest(HttpVersion.HTTP_1_1, HttpMethod.GET, "/");
    refused.setDecoderResult(DecoderResult.failure(new IllegalArgumentException(fault)));
    out.add(refused);
  }

  @Override
  protected HttpMessage createMessage(String[] initialLine) throws Exception {
    if (!initialLine[2].startsWith("HTTP/")) {
      throw new IllegalArgumentException("not HTTP, whose name has upper-case letters");
    }
    return super.createMessage(initialLine);
  }

  @Override
  protected void handleTransferEncodingChunkedWithContentLength(HttpMessage message) {
    throw new IllegalArgumentException("both a length and chunks");
  }
}

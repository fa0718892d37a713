// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.handler.codec.http2.Http2CodecUtil;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out which HTTP a connection speaks: over TLS by what was agreed on in the handshake (ALPN),
 * without TLS by the first bytes (RFC 9113 section 3.3). Then makes way for the handlers of that.
 */
final class ProtocolChoice extends ByteToMessageDecoder implements ClientConnection {
  private static final Logger LOG = LoggerFactory.getLogger(ProtocolChoice.class);

  private final ConnectionSetup.Wanted wanted;
  private final boolean tls;
  private final ByteBuf preface = Http2CodecUtil.connectionPrefaceBuf();

  ProtocolChoice(ConnectionSetup.Wanted wanted, boolean tls) {
    this.wanted = wanted;
    this.tls = tls;
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) throws Exception {
    if (tls && event instanceof SslHandshakeCompletionEvent handshake) {
      if (handshake.isSuccess()) {
        choose(
            ApplicationProtocolNames.HTTP_2.equals(
                ctx.pipeline().get(SslHandler.class).applicationProtocol()));
      } else {
        ctx.close();
      }
    }
    super.userEventTriggered(ctx, event);
  }

  @Override
  protected void decode(ChannelHandlerContext ctx, ByteBuf in, List<Object> out) {
    int known = Math.min(in.readableBytes(), preface.readableBytes());
    boolean same = ByteBufUtil.equals(in, in.readerIndex(), preface, 0, known);
    if (!tls && (!same || known == preface.readableBytes())) {
      choose(same);
    }
  }

  /** What has been read already goes to the new handlers when this one is removed. */
  private void choose(boolean http2) {
    if (http2) {
      wanted.http2(tls);
    } else {
      wanted.http1();
    }
    wanted.channel().pipeline().remove(this);
  }

  @Override
  public void drainSoon() {
    cut();
  }

  @Override
  public void cut() {
    wanted.channel().close();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    LOG.atDebug().addKeyValue("cause", cause.getClass().getSimpleName()).log("connection broke");
    ctx.close();
  }
}

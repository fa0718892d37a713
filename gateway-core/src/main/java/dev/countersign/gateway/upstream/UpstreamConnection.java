// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.upstream;

import dev.countersign.gateway.http.Loop;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.CertificateEncodingException;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Consumer;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;

/** One connection to a server; one exchange at a time. Confined to its loop. */
final class UpstreamConnection extends ChannelInboundHandlerAdapter {
  private final UpstreamPool pool;
  private final Loop loop;
  private @Nullable ChannelHandlerContext context;
  private @Nullable PendingExchange exchange;
  private Loop.@Nullable Timer timer;
  private String executor;
  private boolean headSeen;
  private boolean reusable;
  private boolean responded;
  private boolean finished;
  private @Nullable Duration keptByServer;

  UpstreamConnection(UpstreamPool pool, Loop loop) {
    this.pool = pool;
    this.loop = loop;
    this.executor = "address:" + pool.endpoint().host() + ":" + pool.endpoint().port();
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    context = ctx;
  }

  /** What reads this connection's replies. */
  StrictReplyDecoder decoder(int headerBytesMax) {
    return new StrictReplyDecoder(headerBytesMax, () -> exchange != null || finished);
  }

  /** Runs one of the two when the TLS handshake has ended. */
  void whenSecure(Runnable secure, Consumer<String> failed) {
    SslHandler tls = ctx().pipeline().get(SslHandler.class);
    tls.handshakeFuture()
        .addListener(
            handshake -> {
              if (handshake.isSuccess()) {
                executor = certificateDigest(tls);
                secure.run();
              } else {
                failed.accept("the TLS handshake failed");
                close();
              }
            });
  }

  void send(FullHttpRequest request, PendingExchange pending) {
    exchange = pending;
    headSeen = false;
    reusable = false;
    responded = false;
    disarm();
    timer =
        loop.after(
            pool.limits().upstreamHead(),
            () -> fail(UpstreamFailure.Kind.HEAD_TIMEOUT, "no reply in time"));
    ctx()
        .writeAndFlush(request)
        .addListener(
            written -> {
              if (!written.isSuccess()) {
                fail(UpstreamFailure.Kind.UNREACHABLE, "the request could not be written");
              }
            });
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    try {
      if (exchange == null) {
        // Nobody asked: what it says now would be taken for the next call's reply.
        close();
        return;
      }
      if (message instanceof HttpResponse response) {
        head(response);
      }
      if (message instanceof HttpContent content && exchange != null) {
        content(content);
      }
    } finally {
      ReferenceCountUtil.release(message);
    }
  }

  private void head(HttpResponse response) {
    if (response.decoderResult().isFailure()) {
      fail(UpstreamFailure.Kind.BAD_REPLY, "the reply is not well-formed HTTP/1.1");
      return;
    }
    int status = response.status().code();
    if (status < 200) {
      if (status == 101) {
        fail(UpstreamFailure.Kind.BAD_REPLY, "the server changed the protocol");
      }
      return;
    }
    if (status >= 300 && status < 400) {
      // Following it would carry the call and its credential to a place nobody configured.
      fail(UpstreamFailure.Kind.BAD_REPLY, "the server answered with a redirect");
      return;
    }
    disarm();
    headSeen = true;
    reusable = HttpUtil.isKeepAlive(response);
    keptByServer = keepAliveTimeout(response.headers().get("keep-alive"));
    List<String> sessions = response.headers().getAll("mcp-session-id");
    List<String> types = response.headers().getAll(HttpHeaderNames.CONTENT_TYPE);
    if (sessions.size() > 1 || types.size() > 1) {
      fail(UpstreamFailure.Kind.BAD_REPLY, "a header that may come once was repeated");
      return;
    }
    String coding = response.headers().get(HttpHeaderNames.CONTENT_ENCODING);
    pending()
        .head(
            new ReplyHead(
                status,
                types.isEmpty() ? null : types.getFirst(),
                coding != null && !coding.equalsIgnoreCase("identity"),
                sessions.isEmpty() ? null : sessions.getFirst(),
                executor));
  }

  private void content(HttpContent content) {
    if (!headSeen) {
      return;
    }
    if (content.decoderResult().isFailure()) {
      fail(UpstreamFailure.Kind.BAD_REPLY, "the reply's body is not well framed");
      return;
    }
    ByteBuf bytes = content.content();
    if (bytes.isReadable()) {
      pending().data(ByteBufUtil.getBytes(bytes));
      if (exchange == null) {
        // Who got it broke the exchange off.
        return;
      }
    }
    if (content instanceof LastHttpContent) {
      PendingExchange done = exchange;
      exchange = null;
      responded = true;
      if (reusable && ctx().channel().isActive()) {
        ctx().channel().config().setAutoRead(true);
        finished = true;
      } else {
        close();
      }
      if (done != null) {
        done.end();
      }
    }
  }

  /**
   * Only now may another call use it: what had come with the reply, beyond its end, would otherwise
   * be taken for the reply to that call.
   */
  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    if (finished) {
      finished = false;
      if (ctx.pipeline().get(StrictReplyDecoder.class).hasSurplus()) {
        close();
      } else {
        pool.giveBack(this);
      }
    }
  }

  /** Whether it can be used at once; leaves the idle state. */
  boolean takeForUse() {
    disarm();
    return ctx().channel().isActive();
  }

  void giveBackUnused() {
    if (ctx().channel().isActive()) {
      pool.giveBack(this);
    }
  }

  void waitIdle(Duration longest) {
    Duration kept = keptByServer;
    Duration wait = kept != null && kept.compareTo(longest) < 0 ? kept : longest;
    disarm();
    timer = loop.after(wait, this::close);
  }

  void reading(boolean on) {
    ctx().channel().config().setAutoRead(on);
  }

  void close() {
    disarm();
    pool.forget(this);
    exchange = null;
    finished = false;
    ctx().close();
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    pool.forget(this);
    if (responded) {
      disarm();
    }
    fail(UpstreamFailure.Kind.UNREACHABLE, "the connection was closed before the reply was whole");
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    fail(UpstreamFailure.Kind.UNREACHABLE, "the connection broke");
  }

  private void fail(UpstreamFailure.Kind kind, String detail) {
    PendingExchange failed = exchange;
    close();
    if (failed != null) {
      failed.fail(new UpstreamFailure(kind, true, detail));
    }
  }

  private void disarm() {
    if (timer != null) {
      timer.cancel();
      timer = null;
    }
  }

  private ChannelHandlerContext ctx() {
    if (context == null) {
      throw new IllegalStateException("not in a pipeline");
    }
    return context;
  }

  private PendingExchange pending() {
    if (exchange == null) {
      throw new IllegalStateException("no exchange");
    }
    return exchange;
  }

  /**
   * What the server says it keeps an idle connection for, less a second so that we let go first;
   * writing into a connection that the server is closing would lose a call that may not be retried.
   */
  static @Nullable Duration keepAliveTimeout(@Nullable String header) {
    if (header == null) {
      return null;
    }
    for (String part : header.split(",", 8)) {
      String parameter = part.strip();
      if (parameter.regionMatches(true, 0, "timeout=", 0, 8)) {
        String seconds = parameter.substring(8);
        if (!seconds.isEmpty()
            && seconds.length() <= 6
            && seconds.chars().allMatch(c -> c >= '0' && c <= '9')) {
          return Duration.ofMillis(Math.max(0, Long.parseLong(seconds) * 1000 - 1000));
        }
      }
    }
    return null;
  }

  private static String certificateDigest(SslHandler tls) {
    try {
      byte[] leaf = tls.engine().getSession().getPeerCertificates()[0].getEncoded();
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(leaf);
      return "cert-sha256:" + HexFormat.of().formatHex(digest);
    } catch (SSLPeerUnverifiedException
        | CertificateEncodingException
        | NoSuchAlgorithmException e) {
      throw new IllegalStateException("a verified TLS peer has no certificate", e);
    }
  }
}

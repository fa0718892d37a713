// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.upstream;

import dev.countersign.gateway.http.Loop;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An HTTP/1.1 connection to a server; one exchange at a time. Confined to its loop. */
final class Http1Connection extends ChannelInboundHandlerAdapter implements Carrier {
  private final UpstreamPool pool;
  private final Loop loop;
  private final Channel channel;
  private final SendWatch sent;
  private final StrictReplyDecoder decoder;
  private final String executor;
  private @Nullable PendingExchange exchange;
  private Loop.@Nullable Timer timer;
  private long movesBefore;
  private boolean used;
  private boolean pooled;
  private boolean headSeen;
  private int interim;
  private boolean reusable;
  private boolean responded;
  private boolean finished;
  private @Nullable Duration keptByServer;

  /** Adds itself to a channel that is ready. */
  Http1Connection(UpstreamPool pool, Loop loop, Channel channel, SendWatch sent) {
    this.pool = pool;
    this.loop = loop;
    this.channel = channel;
    this.sent = sent;
    this.executor = ServerIdentity.of(channel, pool.executor());
    this.decoder =
        new StrictReplyDecoder(pool.limits().headerBytesMax(), () -> exchange != null || finished);
    channel.pipeline().addLast(decoder, this);
  }

  Channel channel() {
    return channel;
  }

  void send(PendingExchange pending) {
    pooled = used;
    used = true;
    exchange = pending;
    movesBefore = sent.moves();
    headSeen = false;
    interim = 0;
    reusable = false;
    responded = false;
    disarm();
    timer =
        loop.after(
            pool.limits().upstreamHead(),
            () -> fail(UpstreamFailure.Kind.HEAD_TIMEOUT, "no reply in time"));
    pending.on(this);
    ChannelFuture written =
        channel.writeAndFlush(
            pending.request().http1(loop.heads(), channel.alloc()), sent.promise(channel));
    if (!written.isSuccess()) {
      written.addListener(
          done -> {
            if (!done.isSuccess() && exchange == pending) {
              fail(UpstreamFailure.Kind.UNREACHABLE, "the request could not be written");
            }
          });
    }
  }

  private boolean mayHaveLeft() {
    return sent.moves() != movesBefore;
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
    List<String> sessions = response.headers().getAll("mcp-session-id");
    List<String> types = response.headers().getAll(HttpHeaderNames.CONTENT_TYPE);
    String fault =
        status < 200
            ? ReplyHeads.interimFault(status, ++interim)
            : ReplyHeads.fault(status, types, sessions);
    if (fault != null) {
      fail(UpstreamFailure.Kind.BAD_REPLY, fault);
      return;
    }
    if (status < 200) {
      return;
    }
    disarm();
    headSeen = true;
    reusable = HttpUtil.isKeepAlive(response);
    keptByServer = keepAliveTimeout(response.headers().get("keep-alive"));
    pending()
        .head(
            ReplyHeads.of(
                status,
                types,
                sessions,
                response.headers().get(HttpHeaderNames.CONTENT_ENCODING),
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
      if (reusable && channel.isActive()) {
        channel.config().setAutoRead(true);
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
      if (decoder.hasSurplus()) {
        close();
      } else {
        pool.giveBack(this);
      }
    }
  }

  void leaveIdle() {
    disarm();
  }

  void waitIdle(Duration longest) {
    Duration kept = keptByServer;
    Duration wait = kept != null && kept.compareTo(longest) < 0 ? kept : longest;
    disarm();
    timer = loop.after(wait, this::close);
  }

  @Override
  public void reading(boolean on) {
    channel.config().setAutoRead(on);
  }

  @Override
  public void cancel() {
    close();
  }

  void close() {
    disarm();
    pool.forget(this);
    exchange = null;
    finished = false;
    channel.close();
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
    boolean left = mayHaveLeft();
    // The server has nothing of it and can get nothing any more: on a connection that grew old in
    // the pool that says nothing about the server, so the call goes out on another.
    boolean stale = pooled && !left && !channel.isActive();
    close();
    if (failed == null) {
      return;
    }
    if (stale) {
      pool.sendAgain(failed, UpstreamObserver.Again.STALE, detail);
    } else {
      failed.fail(new UpstreamFailure(kind, left, detail));
    }
  }

  private void disarm() {
    if (timer != null) {
      timer.cancel();
      timer = null;
    }
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
}

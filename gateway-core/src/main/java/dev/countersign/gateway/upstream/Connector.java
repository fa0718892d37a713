// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.upstream;

import dev.countersign.gateway.http.Loop;
import dev.countersign.gateway.snapshot.LimitSettings;
import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.netty.util.ReferenceCountUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/**
 * Opens connections of one event loop to one server: name, address, TCP, TLS. The address that the
 * name gave is the one that is connected to. Confined to its loop.
 */
final class Connector {
  private final Endpoint endpoint;
  private final Loop loop;
  private final ChannelFactory<? extends SocketChannel> channels;
  private final HostResolver resolver;
  private final ByteBufAllocator buffers;

  Connector(
      Endpoint endpoint,
      Loop loop,
      ChannelFactory<? extends SocketChannel> channels,
      HostResolver resolver,
      ByteBufAllocator buffers) {
    this.endpoint = endpoint;
    this.loop = loop;
    this.channels = channels;
    this.resolver = resolver;
    this.buffers = buffers;
  }

  /** Who wants a connection; told on the loop. */
  interface Attempt {
    /** Whether there is still a call that wants it; asked before a connection is opened. */
    boolean wanted();

    /**
     * It is there and nothing was sent or read but TLS; handlers may be added. Comes at most once,
     * and then not {@link #failed}.
     *
     * @param http2 whether HTTP/2 is to be spoken on it, rather than HTTP/1.1
     */
    void ready(Channel channel, SendWatch sent, boolean http2);

    /** It will not come. */
    void failed(String detail);

    /** There is no connection any more, or there never was one; comes once in any case. */
    void gone();
  }

  void connect(LimitSettings limits, Attempt attempt) {
    loop.here(resolver.resolve(endpoint.host()))
        .whenComplete(
            (address, failure) -> {
              if (failure != null) {
                attempt.gone();
                attempt.failed("the name does not resolve");
              } else if (attempt.wanted()) {
                connectTo(address, limits, attempt);
              } else {
                attempt.gone();
              }
            });
  }

  private void connectTo(InetAddress address, LimitSettings limits, Attempt attempt) {
    boolean[] made = {false};
    int millis = (int) limits.upstreamConnect().toMillis();
    new Bootstrap()
        .group(loop.netty())
        .channelFactory(channels)
        .option(ChannelOption.TCP_NODELAY, true)
        .option(ChannelOption.ALLOCATOR, buffers)
        .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, millis)
        .handler(
            new ChannelInitializer<SocketChannel>() {
              @Override
              protected void initChannel(SocketChannel channel) {
                made[0] = true;
                channel.closeFuture().addListener(closed -> attempt.gone());
                SendWatch sent = new SendWatch();
                channel.pipeline().addLast(sent);
                if (endpoint.tls() != null) {
                  SslHandler tls =
                      endpoint.tls().newHandler(channel.alloc(), endpoint.host(), endpoint.port());
                  tls.setHandshakeTimeoutMillis(millis);
                  channel.pipeline().addLast(tls);
                }
                channel.pipeline().addLast(new Arrival(attempt, sent));
              }
            })
        .connect(new InetSocketAddress(address, endpoint.port()))
        .addListener(
            connected -> {
              if (!connected.isSuccess()) {
                // Without a file descriptor there is no channel, and the listener runs elsewhere.
                loop.execute(() -> notConnected(made[0], attempt));
              }
            });
  }

  private static void notConnected(boolean channelMade, Attempt attempt) {
    if (!channelMade) {
      attempt.gone();
    }
    attempt.failed("the connection was not made");
  }

  /** Hands a channel over when it can carry HTTP. */
  private final class Arrival extends ChannelInboundHandlerAdapter {
    private final Attempt attempt;
    private final SendWatch sent;
    private boolean over;

    Arrival(Attempt attempt, SendWatch sent) {
      this.attempt = attempt;
      this.sent = sent;
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
      if (endpoint.tls() == null) {
        arrived(ctx);
      }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
      if (event instanceof SslHandshakeCompletionEvent handshake) {
        if (handshake.isSuccess()) {
          arrived(ctx);
        } else {
          fail(ctx, "the TLS handshake failed");
        }
      }
    }

    private void arrived(ChannelHandlerContext ctx) {
      over = true;
      SslHandler tls = ctx.pipeline().get(SslHandler.class);
      boolean http2 =
          tls == null
              ? endpoint.http2()
              : ApplicationProtocolNames.HTTP_2.equals(tls.applicationProtocol());
      ctx.pipeline().remove(this);
      attempt.ready(ctx.channel(), sent, http2);
    }

    /** Whoever speaks before it was asked cannot be trusted with a call. */
    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      ReferenceCountUtil.release(message);
      fail(ctx, "the server spoke before it was asked");
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
      fail(ctx, "the connection was closed before it was ready");
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      fail(ctx, "the connection broke before it was ready");
    }

    private void fail(ChannelHandlerContext ctx, String detail) {
      if (!over) {
        over = true;
        attempt.failed(detail);
        ctx.close();
      }
    }
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.upstream;

import dev.countersign.gateway.http.EventLoops;
import dev.countersign.gateway.http.Loop;
import dev.countersign.gateway.snapshot.LimitSettings;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpRequestEncoder;
import io.netty.handler.ssl.SslHandler;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.ArrayDeque;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The connections of one event loop to one server. The one used last is used next, so that what is
 * not needed runs into its idle time. Confined to its loop.
 */
final class UpstreamPool {
  private final Endpoint endpoint;
  private final Loop loop;
  private final EventLoops loops;
  private final HostResolver resolver;
  private final UnderWay underWay;
  private final AtomicInteger openEverywhere;
  private final ArrayDeque<UpstreamConnection> idle = new ArrayDeque<>();
  private LimitSettings limits;
  private int open;
  private boolean retired;

  UpstreamPool(
      Endpoint endpoint,
      Loop loop,
      EventLoops loops,
      HostResolver resolver,
      UnderWay underWay,
      AtomicInteger openEverywhere,
      LimitSettings limits) {
    this.endpoint = endpoint;
    this.loop = loop;
    this.loops = loops;
    this.resolver = resolver;
    this.underWay = underWay;
    this.openEverywhere = openEverywhere;
    this.limits = limits;
  }

  void limits(LimitSettings newest) {
    limits = newest;
  }

  UpstreamExchange send(FullHttpRequest request, ReplyListener listener) {
    PendingExchange pending = new PendingExchange(request, listener, underWay);
    if (underWay.closed()) {
      pending.abandon();
      return pending;
    }
    UpstreamConnection pooled = takeIdle();
    if (pooled != null) {
      pending.on(pooled);
    } else if (open >= limits.upstreamConnectionsMax()) {
      pending.fail(
          new UpstreamFailure(
              UpstreamFailure.Kind.BUSY, false, "the bound on connections is reached"));
    } else {
      connect(pending);
    }
    return pending;
  }

  private @Nullable UpstreamConnection takeIdle() {
    UpstreamConnection connection;
    while ((connection = idle.pollFirst()) != null) {
      if (connection.takeForUse()) {
        return connection;
      }
    }
    return null;
  }

  private void connect(PendingExchange pending) {
    open++;
    openEverywhere.incrementAndGet();
    loop.here(resolver.resolve(endpoint.host()))
        .whenComplete(
            (address, failure) -> {
              if (failure != null) {
                gone();
                pending.fail(
                    new UpstreamFailure(
                        UpstreamFailure.Kind.UNREACHABLE, false, "the name does not resolve"));
              } else if (pending.cancelled()) {
                gone();
                pending.release();
              } else {
                connectTo(address, pending);
              }
            });
  }

  private void connectTo(InetAddress address, PendingExchange pending) {
    UpstreamConnection connection = new UpstreamConnection(this, loop);
    boolean[] made = {false};
    new Bootstrap()
        .group(loop.netty())
        .channel(loops.clientChannel())
        .option(ChannelOption.TCP_NODELAY, true)
        .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, (int) limits.upstreamConnect().toMillis())
        .handler(
            new ChannelInitializer<SocketChannel>() {
              @Override
              protected void initChannel(SocketChannel channel) {
                made[0] = true;
                channel.closeFuture().addListener(closed -> gone());
                if (endpoint.tls() != null) {
                  SslHandler tls =
                      endpoint.tls().newHandler(channel.alloc(), endpoint.host(), endpoint.port());
                  tls.setHandshakeTimeoutMillis(limits.upstreamConnect().toMillis());
                  channel.pipeline().addLast(tls);
                }
                channel
                    .pipeline()
                    .addLast(
                        new HttpRequestEncoder(),
                        connection.decoder(limits.headerBytesMax()),
                        connection);
              }
            })
        .connect(new InetSocketAddress(address, endpoint.port()))
        .addListener(
            connected -> {
              if (connected.isSuccess()) {
                connected(connection, pending);
              } else {
                // Without a file descriptor there is no channel, and the listener runs elsewhere.
                loop.execute(() -> notConnected(made[0], pending));
              }
            });
  }

  private void connected(UpstreamConnection connection, PendingExchange pending) {
    if (endpoint.tls() == null) {
      pending.on(connection);
    } else {
      connection.whenSecure(
          () -> pending.on(connection),
          detail ->
              pending.fail(new UpstreamFailure(UpstreamFailure.Kind.UNREACHABLE, false, detail)));
    }
  }

  private void notConnected(boolean channelMade, PendingExchange pending) {
    if (!channelMade) {
      gone();
    }
    pending.fail(
        new UpstreamFailure(
            UpstreamFailure.Kind.UNREACHABLE, false, "the connection was not made"));
  }

  /** Takes a connection back whose reply was whole. */
  void giveBack(UpstreamConnection connection) {
    if (retired) {
      connection.close();
    } else {
      idle.addFirst(connection);
      connection.waitIdle(limits.upstreamIdle());
    }
  }

  void forget(UpstreamConnection connection) {
    idle.remove(connection);
  }

  void retire() {
    retired = true;
    UpstreamConnection connection;
    while ((connection = idle.pollFirst()) != null) {
      connection.close();
    }
  }

  Endpoint endpoint() {
    return endpoint;
  }

  LimitSettings limits() {
    return limits;
  }

  private void gone() {
    open--;
    openEverywhere.decrementAndGet();
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.load;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.LongConsumer;

/** Makes calls on one event loop of its own, and checks every answer. */
public final class LoadGenerator implements AutoCloseable {
  private static final int STREAMS_PER_CONNECTION = 64;

  private final MultiThreadIoEventLoopGroup group =
      new MultiThreadIoEventLoopGroup(
          1, new DefaultThreadFactory("load", true), EpollIoHandler.newFactory());
  private final EventLoop loop = group.next();

  /**
   * What a load is.
   *
   * @param kinds calls, made in turn
   * @param connections calls that may be under way at a time; in HTTP/2 streams, 64 to a connection
   * @param http2 without TLS, from the first byte
   * @param perSecond calls in a second, or 0 for as many as get answers
   */
  public record Shape(List<CallKind> kinds, int connections, boolean http2, double perSecond) {
    public Shape {
      kinds = List.copyOf(kinds);
    }
  }

  /** Begins to make calls. */
  public Load start(InetSocketAddress target, Shape shape) throws IOException {
    return start(target, shape, id -> {});
  }

  /**
   * Begins to make calls.
   *
   * @param answeredIds told, on the event loop, the id of every right answer
   * @throws IOException when it cannot connect
   */
  public Load start(InetSocketAddress target, Shape shape, LongConsumer answeredIds)
      throws IOException {
    Driver driver = new Driver(loop, shape.kinds(), shape.perSecond(), answeredIds);
    List<Slot> slots = Collections.synchronizedList(new ArrayList<>());
    Bootstrap bootstrap =
        new Bootstrap()
            .group(group)
            .channel(EpollSocketChannel.class)
            .option(ChannelOption.TCP_NODELAY, true)
            .remoteAddress(target);
    List<ChannelFuture> connecting = new ArrayList<>();
    int streams = shape.http2() ? STREAMS_PER_CONNECTION : 1;
    for (int made = 0; made < shape.connections(); made += streams) {
      int here = Math.min(streams, shape.connections() - made);
      connecting.add(
          bootstrap.clone().handler(setup(driver, slots, shape.http2(), here)).connect());
    }
    for (ChannelFuture connection : connecting) {
      if (!connection.awaitUninterruptibly().isSuccess()) {
        throw new IOException("cannot connect to " + target, connection.cause());
      }
    }
    loop.execute(driver::begin);
    return new Load(loop, driver, slots);
  }

  private static ChannelInitializer<Channel> setup(
      Driver driver, List<Slot> slots, boolean http2, int streams) {
    return new ChannelInitializer<>() {
      @Override
      protected void initChannel(Channel channel) {
        if (http2) {
          slots.addAll(Http2Slot.open(driver, channel, streams));
        } else {
          slots.add(new Http1Slot(driver, channel));
        }
      }
    };
  }

  @Override
  public void close() {
    group.shutdownGracefully(0, 1, java.util.concurrent.TimeUnit.SECONDS);
  }
}

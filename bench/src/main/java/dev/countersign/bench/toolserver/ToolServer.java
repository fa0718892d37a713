// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.toolserver;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.socket.SocketChannel;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/**
 * A tool server on one event loop that does nothing but answer: it echoes the id of every call, as
 * JSON or as a stream, at once or after a while. {@code GET /counts} says what it has seen.
 */
public final class ToolServer {
  private ToolServer() {}

  /** Serves on a free loopback port, prints it, and runs until it is killed. */
  public static void main(String[] arguments) throws InterruptedException {
    int tools = arguments.length > 0 ? Integer.parseInt(arguments[0]) : 10;
    Answers answers = new Answers(tools);
    Counts counts = new Counts();
    var group = new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
    var bound =
        new ServerBootstrap()
            .group(group)
            .channel(EpollServerSocketChannel.class)
            .option(ChannelOption.SO_BACKLOG, 4096)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childHandler(
                new ChannelInitializer<SocketChannel>() {
                  @Override
                  protected void initChannel(SocketChannel channel) {
                    channel.pipeline().addLast(new ToolConnection(answers, counts));
                  }
                })
            .bind(InetAddress.getLoopbackAddress(), 0)
            .sync()
            .channel();
    System.out.println("listening on " + ((InetSocketAddress) bound.localAddress()).getPort());
    bound.closeFuture().sync();
  }
}

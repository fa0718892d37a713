// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.EventLoop;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.ServerSocketChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.util.ResourceLeakDetector;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.EventExecutor;
import java.time.Duration;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/**
 * The gateway's event loops: native epoll where its library loads, else NIO. Every client
 * connection and every upstream connection lives on one of them.
 */
public final class EventLoops implements AutoCloseable {
  static {
    if (ResourceLeakDetector.getLevel() == ResourceLeakDetector.Level.SIMPLE) {
      // What nobody asked for takes a stack trace of every hundredth buffer or so.
      ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.DISABLED);
    }
  }

  private static final int PAGE_BYTES = 8 << 10;

  /** How often a page is doubled for what buffers are cut from: 1 MiB. */
  private static final int CHUNK_ORDER = 7;

  private final MultiThreadIoEventLoopGroup group;
  private final ByteBufAllocator buffers;
  private final List<Loop> loops;
  private final boolean epoll;

  /** Starts {@code count} loops, 1 to 64, on the best transport there is. */
  public EventLoops(int count) {
    this(count, true);
  }

  /**
   * Starts loops.
   *
   * @param count 1 to 64
   * @param nativeTransport whether to use epoll where it is available, rather than NIO
   */
  public EventLoops(int count, boolean nativeTransport) {
    this.epoll = nativeTransport && Epoll.isAvailable();
    IoHandlerFactory handlers = epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
    IdentityHashMap<Object, LoopTurns> turns = new IdentityHashMap<>();
    this.group =
        new MultiThreadIoEventLoopGroup(
            count,
            new DefaultThreadFactory("countersign-loop", true),
            executor -> {
              LoopTurns ofOne = new LoopTurns(handlers.newHandler(executor), System::nanoTime);
              turns.put(executor, ofOne);
              return ofOne;
            });
    // Netty's default shares its pool between loops when the heap is small, and has none for
    // bodies.
    this.buffers =
        new PooledByteBufAllocator(
            true,
            0,
            count,
            PAGE_BYTES,
            CHUNK_ORDER,
            PooledByteBufAllocator.defaultSmallCacheSize(),
            PooledByteBufAllocator.defaultNormalCacheSize(),
            false);
    List<Loop> made = new ArrayList<>(count);
    for (EventExecutor executor : group) {
      LoopTurns ofOne = Objects.requireNonNull(turns.get(executor));
      made.add(new Loop((EventLoop) executor, made.size(), System::nanoTime, ofOne));
    }
    this.loops = List.copyOf(made);
  }

  /** All loops, by index. */
  public List<Loop> loops() {
    return loops;
  }

  /** The name of the transport in use: epoll or nio. */
  public String transport() {
    return epoll ? "epoll" : "nio";
  }

  Loop loopOf(EventLoop eventLoop) {
    for (Loop loop : loops) {
      if (loop.netty() == eventLoop) {
        return loop;
      }
    }
    throw new IllegalArgumentException("not a loop of this gateway");
  }

  /** Where connections have their buffers from; each loop has a pool of its own. */
  public ByteBufAllocator buffers() {
    return buffers;
  }

  MultiThreadIoEventLoopGroup group() {
    return group;
  }

  Class<? extends ServerSocketChannel> serverChannel() {
    return epoll ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
  }

  /** The kind of channel that upstream connections are. */
  public Class<? extends SocketChannel> clientChannel() {
    return epoll ? EpollSocketChannel.class : NioSocketChannel.class;
  }

  /** Stops the loops within two seconds; connections must have been closed before. */
  @Override
  public void close() {
    group
        .shutdownGracefully(0, Duration.ofSeconds(2).toMillis(), TimeUnit.MILLISECONDS)
        .awaitUninterruptibly();
  }
}

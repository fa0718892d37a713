// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.http.HttpResponseEncoder;
import io.netty.handler.ssl.SslContext;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A listening socket and the connections it accepted.
 *
 * <p>Bind, then {@link #drain}, then {@link #close}; a listener that was closed is not started
 * again. Limits and the TLS context are asked for at each accepted connection, so a reload reaches
 * new connections.
 */
public final class HttpListener implements AutoCloseable {
  private static final DateTimeFormatter DATE =
      DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  private final EventLoops loops;
  private final Supplier<HttpLimits> limits;
  private final Supplier<@Nullable SslContext> tls;
  private final RequestHandler handler;
  private final HttpObserver observer;
  private final InstantSource clock;
  private final BufferBudget budget;
  private final BufferBudget strangers;
  private final Set<Connection> connections = ConcurrentHashMap.newKeySet();
  private final AtomicInteger open = new AtomicInteger();
  private volatile boolean draining;
  private volatile Second second = new Second(0, "");
  private @Nullable Channel channel;

  /** The {@code Date} header of one second. */
  private record Second(long epoch, String text) {}

  public HttpListener(
      EventLoops loops,
      Supplier<HttpLimits> limits,
      ServerTls tls,
      RequestHandler handler,
      HttpObserver observer,
      InstantSource clock,
      BufferBudget budget) {
    this.loops = loops;
    this.limits = limits;
    this.tls = tls::context;
    this.handler = handler;
    this.observer = observer;
    this.clock = clock;
    this.budget = budget;
    this.strangers = budget.share(() -> {});
  }

  /** For one exchange; counted as a stranger's until its caller is known. */
  BufferHold newHold() {
    return new BufferHold(budget, strangers);
  }

  /**
   * Binds and begins to accept.
   *
   * @return the bound address; names the port when 0 was asked for
   * @throws IOException when the address is taken or not ours
   */
  public InetSocketAddress bind(InetSocketAddress address) throws IOException {
    ServerBootstrap bootstrap =
        new ServerBootstrap()
            .group(loops.group())
            .channel(loops.serverChannel())
            .option(ChannelOption.SO_BACKLOG, 1024)
            .option(ChannelOption.SO_REUSEADDR, true)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childOption(
                ChannelOption.WRITE_BUFFER_WATER_MARK,
                new WriteBufferWaterMark(64 << 10, 256 << 10))
            .childHandler(new Initializer());
    var bound = bootstrap.bind(address).awaitUninterruptibly();
    if (!bound.isSuccess()) {
      Throwable cause = bound.cause();
      throw new IOException(
          "cannot listen on "
              + address.getHostString()
              + ":"
              + address.getPort()
              + ": "
              + (cause == null ? "unknown" : cause.getMessage()),
          cause);
    }
    Channel listening = bound.channel();
    channel = listening;
    return (InetSocketAddress) listening.localAddress();
  }

  /**
   * Stops accepting, lets open exchanges finish for at most {@code grace}, then cuts what is left.
   * Blocks the caller; not to be called on an event loop.
   *
   * @return connections that had to be cut
   */
  public int drain(Duration grace) throws InterruptedException {
    draining = true;
    Channel listening = channel;
    if (listening != null) {
      listening.close().awaitUninterruptibly();
    }
    for (Connection connection : connections) {
      connection.drainSoon();
    }
    long deadline = System.nanoTime() + grace.toNanos();
    while (open.get() > 0 && System.nanoTime() < deadline) {
      TimeUnit.MILLISECONDS.sleep(10);
    }
    int cut = open.get();
    for (Connection connection : connections) {
      connection.cut();
    }
    return cut;
  }

  /** Stops accepting and cuts every connection. */
  @Override
  public void close() {
    draining = true;
    Channel listening = channel;
    if (listening != null) {
      listening.close().awaitUninterruptibly();
    }
    connections.forEach(Connection::cut);
  }

  /** Open connections. */
  public int connections() {
    return open.get();
  }

  boolean draining() {
    return draining;
  }

  RequestHandler handler() {
    return handler;
  }

  HttpObserver observer() {
    return observer;
  }

  /** RFC 9110 section 5.6.7; formatted once a second. */
  String date() {
    Instant now = clock.instant();
    Second cached = second;
    if (cached.epoch != now.getEpochSecond()) {
      cached = new Second(now.getEpochSecond(), DATE.format(now));
      second = cached;
    }
    return cached.text;
  }

  private final class Initializer extends ChannelInitializer<SocketChannel> {
    @Override
    protected void initChannel(SocketChannel accepted) {
      HttpLimits bounds = limits.get();
      if (open.incrementAndGet() > bounds.connectionsMax() || draining) {
        open.decrementAndGet();
        observer.refused(HttpObserver.Refused.CONNECTIONS);
        accepted.close();
        return;
      }
      observer.opened();
      Connection connection =
          new Connection(HttpListener.this, loops.loopOf(accepted.eventLoop()), bounds, accepted);
      connections.add(connection);
      accepted
          .closeFuture()
          .addListener(
              closed -> {
                connections.remove(connection);
                open.decrementAndGet();
                observer.closed();
              });
      SslContext context = tls.get();
      if (context != null) {
        accepted.pipeline().addLast(context.newHandler(accepted.alloc()));
      }
      accepted
          .pipeline()
          .addLast(
              new FirstByte(connection),
              new StrictRequestDecoder(bounds.headerBytesMax()),
              new HttpResponseEncoder(),
              connection);
    }
  }

  /** Sees bytes before the decoder does, so that a slow head is timed from its first byte. */
  private static final class FirstByte extends ChannelInboundHandlerAdapter {
    private final Connection connection;

    FirstByte(Connection connection) {
      this.connection = connection;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      if (message instanceof ByteBuf bytes && bytes.isReadable()) {
        connection.bytesArrived();
      }
      ctx.fireChannelRead(message);
    }
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.handler.ssl.SslContext;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
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

  /** What an HTTP/1.1 connection and the exchange on it keep in the heap, bodies apart. */
  private static final int CONNECTION_BYTES = 8 << 10;

  /** What the codec of HTTP/2 keeps beside that, with a client's full table of headers. */
  private static final int HTTP2_BYTES = 16 << 10;

  /** What one more stream and its exchange keep. */
  private static final int STREAM_BYTES = 8 << 10;

  private final EventLoops loops;
  private final Supplier<HttpLimits> limits;
  private final Supplier<@Nullable SslContext> tls;
  private final RequestHandler handler;
  private final HttpObserver observer;
  private final InstantSource clock;
  private final BufferBudget budget;
  private final BufferBudget strangers;
  private final BufferBudget room;
  private final BufferBudget streamRoom;
  private final ConcurrentMap<Channel, ClientConnection> connections = new ConcurrentHashMap<>();
  private final AtomicInteger open = new AtomicInteger();
  private volatile boolean draining;
  private volatile Second second = new Second(0, "");
  private volatile @Nullable HttpLimits sharedLimits;
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
    this(loops, limits, tls, handler, observer, clock, budget, HttpListener::roomBytes);
  }

  /**
   * @param roomBytes what open connections may take of the heap; streams may take three eighths as
   *     much, apart from that, so that those of a few connections do not keep all others out
   */
  HttpListener(
      EventLoops loops,
      Supplier<HttpLimits> limits,
      ServerTls tls,
      RequestHandler handler,
      HttpObserver observer,
      InstantSource clock,
      BufferBudget budget,
      LongSupplier roomBytes) {
    this.loops = loops;
    this.limits = limits;
    this.tls = tls::context;
    this.handler = handler;
    this.observer = observer;
    this.clock = clock;
    this.budget = budget;
    this.strangers = budget.share(() -> {});
    this.room = new BufferBudget(roomBytes);
    this.streamRoom = new BufferBudget(() -> roomBytes.getAsLong() / 8 * 3);
  }

  /** A quarter is for what is buffered, and the rest for everything else. */
  private static long roomBytes() {
    return Runtime.getRuntime().maxMemory() / 5 * 2;
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
            .childOption(ChannelOption.ALLOCATOR, loops.buffers())
            .childOption(
                ChannelOption.WRITE_BUFFER_WATER_MARK,
                new WriteBufferWaterMark(64 << 10, 256 << 10))
            .childHandler(new ConnectionSetup(this));
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
    for (ClientConnection connection : connections.values()) {
      connection.drainSoon();
    }
    long deadline = System.nanoTime() + grace.toNanos();
    while (open.get() > 0 && System.nanoTime() < deadline) {
      TimeUnit.MILLISECONDS.sleep(10);
    }
    int cut = open.get();
    for (ClientConnection connection : connections.values()) {
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
    connections.values().forEach(ClientConnection::cut);
  }

  /** Open connections. */
  public int connections() {
    return open.get();
  }

  /** Takes a connection into account, or closes it when there are too many. */
  boolean admit(Channel accepted, HttpLimits bounds) {
    boolean fits = room.take(CONNECTION_BYTES);
    if (open.incrementAndGet() > bounds.connectionsMax() || draining || !fits) {
      open.decrementAndGet();
      if (fits) {
        room.give(CONNECTION_BYTES);
      }
      observer.refused(HttpObserver.Refused.CONNECTIONS);
      accepted.close();
      return false;
    }
    observer.opened();
    accepted
        .closeFuture()
        .addListener(
            closed -> {
              connections.remove(accepted);
              open.decrementAndGet();
              room.give(CONNECTION_BYTES);
              observer.closed();
            });
    return true;
  }

  /** Takes into account that a connection is one of HTTP/2, or closes it. */
  boolean admitHttp2(Channel accepted) {
    if (!room.take(HTTP2_BYTES)) {
      observer.refused(HttpObserver.Refused.CONNECTIONS);
      accepted.close();
      return false;
    }
    accepted.closeFuture().addListener(closed -> room.give(HTTP2_BYTES));
    return true;
  }

  /** Takes a stream of HTTP/2 into account; false when it has to be refused. */
  boolean admitStream(Channel stream) {
    if (!streamRoom.take(STREAM_BYTES)) {
      return false;
    }
    stream.closeFuture().addListener(closed -> streamRoom.give(STREAM_BYTES));
    return true;
  }

  /** Who answers for a connection from now on. */
  void use(Channel accepted, ClientConnection connection) {
    connections.put(accepted, connection);
    if (!accepted.isOpen()) {
      connections.remove(accepted);
    } else if (draining) {
      connection.drainSoon();
    }
  }

  /** One value for all connections, until it changes. */
  HttpLimits limits() {
    HttpLimits newest = limits.get();
    HttpLimits known = sharedLimits;
    if (known != null && known.equals(newest)) {
      return known;
    }
    sharedLimits = newest;
    return newest;
  }

  @Nullable SslContext tls() {
    return tls.get();
  }

  Loop loopOf(Channel accepted) {
    return loops.loopOf(accepted.eventLoop());
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
    long now = Math.floorDiv(clock.millis(), 1000L);
    Second cached = second;
    if (cached.epoch != now) {
      cached = new Second(now, DATE.format(Instant.ofEpochSecond(now)));
      second = cached;
    }
    return cached.text;
  }
}

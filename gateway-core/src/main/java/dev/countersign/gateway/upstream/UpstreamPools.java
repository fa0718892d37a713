// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.upstream;

import dev.countersign.gateway.http.EventLoops;
import dev.countersign.gateway.http.Loop;
import dev.countersign.gateway.snapshot.LimitSettings;
import io.netty.channel.ChannelFactory;
import io.netty.channel.ReflectiveChannelFactory;
import io.netty.channel.socket.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * All upstream connections: per event loop and endpoint one pool, which only that loop touches, so
 * there is nothing to lock.
 */
public final class UpstreamPools implements AutoCloseable {
  private static final Duration CLOSE_TIME_MAX = Duration.ofSeconds(2);

  private final EventLoops loops;
  private final UpstreamObserver observer;
  private final ChannelFactory<? extends SocketChannel> channels;
  private final HostResolver resolver = new HostResolver();
  private final List<Map<Endpoint, UpstreamPool>> byLoop;
  private final List<UnderWay> underWay;
  private final OpenCounts counts = new OpenCounts();

  /**
   * Opens nothing yet.
   *
   * @param loops those that calls run on; have to outlive this
   * @param observer what counts
   */
  public UpstreamPools(EventLoops loops, UpstreamObserver observer) {
    this(loops, observer, new ReflectiveChannelFactory<>(loops.clientChannel()));
  }

  UpstreamPools(
      EventLoops loops,
      UpstreamObserver observer,
      ChannelFactory<? extends SocketChannel> channels) {
    this.loops = loops;
    this.channels = channels;
    this.observer = observer;
    List<Map<Endpoint, UpstreamPool>> made = new ArrayList<>();
    loops.loops().forEach(loop -> made.add(new HashMap<>()));
    this.byLoop = List.copyOf(made);
    this.underWay = loops.loops().stream().map(loop -> new UnderWay()).toList();
  }

  UpstreamPool pool(Loop loop, Endpoint endpoint, LimitSettings limits) {
    Map<Endpoint, UpstreamPool> pools = byLoop.get(loop.index());
    UpstreamPool pool = pools.get(endpoint);
    if (pool == null) {
      pool =
          new UpstreamPool(
              endpoint,
              loop,
              new Connector(endpoint, loop, channels, resolver, loops.buffers()),
              underWay.get(loop.index()),
              counts,
              observer,
              limits);
      pools.put(endpoint, pool);
    }
    pool.limits(limits);
    return pool;
  }

  /** Drops the idle connections of servers that the newest settings no longer use. */
  public void retain(Set<Upstream> current) {
    Set<Endpoint> wanted = new HashSet<>();
    for (Upstream upstream : current) {
      if (upstream instanceof HttpUpstream http) {
        wanted.add(http.endpoint());
      }
    }
    for (Loop loop : loops.loops()) {
      loop.execute(
          () ->
              byLoop
                  .get(loop.index())
                  .entrySet()
                  .removeIf(
                      entry -> {
                        if (wanted.contains(entry.getKey())) {
                          return false;
                        }
                        entry.getValue().retire();
                        return true;
                      }));
    }
  }

  /** Open connections to servers. */
  public int connections() {
    return counts.connections().get();
  }

  /** Exchanges under way on connections that are shared. */
  public int streams() {
    return counts.streams().get();
  }

  /**
   * Closes every connection. A call that still waits for its reply is told that it failed before
   * this returns, so that its end can be recorded. Blocks; not for event loops.
   */
  @Override
  public void close() {
    retain(Set.of());
    CompletableFuture<?>[] ended =
        loops.loops().stream()
            .map(loop -> CompletableFuture.runAsync(underWay.get(loop.index())::close, loop))
            .toArray(CompletableFuture<?>[]::new);
    CompletableFuture.allOf(ended)
        .completeOnTimeout(null, CLOSE_TIME_MAX.toMillis(), TimeUnit.MILLISECONDS)
        .join();
    resolver.close();
  }
}

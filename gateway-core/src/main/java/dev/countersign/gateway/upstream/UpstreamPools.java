// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.upstream;

import dev.countersign.gateway.http.EventLoops;
import dev.countersign.gateway.http.Loop;
import dev.countersign.gateway.snapshot.LimitSettings;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * All upstream connections: per event loop and endpoint one pool, which only that loop touches, so
 * there is nothing to lock.
 */
public final class UpstreamPools implements AutoCloseable {
  private final EventLoops loops;
  private final HostResolver resolver = new HostResolver();
  private final List<Map<Endpoint, UpstreamPool>> byLoop;
  private final AtomicInteger open = new AtomicInteger();

  public UpstreamPools(EventLoops loops) {
    this.loops = loops;
    List<Map<Endpoint, UpstreamPool>> made = new ArrayList<>();
    loops.loops().forEach(loop -> made.add(new HashMap<>()));
    this.byLoop = List.copyOf(made);
  }

  UpstreamPool pool(Loop loop, Endpoint endpoint, LimitSettings limits) {
    UpstreamPool pool =
        byLoop
            .get(loop.index())
            .computeIfAbsent(
                endpoint, key -> new UpstreamPool(key, loop, loops, resolver, open, limits));
    pool.limits(limits);
    return pool;
  }

  /** Drops the idle connections of servers that the newest settings no longer use. */
  public void retain(Set<Upstream> current) {
    Set<Endpoint> wanted = new java.util.HashSet<>();
    current.forEach(upstream -> wanted.add(upstream.endpoint()));
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
    return open.get();
  }

  /** Closes idle connections; those in use end with their calls. */
  @Override
  public void close() {
    retain(Set.of());
    resolver.close();
  }
}

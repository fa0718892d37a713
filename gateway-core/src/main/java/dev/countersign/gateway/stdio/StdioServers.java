// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.stdio;

import dev.countersign.gateway.snapshot.LimitSettings;
import dev.countersign.gateway.upstream.Upstream;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * All programs that run for servers. They outlive the snapshots: one whose command stays as it was
 * is not disturbed by new settings. Any thread.
 */
public final class StdioServers implements AutoCloseable {
  private static final Duration KILL_TIME = Duration.ofSeconds(2);
  private static final Duration LOOK_INTERVAL = Duration.ofMillis(20);

  private final StdioObserver observer;
  private final ServerProcess.Graces graces;
  private final Map<Key, StdioServer> servers = new ConcurrentHashMap<>();

  private record Key(String name, Command command) {}

  public StdioServers(StdioObserver observer) {
    this(observer, ServerProcess.Graces.DEFAULT);
  }

  StdioServers(StdioObserver observer, ServerProcess.Graces graces) {
    this.observer = observer;
    this.graces = graces;
  }

  /** Prepares the way to a server; starts nothing. */
  public Upstream to(String name, Command command, LimitSettings limits) {
    StdioServer server =
        servers.computeIfAbsent(
            new Key(name, command),
            key -> new StdioServer(name, command, limits, observer, graces));
    server.limits(limits);
    return new StdioUpstream(server);
  }

  /** Ends the programs of servers that the newest settings do not have, or have otherwise. */
  public void retain(Set<Upstream> current) {
    Set<StdioServer> wanted = new HashSet<>();
    for (Upstream upstream : current) {
      if (upstream instanceof StdioUpstream stdio) {
        wanted.add(stdio.server());
      }
    }
    servers
        .values()
        .removeIf(
            server -> {
              if (wanted.contains(server)) {
                return false;
              }
              server.close();
              return true;
            });
  }

  /** Ends what nobody has used for long; called more often than that. */
  public void sweep() {
    servers.values().forEach(StdioServer::sweep);
  }

  /** Programs that run, and those that are being ended. */
  public int processes() {
    return servers.values().stream().mapToInt(StdioServer::size).sum();
  }

  /**
   * Ends every program, in order as far as it lets itself be. A call that still waits is told
   * before this returns. Blocks; not for event loops.
   */
  @Override
  public void close() {
    List<StdioServer> all = List.copyOf(servers.values());
    all.forEach(StdioServer::close);
    Duration orderly = graces.input().plus(graces.term()).plus(KILL_TIME);
    if (!awaitNone(all, orderly)) {
      all.forEach(StdioServer::kill);
      awaitNone(all, KILL_TIME);
    }
    servers.clear();
  }

  private static boolean awaitNone(List<StdioServer> all, Duration time) {
    long until = System.nanoTime() + time.toNanos();
    try {
      while (all.stream().anyMatch(server -> server.size() > 0)) {
        if (System.nanoTime() - until > 0) {
          return false;
        }
        Thread.sleep(LOOK_INTERVAL);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
    return true;
  }
}

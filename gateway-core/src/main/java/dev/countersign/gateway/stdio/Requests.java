// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.stdio;

import dev.countersign.gateway.upstream.PresentedExchange;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The requests under way with one program by the id it knows them by, and the open streams. */
final class Requests {
  private final Map<Long, Pending> pending = new LinkedHashMap<>();
  private final List<PresentedExchange> streams = new ArrayList<>();
  private long lastId;
  private long usedNanos = System.nanoTime();
  private boolean closed;

  /** What was under way at the end. */
  record Left(List<Pending> pending, List<PresentedExchange> streams) {}

  /** Takes a request in; 0 when none are taken any more, else its id. */
  synchronized long add(Pending request) {
    if (closed) {
      return 0;
    }
    usedNanos = System.nanoTime();
    lastId++;
    pending.put(lastId, request);
    return lastId;
  }

  /** Takes a stream in, unless none are taken any more. */
  synchronized boolean add(PresentedExchange stream) {
    if (closed) {
      return false;
    }
    streams.add(stream);
    return true;
  }

  /** Takes a request out. */
  synchronized @Nullable Pending take(long id) {
    usedNanos = System.nanoTime();
    return pending.remove(id);
  }

  /** Takes out what belongs to an exchange; the id of its request, 0 when there is none. */
  synchronized long take(PresentedExchange exchange) {
    streams.remove(exchange);
    for (Map.Entry<Long, Pending> one : pending.entrySet()) {
      if (one.getValue() instanceof Pending.Forwarded forwarded
          && forwarded.exchange() == exchange) {
        usedNanos = System.nanoTime();
        pending.remove(one.getKey());
        return one.getKey();
      }
    }
    return 0;
  }

  /** A caller's request, or null. */
  synchronized Pending.@Nullable Forwarded forwarded(long id) {
    return pending.get(id) instanceof Pending.Forwarded forwarded ? forwarded : null;
  }

  /** The only request under way, if it is a caller's. */
  synchronized Pending.@Nullable Forwarded only() {
    return pending.size() == 1 ? oldest() : null;
  }

  /** The caller's request that is under way for longest. */
  synchronized Pending.@Nullable Forwarded oldest() {
    for (Pending one : pending.values()) {
      if (one instanceof Pending.Forwarded forwarded) {
        return forwarded;
      }
    }
    return null;
  }

  /** The open streams, in the order of their opening. */
  synchronized List<PresentedExchange> streams() {
    return List.copyOf(streams);
  }

  /** Whether nothing is under way, and nothing was for so long. */
  synchronized boolean idleFor(long nanos) {
    return pending.isEmpty() && streams.isEmpty() && System.nanoTime() - usedNanos >= nanos;
  }

  /** Takes nothing more, and gives out what there is. */
  synchronized Left close() {
    closed = true;
    Left left = new Left(List.copyOf(pending.values()), List.copyOf(streams));
    pending.clear();
    streams.clear();
    return left;
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.httpsse;

import dev.countersign.gateway.jsonrpc.RpcId;
import dev.countersign.gateway.upstream.PresentedExchange;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is under way in one session: requests by the id that the server knows them by, which is used
 * once, and streams for what belongs to none of them. Any thread.
 */
final class Calls {
  private final Map<Long, Pending> pending = new LinkedHashMap<>();
  private final List<PresentedExchange> streams = new ArrayList<>();
  private long lastId;
  private boolean closed;

  /**
   * A request that has no answer.
   *
   * @param id the client's
   * @param rawId the same as its client wrote it
   * @param progressToken as its client wrote it, or null when it wants no progress
   */
  record Pending(
      PresentedExchange exchange, RpcId id, byte[] rawId, byte @Nullable [] progressToken) {}

  /** Takes a request in; 0 when the session is over, else its id. */
  synchronized long add(Pending request) {
    if (closed) {
      return 0;
    }
    lastId++;
    pending.put(lastId, request);
    return lastId;
  }

  /** Takes a stream in, unless the session is over. */
  synchronized boolean add(PresentedExchange stream) {
    return !closed && streams.add(stream);
  }

  /** Takes the request of this id out, or null when it has its answer or nobody waits for it. */
  synchronized @Nullable Pending take(long id) {
    return pending.remove(id);
  }

  /** Nobody waits for this reply any more. */
  synchronized void remove(PresentedExchange exchange) {
    streams.remove(exchange);
    pending.values().removeIf(one -> one.exchange == exchange);
  }

  /** The request of this id, or null. */
  synchronized @Nullable Pending find(long id) {
    return pending.get(id);
  }

  /** What the server knows a client's request by; 0 when nobody waits for it any more. */
  synchronized long idOf(@Nullable RpcId clients) {
    for (Map.Entry<Long, Pending> one : pending.entrySet()) {
      if (one.getValue().id.equals(clients)) {
        return one.getKey();
      }
    }
    return 0;
  }

  /**
   * To which reply a message belongs that does not say so: the only call under way, else the newest
   * stream; null when there is neither.
   *
   * @param insist for questions, which must reach somebody: else the oldest call
   */
  synchronized @Nullable PresentedExchange owner(boolean insist) {
    PresentedExchange oldest =
        pending.isEmpty() ? null : pending.values().iterator().next().exchange;
    if (pending.size() == 1 || (streams.isEmpty() && insist)) {
      return oldest;
    }
    return streams.isEmpty() ? null : streams.getLast();
  }

  /** Takes nothing more, and gives out what there is. */
  synchronized List<PresentedExchange> close() {
    closed = true;
    List<PresentedExchange> left = new ArrayList<>(streams);
    pending.values().forEach(one -> left.add(one.exchange));
    pending.clear();
    streams.clear();
    return left;
  }
}

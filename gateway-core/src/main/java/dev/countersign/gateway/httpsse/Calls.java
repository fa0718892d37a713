// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.httpsse;

import dev.countersign.gateway.jsonrpc.RpcId;
import dev.countersign.gateway.upstream.PresentedExchange;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is under way in one session: requests by their id, which a client may use once, and streams
 * for what belongs to none of them. Any thread.
 */
final class Calls {
  /**
   * Answers that may still come, though nobody waits for them; of more the oldest are forgotten.
   */
  private static final int ABANDONED_MAX = 1024;

  private final Map<RpcId, Pending> pending = new LinkedHashMap<>();
  private final LinkedHashSet<RpcId> abandoned = new LinkedHashSet<>();
  private final List<PresentedExchange> streams = new ArrayList<>();
  private boolean closed;

  /** A request that has no answer, and the token for its progress as its client wrote it. */
  private record Pending(PresentedExchange exchange, byte @Nullable [] progressToken) {}

  /** Whether a request was taken in. */
  enum Taken {
    YES,
    /** The answer to another one of this id may still come. */
    ID_IN_USE,
    /** The session is over. */
    CLOSED
  }

  synchronized Taken add(RpcId id, PresentedExchange exchange, byte @Nullable [] progressToken) {
    if (closed) {
      return Taken.CLOSED;
    }
    if (abandoned.contains(id)) {
      return Taken.ID_IN_USE;
    }
    boolean first = pending.putIfAbsent(id, new Pending(exchange, progressToken)) == null;
    return first ? Taken.YES : Taken.ID_IN_USE;
  }

  /** Takes a stream in, unless the session is over. */
  synchronized boolean add(PresentedExchange stream) {
    return !closed && streams.add(stream);
  }

  synchronized void remove(PresentedExchange stream) {
    streams.remove(stream);
  }

  /** Takes out the request of this id, or null. */
  synchronized @Nullable PresentedExchange take(@Nullable RpcId id) {
    Pending taken = id == null ? null : pending.remove(id);
    if (taken == null && id != null) {
      abandoned.remove(id);
    }
    return taken == null ? null : taken.exchange;
  }

  /** Nobody waits for the answer to this request any more. */
  synchronized void abandon(RpcId id) {
    if (pending.remove(id) != null && abandoned.add(id) && abandoned.size() > ABANDONED_MAX) {
      abandoned.remove(abandoned.getFirst());
    }
  }

  /** Whose progress a token is about, or null. */
  synchronized @Nullable PresentedExchange byProgress(byte[] token) {
    for (Pending one : pending.values()) {
      if (one.progressToken != null && Arrays.equals(one.progressToken, token)) {
        return one.exchange;
      }
    }
    return null;
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

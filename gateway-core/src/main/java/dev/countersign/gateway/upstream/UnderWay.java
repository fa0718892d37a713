// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.upstream;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

/** The exchanges of one event loop that have no end yet. Confined to its loop. */
final class UnderWay {
  private final Set<PendingExchange> exchanges = Collections.newSetFromMap(new IdentityHashMap<>());
  private boolean closed;

  void began(PendingExchange exchange) {
    exchanges.add(exchange);
  }

  void ended(PendingExchange exchange) {
    exchanges.remove(exchange);
  }

  boolean closed() {
    return closed;
  }

  /** Ends all of them, and takes no more. */
  void close() {
    closed = true;
    List.copyOf(exchanges).forEach(PendingExchange::abandon);
  }
}

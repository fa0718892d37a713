// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.audit;

import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Calls whose outcome the log could not take. Added by any thread, taken by the log's own.
 *
 * <p>Bounded: beyond that a call stays open until the next start, which closes it.
 */
final class LostOutcomes {
  private final int max;
  private final ConcurrentLinkedQueue<String> callIds = new ConcurrentLinkedQueue<>();
  private final AtomicInteger count = new AtomicInteger();

  LostOutcomes(int max) {
    this.max = max;
  }

  void add(String callId) {
    if (count.incrementAndGet() > max) {
      count.decrementAndGet();
    } else {
      callIds.add(callId);
    }
  }

  boolean isEmpty() {
    return callIds.isEmpty();
  }

  @Nullable String peek() {
    return callIds.peek();
  }

  void removeFirst() {
    if (callIds.poll() != null) {
      count.decrementAndGet();
    }
  }
}

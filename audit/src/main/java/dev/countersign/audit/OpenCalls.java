// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.audit;

import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Decisions that wait for their outcome. Changes belong to the group under construction until it is
 * committed, and go back with it when it fails.
 *
 * <p>Confined to the log's thread, but for {@link #count}.
 */
final class OpenCalls {
  private final Map<String, Long> seqs;
  private final ArrayDeque<Change> changes = new ArrayDeque<>();
  private volatile int count;

  /**
   * @param before the decision that waited before the change, or null for none
   */
  private record Change(String callId, @Nullable Long before) {}

  OpenCalls(Map<String, Long> seqs) {
    this.seqs = new HashMap<>(seqs);
    this.count = seqs.size();
  }

  boolean waits(String callId) {
    return seqs.containsKey(callId);
  }

  void open(String callId, long seq) {
    changes.push(new Change(callId, seqs.put(callId, seq)));
  }

  void close(String callId) {
    changes.push(new Change(callId, seqs.remove(callId)));
  }

  void commit() {
    changes.clear();
    count = seqs.size();
  }

  void rollBack() {
    Change change;
    while ((change = changes.poll()) != null) {
      Long before = change.before();
      if (before == null) {
        seqs.remove(change.callId());
      } else {
        seqs.put(change.callId(), before);
      }
    }
  }

  /** The oldest decision that waits; looked for only when a segment begins. */
  long lowestSeq(long otherwise) {
    return seqs.values().stream().mapToLong(Long::longValue).min().orElse(otherwise);
  }

  /** How many waited at the last commit. Any thread. */
  int count() {
    return count;
  }
}

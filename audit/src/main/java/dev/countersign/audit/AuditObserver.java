// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.audit;

/**
 * What the log tells its metrics. Called on the log's own thread, where every receipt waits: must
 * not block, and what it throws is ignored.
 */
public interface AuditObserver {
  /** Counts nothing. */
  AuditObserver NONE =
      new AuditObserver() {
        @Override
        public void committed(int leaves, long bytes, long syncNanos) {}

        @Override
        public void unavailable(String reason) {}

        @Override
        public void available() {}
      };

  /**
   * A group of leaves became durable.
   *
   * @param syncNanos what writing and syncing it took
   */
  void committed(int leaves, long bytes, long syncNanos);

  /** From now on nothing can be recorded; called once for each outage. */
  void unavailable(String reason);

  /** The outage is over. */
  void available();
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.audit;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The leaves that are going to share a sync, in the writer's buffer.
 *
 * <p>Outcomes alone are in no hurry: nobody waits for them, and the calls that they end are on
 * record. They are written at once, so that no killed process takes them along, and synced with the
 * next leaf that somebody waits for, or soon.
 *
 * <p>Confined to the log's thread.
 */
final class Group {
  private static final int LEAVES_MAX = 4096;
  private static final long OUTCOME_WAITS_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  private final LeafWriter writer;
  private final List<Waiting> leaves = new ArrayList<>();
  private boolean awaited;
  private long dueAt;

  Group(LeafWriter writer) {
    this.writer = writer;
  }

  boolean hasRoom() {
    return leaves.size() < LEAVES_MAX && writer.hasRoom();
  }

  /**
   * Adds a leaf; there must be room.
   *
   * @throws AuditUnavailableException when it cannot become part of the log
   */
  void add(Waiting waiting) throws AuditUnavailableException {
    try {
      waiting.placed(writer.add(waiting.leaf()));
    } catch (RuntimeException e) {
      // A leaf that has no form is the bug of whoever made it, and no reason to lose the others.
      throw new AuditUnavailableException("a leaf has no form: " + e);
    }
    leaves.add(waiting);
    awaited |= !(waiting.leaf() instanceof OutcomeLeaf);
  }

  /** Whether there is anything to sync, the log's own leaves included. */
  boolean isEmpty() {
    return writer.groupLeaves() == 0;
  }

  /** Whether its sync must not wait. */
  boolean isDue() {
    return !isEmpty() && (awaited || !hasRoom() || (dueAt != 0 && waitNanos() <= 0));
  }

  /** From now on the sync may wait so long and no longer. */
  void mayWait() {
    if (dueAt == 0) {
      dueAt = (System.nanoTime() + OUTCOME_WAITS_NANOS) | 1;
    }
  }

  /** How long the sync may still wait. */
  long waitNanos() {
    return dueAt - System.nanoTime();
  }

  /** What it held, which is now settled; it is empty afterwards. */
  List<Waiting> take() {
    List<Waiting> settled = List.copyOf(leaves);
    leaves.clear();
    awaited = false;
    dueAt = 0;
    return settled;
  }
}

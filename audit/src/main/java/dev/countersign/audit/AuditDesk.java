// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.audit;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One event loop's entrance to the log. What the loop adds in a turn is handed over together at the
 * turn's end, so that the log is woken once and syncs once for all of it; and all receipts of a
 * group are told in one task of the loop. Nothing waits longer than for the turn in which it was
 * added, and a long turn hands over in parts.
 *
 * <p>Any thread, but made for the loop's: what others add takes the way through the loop, which
 * keeps the order.
 */
public final class AuditDesk {
  /** So many leaves are worth a sync of their own. */
  private static final int GATHERED_MAX = 16;

  private final Committer committer;
  private final Executor loop;
  private final BooleanSupplier onLoop;
  private final Queue<AuditReceipt> arrived = new ConcurrentLinkedQueue<>();

  // Of the loop's thread alone.
  private final List<Waiting> gathered = new ArrayList<>(GATHERED_MAX);
  private boolean handOverDue;

  AuditDesk(Committer committer, Executor loop, BooleanSupplier onLoop) {
    this.committer = committer;
    this.loop = loop;
    this.onLoop = onLoop;
  }

  /** As {@link AuditLog#append}. */
  public AuditReceipt append(Leaf leaf) throws AuditUnavailableException {
    Waiting waiting = committer.admit(leaf, this);
    if (onLoop.getAsBoolean()) {
      gather(waiting);
    } else if (!onLoopLater(() -> gather(waiting))) {
      committer.take(List.of(waiting));
    }
    return waiting.receipt();
  }

  private void gather(Waiting waiting) {
    gathered.add(waiting);
    if (gathered.size() >= GATHERED_MAX) {
      handOver();
    } else if (!handOverDue) {
      // A loop runs what it is given amid a turn when it has read from all connections.
      handOverDue = onLoopLater(this::endTurn);
      if (!handOverDue) {
        handOver();
      }
    }
  }

  private void endTurn() {
    handOverDue = false;
    handOver();
  }

  private void handOver() {
    committer.take(gathered);
    gathered.clear();
  }

  /** An outcome is going to be given up: the log must know its decision by then. */
  void handOverFirst() {
    if (onLoop.getAsBoolean()) {
      handOver();
    }
  }

  private boolean onLoopLater(Runnable task) {
    try {
      loop.execute(task);
      return true;
    } catch (RejectedExecutionException e) {
      return false;
    }
  }

  /** Somebody waits to be told of a receipt; {@link #tell} follows. */
  void arrived(AuditReceipt receipt) {
    arrived.add(receipt);
  }

  /** Has the loop told of all that arrived. */
  void tell() {
    if (!arrived.isEmpty() && !onLoopLater(this::tellArrived)) {
      // The loop has ended, and nothing else runs on it.
      tellArrived();
    }
  }

  private void tellArrived() {
    @Nullable RuntimeException first = null;
    AuditReceipt receipt;
    while ((receipt = arrived.poll()) != null) {
      try {
        receipt.tell();
      } catch (RuntimeException failure) {
        // Whoever waits behind it waits for a call.
        first = first == null ? failure : first;
      }
    }
    if (first != null) {
      throw first;
    }
  }
}

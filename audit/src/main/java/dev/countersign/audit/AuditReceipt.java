// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.audit;

import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Proof that a leaf was taken by the log, and later that it is durable. Only the log makes one.
 *
 * <p>Any thread. Whoever waits for it is told on the log's own thread, or, when the leaf was added
 * at an {@link AuditDesk}, on the desk's loop; either must not be blocked.
 */
public final class AuditReceipt {
  private final String callId;
  private final @Nullable AuditDesk desk;
  // Apart from the future, which anybody who holds it could complete.
  private volatile @Nullable LeafPosition position;

  // Under this lock. Who asks late finds what happened, who asks early is told.
  private @Nullable AuditUnavailableException failure;
  private @Nullable CompletableFuture<LeafPosition> durable;
  private @Nullable Runnable lost;

  AuditReceipt(String callId, @Nullable AuditDesk desk) {
    this.callId = callId;
    this.desk = desk;
  }

  /** The call whose record it is; empty for leaves that belong to no call. */
  public String callId() {
    return callId;
  }

  /** Whether the leaf is on disk. */
  public boolean isDurable() {
    return position != null;
  }

  /**
   * Completes once the leaf is on disk, exceptionally with {@link AuditUnavailableException} when
   * the log gave it up.
   */
  public synchronized CompletableFuture<LeafPosition> durable() {
    if (durable == null) {
      durable = new CompletableFuture<>();
      complete(durable, position, failure);
    }
    return durable;
  }

  /** Runs a task when the log gives the leaf up, at once when it did already; at most one task. */
  public void ifLost(Runnable task) {
    synchronized (this) {
      if (failure == null) {
        lost = task;
        return;
      }
    }
    task.run();
  }

  void committed(LeafPosition at) {
    boolean awaited;
    synchronized (this) {
      position = at;
      awaited = durable != null;
    }
    if (awaited) {
      arrived();
    }
  }

  void failed(AuditUnavailableException why) {
    boolean awaited;
    synchronized (this) {
      failure = why;
      awaited = durable != null || lost != null;
    }
    if (awaited) {
      arrived();
    }
  }

  private void arrived() {
    if (desk == null) {
      tell();
    } else {
      desk.arrived(this);
    }
  }

  /** Tells who waits. */
  void tell() {
    CompletableFuture<LeafPosition> waiting;
    AuditUnavailableException why;
    Runnable task;
    synchronized (this) {
      waiting = durable;
      why = failure;
      task = lost;
    }
    if (waiting != null) {
      complete(waiting, position, why);
    }
    if (why != null && task != null) {
      task.run();
    }
  }

  private static void complete(
      CompletableFuture<LeafPosition> future,
      @Nullable LeafPosition at,
      @Nullable AuditUnavailableException why) {
    if (at != null) {
      future.complete(at);
    } else if (why != null) {
      future.completeExceptionally(why);
    }
  }
}

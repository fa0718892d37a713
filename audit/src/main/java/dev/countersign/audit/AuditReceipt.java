// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.audit;

import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Proof that a leaf was taken by the log, and later that it is durable. Only the log makes one.
 *
 * <p>Any thread.
 */
public final class AuditReceipt {
  private final String callId;
  private final CompletableFuture<LeafPosition> durable = new CompletableFuture<>();
  // Apart from the future, which anybody who holds it could complete.
  private volatile @Nullable LeafPosition position;

  AuditReceipt(String callId) {
    this.callId = callId;
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
   * Completes on the log's own thread once the leaf is on disk, exceptionally with {@link
   * AuditUnavailableException} when the log gave it up. What is chained to it must not block.
   */
  public CompletableFuture<LeafPosition> durable() {
    return durable;
  }

  void committed(LeafPosition at) {
    position = at;
    durable.complete(at);
  }

  void failed(AuditUnavailableException why) {
    durable.completeExceptionally(why);
  }
}

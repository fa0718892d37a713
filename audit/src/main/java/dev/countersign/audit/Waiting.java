// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.audit;

import org.jspecify.annotations.Nullable;

/** A leaf between the queue and the disk. Made by any thread, changed by the log's own only. */
final class Waiting {
  private final Leaf leaf;
  private final AuditReceipt receipt;
  private @Nullable LeafPosition position;

  Waiting(Leaf leaf, AuditReceipt receipt) {
    this.leaf = leaf;
    this.receipt = receipt;
  }

  Leaf leaf() {
    return leaf;
  }

  AuditReceipt receipt() {
    return receipt;
  }

  /** It became part of a group, which may still fail. */
  void placed(LeafPosition at) {
    position = at;
  }

  /** Its group is durable. */
  void committed() {
    LeafPosition at = position;
    if (at != null) {
      receipt.committed(at);
    }
  }

  void failed(AuditUnavailableException why) {
    receipt.failed(why);
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.snapshot;

import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/** The one reference to what is in force; swapped whole. Any thread. */
public final class SnapshotHolder {
  private final AtomicReference<@Nullable Snapshot> current = new AtomicReference<>();

  /** What is in force, or null before the first snapshot is. */
  public @Nullable Snapshot current() {
    return current.get();
  }

  /** Puts a snapshot in force. */
  public @Nullable Snapshot swap(Snapshot next) {
    return current.getAndSet(next);
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.sseclient;

import java.time.Duration;

/**
 * How long a client has read nothing of what waits for it, as seen from time to time; a slow one
 * reads something in between. Confined to its loop.
 */
final class UnreadTime {
  private final long nanosMax;
  private boolean behind;
  private long sinceNanos;

  /**
   * @param max what is too long
   */
  UnreadTime(Duration max) {
    this.nanosMax = max.toNanos();
  }

  /** It has read what waited. */
  void caughtUp() {
    behind = false;
  }

  /**
   * Looks at it.
   *
   * @param waits whether something waits for it
   * @param nowNanos on the clock of {@link System#nanoTime}
   */
  boolean isTooLong(boolean waits, long nowNanos) {
    if (waits && !behind) {
      sinceNanos = nowNanos;
    }
    behind = waits;
    return waits && nowNanos - sinceNanos >= nanosMax;
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.stdio;

import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * When a program that keeps failing may be started again: at once after its first failure, then
 * after pauses that double, and after too many failures in a row not for a good while. Any thread.
 */
final class BackOff {
  /** So many failures in a row are met with growing pauses; then comes the long one. */
  static final int FAILURES_MAX = 10;

  private static final Duration FIRST = Duration.ofMillis(500);
  private static final Duration LONGEST = Duration.ofSeconds(30);
  private static final Duration REST = Duration.ofMinutes(5);

  private final LongSupplier nanoTime;
  private int failures;
  private long notBefore;

  /**
   * @param nanoTime the clock, as {@link System#nanoTime}
   */
  BackOff(LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
    this.notBefore = nanoTime.getAsLong();
  }

  /** Whether it may be started now. */
  synchronized boolean mayStart() {
    return nanoTime.getAsLong() - notBefore >= 0;
  }

  /** It did not start, or ended without having served. */
  synchronized void failed() {
    failures++;
    notBefore = nanoTime.getAsLong() + pause(failures).toNanos();
  }

  /** It serves. */
  synchronized void served() {
    failures = 0;
  }

  static Duration pause(int failures) {
    if (failures <= 1) {
      return Duration.ZERO;
    }
    if (failures > FAILURES_MAX) {
      return REST;
    }
    Duration doubled = FIRST.multipliedBy(1L << (failures - 2));
    return doubled.compareTo(LONGEST) < 0 ? doubled : LONGEST;
  }
}

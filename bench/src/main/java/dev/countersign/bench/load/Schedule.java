// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.load;

/**
 * When calls are due: by a clock that does not wait for answers, so that a slow answer makes the
 * following calls late instead of rare.
 *
 * @param startNanos when the first is due
 * @param perSecond calls in a second
 */
record Schedule(long startNanos, double perSecond) {
  private static final double NANOS = 1e9;

  /** When a call is due, counted from 0. */
  long intended(long call) {
    return startNanos + (long) (call * NANOS / perSecond);
  }

  /** How many calls are due by a time. */
  long due(long nanos) {
    long elapsed = nanos - startNanos;
    if (elapsed < 0) {
      return 0;
    }
    long estimate = (long) (elapsed * perSecond / NANOS) + 2;
    while (estimate > 0 && intended(estimate - 1) > nanos) {
      estimate--;
    }
    return estimate;
  }
}

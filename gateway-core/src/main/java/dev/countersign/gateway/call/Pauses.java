// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import java.time.Duration;

/**
 * When a server that failed may be tried again: after a second, and after pauses that double up to
 * a minute. Any thread.
 */
final class Pauses {
  private static final Duration FIRST = Duration.ofSeconds(1);
  private static final Duration LONGEST = Duration.ofMinutes(1);
  private static final int DOUBLINGS_MAX = 6;

  private int failures;
  private long notBefore;

  /** Whether it may be tried now. */
  synchronized boolean over() {
    return failures == 0 || System.nanoTime() - notBefore >= 0;
  }

  /** It failed. */
  synchronized void failed() {
    Duration doubled = FIRST.multipliedBy(1L << Math.min(failures, DOUBLINGS_MAX));
    failures++;
    notBefore = System.nanoTime() + (doubled.compareTo(LONGEST) < 0 ? doubled : LONGEST).toNanos();
  }

  /** There is no reason to wait any more. */
  synchronized void reset() {
    failures = 0;
  }
}

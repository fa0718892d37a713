// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.e2e;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/** Waits for what another process does. */
final class Await {
  private static final Duration TIME = Duration.ofSeconds(15);
  private static final Duration PAUSE = Duration.ofMillis(10);

  private Await() {}

  /** Waits until it holds, fifteen seconds at most. */
  static void until(String what, Callable<Boolean> holds) {
    until(TIME, () -> what, holds);
  }

  /** Waits for so long at most; what for is asked when it was in vain. */
  static void until(Duration time, Supplier<String> what, Callable<Boolean> holds) {
    long end = System.nanoTime() + time.toNanos();
    try {
      while (!holds.call()) {
        if (System.nanoTime() > end) {
          throw new AssertionError("waited in vain for " + what.get());
        }
        LockSupport.parkNanos(PAUSE.toNanos());
      }
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new AssertionError("while waiting for " + what.get(), e);
    }
  }
}

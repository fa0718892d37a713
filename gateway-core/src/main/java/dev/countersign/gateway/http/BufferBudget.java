// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * A bound on what many exchanges together keep in memory of bodies and answers, so that requests
 * that are each within their limits cannot add up to more than there is. Any thread.
 */
public final class BufferBudget {
  /** What buffers may take of the heap where nothing else was said. */
  private static final long QUARTER = Runtime.getRuntime().maxMemory() / 4;

  private final LongSupplier bytesMax;
  private final Runnable whenEmpty;
  private final AtomicLong used = new AtomicLong();

  /**
   * @param bytesMax read at each taking; 0 means a quarter of the heap
   */
  public BufferBudget(LongSupplier bytesMax) {
    this(bytesMax, () -> {});
  }

  private BufferBudget(LongSupplier bytesMax, Runnable whenEmpty) {
    this.bytesMax = bytesMax;
    this.whenEmpty = whenEmpty;
  }

  /**
   * A budget within this one, of half its size, for one of many that share it.
   *
   * @param whenEmpty runs, on whichever thread, each time the last of it has been given back
   */
  public BufferBudget share(Runnable whenEmpty) {
    return new BufferBudget(() -> max() / 2, whenEmpty);
  }

  /** Bytes taken and not given back. */
  public long used() {
    return used.get();
  }

  /** Takes some, or nothing when so much is not left. */
  boolean take(long bytes) {
    if (used.addAndGet(bytes) <= max()) {
      return true;
    }
    used.addAndGet(-bytes);
    return false;
  }

  void give(long bytes) {
    if (bytes > 0 && used.addAndGet(-bytes) == 0) {
      whenEmpty.run();
    }
  }

  private long max() {
    long wanted = bytesMax.getAsLong();
    return wanted > 0 ? wanted : QUARTER;
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.audit;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** An observer that tests can wait for. */
final class WatchedOutages implements AuditObserver {
  final List<String> reasons = new CopyOnWriteArrayList<>();
  final AtomicLong leaves = new AtomicLong();
  final AtomicLong bytes = new AtomicLong();
  private final Semaphore began = new Semaphore(0);
  private final Semaphore ended = new Semaphore(0);

  @Override
  public void committed(int count, long size, long syncNanos) {
    leaves.addAndGet(count);
    bytes.addAndGet(size);
  }

  @Override
  public void unavailable(String reason) {
    reasons.add(reason);
    began.release();
  }

  @Override
  public void available() {
    ended.release();
  }

  void awaitBegin() throws InterruptedException {
    if (!began.tryAcquire(20, TimeUnit.SECONDS)) {
      throw new AssertionError("the log did not become unavailable");
    }
  }

  void awaitEnd() throws InterruptedException {
    if (!ended.tryAcquire(20, TimeUnit.SECONDS)) {
      throw new AssertionError("the log did not become available again");
    }
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.work;

import dev.countersign.gateway.error.Reason;
import dev.countersign.gateway.error.RefusedException;
import dev.countersign.gateway.http.Loop;
import dev.countersign.gateway.work.WorkObserver.Refused;
import dev.countersign.identity.CallerKey;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Reads, scans and digests large messages on a few threads of its own, so that other calls of the
 * event loop do not wait for them. Small ones are worked on where they are: a hand-over would cost
 * more. Callers take turns, and none can take all of the room ({@link FairQueue}).
 *
 * <p>Any thread. What is handed in must touch nothing that belongs to a call's loop.
 */
public final class WorkPool implements AutoCloseable {
  /** Messages up to this many bytes take no longer than the loop can spare, some 100 µs. */
  public static final int INLINE_BYTES_MAX = 64 << 10;

  private static final int THREADS_MAX = 4;
  private static final int IDLE_SECONDS_MAX = 60;
  private static final int WAITING_NEW_MAX = 256;
  private static final int WAITING_UNDER_WAY_MAX = 512;

  private final FairQueue waiting;
  private final WorkObserver observer;
  private final ThreadPoolExecutor pool;

  /** A pool for half of the processors, with room for 768 messages that wait. */
  public WorkPool(WorkObserver observer) {
    this(
        Math.clamp(Runtime.getRuntime().availableProcessors() / 2, 1, THREADS_MAX),
        WAITING_NEW_MAX,
        WAITING_UNDER_WAY_MAX,
        observer);
  }

  WorkPool(int threads, int newMax, int underWayMax, WorkObserver observer) {
    this.waiting = new FairQueue(newMax, underWayMax);
    this.observer = observer;
    // Its own queue holds only that something waits, once for each message of the fair one.
    this.pool =
        new ThreadPoolExecutor(
            threads,
            threads,
            IDLE_SECONDS_MAX,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            Thread.ofPlatform().daemon().name("countersign-work-", 1).factory());
    pool.allowCoreThreadTimeOut(true);
  }

  /**
   * Works on a message that nothing has been done about yet.
   *
   * @param caller whose message it is
   * @param bytes how large the message is
   * @param loop where the result is wanted; this is called on it
   * @return fails with {@link Reason#OVERLOADED} when the caller has had its share of the room
   */
  public <T> CompletableFuture<T> forNew(CallerKey caller, int bytes, Loop loop, Supplier<T> work) {
    return run(Refused.NEW, caller, bytes, loop, work);
  }

  /**
   * As {@link #forNew}, for what a call needs that has gone on from there. New messages take none
   * of its room.
   */
  public <T> CompletableFuture<T> forUnderWay(
      CallerKey caller, int bytes, Loop loop, Supplier<T> work) {
    return run(Refused.UNDER_WAY, caller, bytes, loop, work);
  }

  private <T> CompletableFuture<T> run(
      Refused kind, CallerKey caller, int bytes, Loop loop, Supplier<T> work) {
    if (bytes <= INLINE_BYTES_MAX) {
      try {
        return CompletableFuture.completedFuture(work.get());
      } catch (RuntimeException e) {
        return CompletableFuture.failedFuture(e);
      }
    }
    try {
      return loop.here(CompletableFuture.supplyAsync(work, task -> enqueue(kind, caller, task)));
    } catch (RejectedExecutionException e) {
      observer.refused(kind);
      return CompletableFuture.failedFuture(RefusedException.of(Reason.OVERLOADED));
    }
  }

  private void enqueue(Refused kind, CallerKey caller, Runnable task) {
    if (!waiting.add(kind, caller, task)) {
      throw new RejectedExecutionException("no room");
    }
    pool.execute(() -> waiting.take().run());
  }

  /** How many messages wait for a thread. */
  public int waiting() {
    return waiting.size();
  }

  /** Drops what waits; the calls that it was for must have been ended before. */
  @Override
  public void close() {
    pool.shutdownNow();
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.work;

import dev.countersign.gateway.error.Reason;
import dev.countersign.gateway.error.RefusedException;
import dev.countersign.gateway.http.Loop;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/**
 * Reads, scans and digests large messages on a few threads of its own, so that other calls of the
 * event loop do not wait for them. Small ones are worked on where they are: a hand-over would cost
 * more.
 *
 * <p>Any thread. What is handed in must touch nothing that belongs to a call's loop.
 */
public final class WorkPool implements AutoCloseable {
  /** Messages up to this many bytes take no longer than the loop can spare, some 100 µs. */
  public static final int INLINE_BYTES_MAX = 64 << 10;

  private static final int THREADS_MAX = 4;
  private static final int IDLE_SECONDS_MAX = 60;

  private final BlockingQueue<Runnable> waiting;
  private final int waitingNewMax;
  private final ThreadPoolExecutor pool;

  /** A pool for half of the processors, with room for 256 messages that wait. */
  public WorkPool() {
    this(Math.clamp(Runtime.getRuntime().availableProcessors() / 2, 1, THREADS_MAX), 256);
  }

  WorkPool(int threads, int waitingMax) {
    this.waiting = new ArrayBlockingQueue<>(waitingMax);
    this.waitingNewMax = waitingMax / 2;
    this.pool =
        new ThreadPoolExecutor(
            threads,
            threads,
            IDLE_SECONDS_MAX,
            TimeUnit.SECONDS,
            waiting,
            Thread.ofPlatform().daemon().name("countersign-work-", 1).factory());
    pool.allowCoreThreadTimeOut(true);
  }

  /**
   * Works on a message that nothing has been done about yet. Only half of the room is for these, so
   * that calls under way can be brought to their end.
   *
   * @param bytes how large the message is
   * @param loop where the result is wanted; this is called on it
   * @return fails with {@link Reason#OVERLOADED} when there is no room
   */
  public <T> CompletableFuture<T> forNew(int bytes, Loop loop, Supplier<T> work) {
    return bytes > INLINE_BYTES_MAX && waiting.size() >= waitingNewMax
        ? noRoom()
        : forUnderWay(bytes, loop, work);
  }

  /** As {@link #forNew}, for what a call needs that has gone on from there. */
  public <T> CompletableFuture<T> forUnderWay(int bytes, Loop loop, Supplier<T> work) {
    if (bytes <= INLINE_BYTES_MAX) {
      try {
        return CompletableFuture.completedFuture(work.get());
      } catch (RuntimeException e) {
        return CompletableFuture.failedFuture(e);
      }
    }
    try {
      return loop.here(CompletableFuture.supplyAsync(work, pool));
    } catch (RejectedExecutionException e) {
      return noRoom();
    }
  }

  /** How many messages wait for a thread. */
  public int waiting() {
    return waiting.size();
  }

  private static <T> CompletableFuture<T> noRoom() {
    return CompletableFuture.failedFuture(RefusedException.of(Reason.OVERLOADED));
  }

  /** Drops what waits; the calls that it was for must have been ended before. */
  @Override
  public void close() {
    pool.shutdownNow();
  }
}

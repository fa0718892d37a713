// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * One event loop, as the packages that know nothing of Netty see it. A call stays on the loop of
 * its client's connection, upstream leg included.
 */
public final class Loop implements Executor {
  private static final Duration LONGEST = Duration.ofDays(366);

  /** What is to happen sooner is seldom taken back. */
  private static final long SHORTEST_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

  private final EventLoop netty;
  private final int index;
  private final LoopTimers timers;
  private final Turns turns;
  private final HeadBytes heads = new HeadBytes();

  /**
   * @param nanos the clock of the event loop, such as {@link System#nanoTime}
   */
  Loop(EventLoop netty, int index, LongSupplier nanos, Turns turns) {
    this.netty = netty;
    this.turns = turns;
    this.index = index;
    this.timers = new LoopTimers(netty, nanos);
  }

  /** Position among the gateway's loops, from 0; names what belongs to one loop alone. */
  public int index() {
    return index;
  }

  /** Whether whoever asks runs on this loop. */
  public boolean isCurrent() {
    return netty.inEventLoop();
  }

  /** For the upstream leg only. */
  public EventLoop netty() {
    return netty;
  }

  /** Its turns, for use on it. */
  public Turns turns() {
    return turns;
  }

  /** Writes heads, one after another; for the two legs only. */
  public HeadBytes heads() {
    return heads;
  }

  @Override
  public void execute(Runnable task) {
    netty.execute(task);
  }

  /**
   * The same result, but what is chained to it runs on this loop. A result that is there already is
   * returned as it is, so the fast path hands nothing over.
   */
  public <T> CompletableFuture<T> here(CompletableFuture<T> result) {
    if (result.isDone()) {
      return result;
    }
    CompletableFuture<T> onLoop = new CompletableFuture<>();
    result.whenComplete(
        (value, failure) ->
            netty.execute(
                () -> {
                  if (failure == null) {
                    onLoop.complete(value);
                  } else {
                    onLoop.completeExceptionally(failure);
                  }
                }));
    return onLoop;
  }

  /** Runs a task on this loop after a delay, unless it is cancelled before. */
  public Timer after(Duration delay, Runnable task) {
    // A year is as good as for ever, and more than some 292 would not fit.
    Duration bounded = delay.compareTo(LONGEST) < 0 ? delay : LONGEST;
    long delayNanos = bounded.toNanos();
    if (delayNanos >= SHORTEST_NANOS && netty.inEventLoop()) {
      Timer timer = timers.after(delayNanos, task);
      if (timer != null) {
        return timer;
      }
    }
    ScheduledFuture<?> scheduled = netty.schedule(task, delayNanos, TimeUnit.NANOSECONDS);
    return () -> scheduled.cancel(false);
  }

  /** A task that has been armed. */
  public interface Timer {
    /** Disarms it; harmless when it already ran. */
    void cancel();
  }
}

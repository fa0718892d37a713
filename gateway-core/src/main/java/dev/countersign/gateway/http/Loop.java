// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.ScheduledFuture;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/**
 * One event loop, as the packages that know nothing of Netty see it. A call stays on the loop of
 * its client's connection, upstream leg included.
 */
public final class Loop implements Executor {
  private static final Duration LONGEST = Duration.ofDays(366);

  private final EventLoop netty;
  private final int index;

  Loop(EventLoop netty, int index) {
    this.netty = netty;
    this.index = index;
  }

  /** Position among the gateway's loops, from 0; names what belongs to one loop alone. */
  public int index() {
    return index;
  }

  /** For the upstream leg only. */
  public EventLoop netty() {
    return netty;
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
    ScheduledFuture<?> scheduled = netty.schedule(task, bounded.toNanos(), TimeUnit.NANOSECONDS);
    return () -> scheduled.cancel(false);
  }

  /** A task that has been armed. */
  public interface Timer {
    /** Disarms it; harmless when it already ran. */
    void cancel();
  }
}

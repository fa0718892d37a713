// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

import io.netty.channel.EventLoop;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The timers of one loop. A call arms a handful of them and disarms them all again, always for the
 * same few delays: per delay there is a list in the order of arming, which is the order of falling
 * due, so that arming appends, disarming unlinks, and the event loop is asked for no more than one
 * wake-up at a time for each list. Confined to its loop.
 */
final class LoopTimers {
  private static final Logger LOG = LoggerFactory.getLogger(LoopTimers.class);

  /** Further delays, at the same time, are left to the event loop's own queue. */
  private static final int LINES_MAX = 32;

  private final EventLoop netty;
  private final LongSupplier nanos;
  private final Line[] lines = new Line[LINES_MAX];
  private int known;

  /**
   * @param nanos the loop's clock
   */
  LoopTimers(EventLoop netty, LongSupplier nanos) {
    this.netty = netty;
    this.nanos = nanos;
  }

  /** Arms a task; null when there is no list for this delay to be had. */
  Loop.@Nullable Timer after(long delayNanos, Runnable task) {
    Line line = line(delayNanos);
    if (line == null) {
      return null;
    }
    Armed armed = new Armed(nanos.getAsLong() + delayNanos, task);
    line.append(armed);
    return armed;
  }

  private @Nullable Line line(long delayNanos) {
    Line free = null;
    for (int i = 0; i < known; i++) {
      Line line = lines[i];
      if (line.delayNanos == delayNanos) {
        return line;
      }
      if (!line.awaited && line.first == null) {
        free = line;
      }
    }
    if (free == null && known < LINES_MAX) {
      free = new Line();
      lines[known] = free;
      known++;
    }
    if (free != null) {
      free.delayNanos = delayNanos;
    }
    return free;
  }

  /** Timers of one delay. While the event loop is to wake it, it keeps that delay. */
  private final class Line {
    private long delayNanos;
    private boolean awaited;
    private @Nullable Armed first;
    private @Nullable Armed last;

    void append(Armed armed) {
      armed.line = this;
      armed.before = last;
      if (last == null) {
        first = armed;
      } else {
        last.next = armed;
      }
      last = armed;
      if (!awaited) {
        await(delayNanos);
      }
    }

    private void await(long delay) {
      awaited = true;
      var unused = netty.schedule(this::runDue, delay, TimeUnit.NANOSECONDS);
    }

    private void runDue() {
      awaited = false;
      long now = nanos.getAsLong();
      try {
        Armed armed;
        while ((armed = first) != null && armed.due - now <= 0) {
          unlink(armed);
          run(armed.task);
        }
      } finally {
        // Also behind an error, such as of network buffers that are used up.
        if (first != null && !awaited) {
          await(first.due - now);
        }
      }
    }

    private static void run(Runnable task) {
      try {
        task.run();
      } catch (RuntimeException failure) {
        // The others are to run all the same.
        LOG.atError().setCause(failure).log("a timer's task failed");
      }
    }

    private void unlink(Armed armed) {
      if (armed.before == null) {
        first = armed.next;
      } else {
        armed.before.next = armed.next;
      }
      if (armed.next == null) {
        last = armed.before;
      } else {
        armed.next.before = armed.before;
      }
      armed.line = null;
    }
  }

  private final class Armed implements Loop.Timer {
    private final long due;
    private final Runnable task;
    private @Nullable Line line;
    private @Nullable Armed before;
    private @Nullable Armed next;

    Armed(long due, Runnable task) {
      this.due = due;
      this.task = task;
    }

    @Override
    public void cancel() {
      if (!netty.inEventLoop()) {
        netty.execute(this::cancel);
      } else if (line != null) {
        line.unlink(this);
      }
    }
  }
}

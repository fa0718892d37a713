// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

import io.netty.channel.IoHandle;
import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerContext;
import io.netty.channel.IoRegistration;
import java.time.Duration;
import java.util.function.LongSupplier;

/** Measures the turns of the event loop whose input and output go through it. */
final class LoopTurns implements IoHandler, Turns {
  private static final long SLOT_NANOS = Duration.ofMillis(100).toNanos();
  private static final int SLOTS = 11;
  private static final int SLOTS_OF_BUSY = 5;

  /** A loop that had to wait as long as this has nothing left to do. */
  private static final long IDLE_NANOS = Duration.ofMillis(1).toNanos();

  private final IoHandler handler;
  private final LongSupplier clock;
  private long count;
  private long began;

  /** The shortest turn of each tenth of a second, and how much of it was work; the newest first. */
  private final long[] shortest = new long[SLOTS];

  private final double[] busy = new double[SLOTS];
  private long slotBegan;
  private long busyNanos;

  /**
   * @param clock as {@link System#nanoTime}
   */
  LoopTurns(IoHandler handler, LongSupplier clock) {
    this.handler = handler;
    this.clock = clock;
    this.began = clock.getAsLong();
    this.slotBegan = began;
    shortest[0] = Long.MAX_VALUE;
  }

  @Override
  public long count() {
    return count;
  }

  @Override
  public long shortestNanos(Duration span) {
    int slots = (int) Math.min(SLOTS - 1, Math.ceilDiv(span.toNanos(), SLOT_NANOS));
    long least = Long.MAX_VALUE;
    for (int i = 0; i <= slots; i++) {
      least = Math.min(least, shortest[i]);
    }
    return least;
  }

  @Override
  public double busy() {
    double sum = 0;
    for (int i = 1; i <= SLOTS_OF_BUSY; i++) {
      sum += busy[i];
    }
    return sum / SLOTS_OF_BUSY;
  }

  @Override
  public int run(IoHandlerContext context) {
    long ended = clock.getAsLong();
    take(ended - began, ended);
    Timed timed = new Timed(context);
    int handled = handler.run(timed);
    began = clock.getAsLong() - timed.active;
    if (began - ended >= IDLE_NANOS) {
      shortest[0] = 0;
    }
    return handled;
  }

  private void take(long length, long now) {
    count++;
    busyNanos += length;
    shortest[0] = Math.min(shortest[0], length);
    long slot = now - slotBegan;
    if (slot > SLOT_NANOS) {
      busy[0] = (double) busyNanos / slot;
      System.arraycopy(shortest, 0, shortest, 1, SLOTS - 1);
      System.arraycopy(busy, 0, busy, 1, SLOTS - 1);
      shortest[0] = Long.MAX_VALUE;
      slotBegan = now;
      busyNanos = 0;
    }
  }

  @Override
  public void initialize() {
    handler.initialize();
  }

  @Override
  public void prepareToDestroy() {
    handler.prepareToDestroy();
  }

  @Override
  public void destroy() {
    handler.destroy();
  }

  @Override
  public IoRegistration register(IoHandle handle) throws Exception {
    return handler.register(handle);
  }

  @Override
  public void wakeup() {
    handler.wakeup();
  }

  @Override
  public boolean isCompatible(Class<? extends IoHandle> handleType) {
    return handler.isCompatible(handleType);
  }

  /** Has the handler say how long it was at work; the rest of its time it waited. */
  private static final class Timed implements IoHandlerContext {
    private final IoHandlerContext context;
    private long active;

    Timed(IoHandlerContext context) {
      this.context = context;
    }

    @Override
    public boolean canBlock() {
      return context.canBlock();
    }

    @Override
    public long delayNanos(long currentTimeNanos) {
      return context.delayNanos(currentTimeNanos);
    }

    @Override
    public long deadlineNanos() {
      return context.deadlineNanos();
    }

    @Override
    public boolean shouldReportActiveIoTime() {
      return true;
    }

    @Override
    public void reportActiveIoTime(long activeNanos) {
      active += activeNanos;
      if (context.shouldReportActiveIoTime()) {
        context.reportActiveIoTime(activeNanos);
      }
    }
  }
}

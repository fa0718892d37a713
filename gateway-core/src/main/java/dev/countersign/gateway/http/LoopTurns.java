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
  private static final long SPAN_NANOS = Duration.ofMillis(100).toNanos();
  private static final int SPAN_TURNS = 5;
  private static final int SPANS_OF_BUSY = 5;

  /** A loop that had to wait as long as this has nothing left to do. */
  private static final long IDLE_NANOS = Duration.ofMillis(1).toNanos();

  private final IoHandler handler;
  private final LongSupplier clock;
  private long count;
  private long began;
  private long spanBegan;
  private int spanTurns;
  private long shortest = Long.MAX_VALUE;
  private long shortestBefore;
  private long busyNanos;

  /** Of the last spans, the newest first. */
  private final double[] busy = new double[SPANS_OF_BUSY];

  /**
   * @param clock as {@link System#nanoTime}
   */
  LoopTurns(IoHandler handler, LongSupplier clock) {
    this.handler = handler;
    this.clock = clock;
  }

  @Override
  public long count() {
    return count;
  }

  @Override
  public long shortestNanos() {
    return Math.min(shortest, shortestBefore);
  }

  @Override
  public double busy() {
    double sum = 0;
    for (double one : busy) {
      sum += one;
    }
    return sum / SPANS_OF_BUSY;
  }

  @Override
  public int run(IoHandlerContext context) {
    long ended = clock.getAsLong();
    take(ended - began, ended);
    Timed timed = new Timed(context);
    int handled = handler.run(timed);
    began = clock.getAsLong() - timed.active;
    if (began - ended >= IDLE_NANOS) {
      shortest = 0;
    }
    return handled;
  }

  private void take(long length, long now) {
    count++;
    busyNanos += length;
    shortest = Math.min(shortest, length);
    spanTurns++;
    long span = now - spanBegan;
    if (span > SPAN_NANOS && spanTurns >= SPAN_TURNS) {
      shortestBefore = shortest;
      shortest = Long.MAX_VALUE;
      System.arraycopy(busy, 0, busy, 1, SPANS_OF_BUSY - 1);
      busy[0] = (double) busyNanos / span;
      busyNanos = 0;
      spanTurns = 0;
      spanBegan = now;
    }
  }

  /** The loop may have been made long before it runs. */
  @Override
  public void initialize() {
    began = clock.getAsLong();
    spanBegan = began;
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

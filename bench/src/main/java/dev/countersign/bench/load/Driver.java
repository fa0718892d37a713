// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.load;

import io.netty.channel.EventLoop;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.LongConsumer;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/** Gives calls to slots, at once or when they are due, and counts. Confined to the event loop. */
final class Driver {
  private static final long LATENCY_MAX = TimeUnit.MINUTES.toNanos(2);

  private final EventLoop loop;
  private final List<CallKind> kinds;
  private final double perSecond;
  private final LongConsumer answeredIds;
  private final ArrayDeque<Slot> idle = new ArrayDeque<>();
  private final CompletableFuture<Void> quiet = new CompletableFuture<>();
  private Histogram latencies = newHistogram();
  private long sent;
  private long answered;
  private long refused;
  private long turnedAway;
  private long wrong;
  private int underWay;
  private @Nullable Schedule schedule;
  private boolean running;
  private boolean ticking;

  /**
   * @param kinds sent in turn
   * @param perSecond calls that are due in a second, or 0 for as many as there is room for
   * @param answeredIds told the id of every right answer
   */
  Driver(EventLoop loop, List<CallKind> kinds, double perSecond, LongConsumer answeredIds) {
    this.loop = loop;
    this.kinds = kinds;
    this.perSecond = perSecond;
    this.answeredIds = answeredIds;
  }

  private static Histogram newHistogram() {
    return new Histogram(LATENCY_MAX, 3);
  }

  /** From now on calls are made. */
  void begin() {
    running = true;
    schedule = perSecond > 0 ? new Schedule(System.nanoTime(), perSecond) : null;
    sendDue();
  }

  /** A slot that can carry a call. */
  void ready(Slot slot) {
    idle.addFirst(slot);
    sendDue();
  }

  void answered(Slot slot, long id, long intendedNanos, Verdict verdict) {
    underWay--;
    switch (verdict) {
      case RESULT, REFUSED -> {
        answered++;
        refused += verdict == Verdict.REFUSED ? 1 : 0;
        latencies.recordValue(Math.min(LATENCY_MAX, System.nanoTime() - intendedNanos));
        answeredIds.accept(id);
      }
      case TURNED_AWAY -> turnedAway++;
      case WRONG -> wrong++;
    }
    ready(slot);
    settle();
  }

  void unasked() {
    wrong++;
  }

  void lost(Slot slot, boolean callUnderWay) {
    idle.remove(slot);
    if (callUnderWay) {
      underWay--;
      wrong++;
      settle();
    }
  }

  private void settle() {
    if (!running && underWay == 0) {
      quiet.complete(null);
    }
  }

  private void sendDue() {
    if (!running) {
      return;
    }
    if (schedule == null) {
      while (!idle.isEmpty()) {
        send(System.nanoTime());
      }
      return;
    }
    long due = schedule.due(System.nanoTime());
    while (sent < due && !idle.isEmpty()) {
      send(schedule.intended(sent));
    }
    if (!idle.isEmpty() && !ticking) {
      ticking = true;
      long wait = Math.max(0, schedule.intended(sent) - System.nanoTime());
      loop.schedule(this::tick, wait, TimeUnit.NANOSECONDS);
    }
  }

  private void tick() {
    ticking = false;
    sendDue();
  }

  private void send(long intendedNanos) {
    CallKind kind = kinds.get((int) (sent % kinds.size()));
    long id = CallKind.FIRST_ID + sent;
    sent++;
    underWay++;
    idle.removeFirst().send(kind, id, intendedNanos);
  }

  Progress progress() {
    return new Progress(System.nanoTime(), answered, refused, turnedAway, wrong);
  }

  /** Latencies since the last time, in nanoseconds. */
  Histogram takeLatencies() {
    Histogram taken = latencies;
    latencies = newHistogram();
    return taken;
  }

  /** Sends nothing more; completes when every call has its answer. */
  CompletableFuture<Void> stop() {
    running = false;
    settle();
    return quiet;
  }

  /** Calls that are still without an answer are wrong. */
  void giveUp() {
    wrong += underWay;
    underWay = 0;
  }
}

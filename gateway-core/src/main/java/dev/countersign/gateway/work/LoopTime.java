// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.work;

import dev.countersign.identity.CallerKey;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The time of one event loop, and who gets some of it when there is not enough for all.
 *
 * <p>A loop goes through what has come in turn by turn, so a call waits about one turn before
 * anybody looks at it. While turns are short nothing is refused. When none has been short for a
 * while, more comes in than can be worked on: from then on a turn takes new calls for as long as a
 * turn may be, and beyond that only those of callers who get less than half of an equal share. What
 * is refused is refused while that is cheap, before its message is read. A second without anything
 * to refuse ends that.
 *
 * <p>Confined to its loop.
 */
public final class LoopTime {
  /** Starts, collections of garbage and bursts make long turns, but not one after the other. */
  static final Duration PATIENCE = Duration.ofMillis(500);

  private static final long ALERT_NANOS = Duration.ofSeconds(1).toNanos();
  private static final long WINDOW_NANOS = Duration.ofMillis(100).toNanos();
  private static final int CALLERS_COUNTED_MAX = 10_000;

  private static final Logger LOG = LoggerFactory.getLogger(LoopTime.class);

  private final Executor loop;
  private final LongSupplier clock;
  private long turnMaxNanos;
  private boolean inTurn;
  private long turnBegan;
  private long turnEnded;
  private long lastShort;
  private boolean alert;
  private long lastRefused;
  private long refused;
  private long windowBegan;
  private Map<CallerKey, Count> window = new HashMap<>();
  private Map<CallerKey, Count> windowBefore = new HashMap<>();
  private long modestMax;

  /** Calls of one caller. */
  private static final class Count {
    private int calls;
  }

  /**
   * The time of a loop.
   *
   * @param loop runs what it is given after what has come in
   * @param nanoClock as {@link System#nanoTime}
   */
  public LoopTime(Executor loop, LongSupplier nanoClock) {
    this.loop = loop;
    this.clock = nanoClock;
    this.turnEnded = nanoClock.getAsLong();
    this.lastShort = turnEnded;
  }

  /**
   * Whether there is time for a call that has come in.
   *
   * @param turnMax how long a turn may be
   */
  public boolean isThereFor(CallerKey caller, Duration turnMax) {
    long now = clock.getAsLong();
    if (!inTurn) {
      begin(now, turnMax.toNanos());
    }
    long elapsed = now - turnBegan;
    if (!alert) {
      if (elapsed <= turnMaxNanos || now - lastShort <= PATIENCE.toNanos()) {
        return true;
      }
      raise(now);
    }
    roll(now);
    Count mine = countOf(caller);
    if (elapsed <= turnMaxNanos || isModest(caller, mine)) {
      mine.calls++;
      return true;
    }
    refused++;
    lastRefused = now;
    return false;
  }

  /** How many callers are counted. */
  int callersCounted() {
    return window.size();
  }

  private void begin(long now, long maxNanos) {
    inTurn = true;
    turnBegan = now;
    turnMaxNanos = maxNanos;
    if (now - turnEnded > maxNanos) {
      // Nothing has come in for a while, so nothing waits.
      lastShort = now;
    }
    loop.execute(this::over);
  }

  private void over() {
    inTurn = false;
    turnEnded = clock.getAsLong();
    if (turnEnded - turnBegan <= turnMaxNanos) {
      lastShort = turnEnded;
    }
    if (alert && turnEnded - lastRefused > ALERT_NANOS) {
      alert = false;
      window.clear();
      windowBefore.clear();
      LOG.atInfo().addKeyValue("refused", refused).log("calls are no longer refused");
    }
  }

  private void raise(long now) {
    alert = true;
    refused = 0;
    windowBegan = now;
    modestMax = -1;
    LOG.atWarn().log("calls are refused: more come in than can be worked on");
  }

  private void roll(long now) {
    if (now - windowBegan <= WINDOW_NANOS) {
      return;
    }
    Map<CallerKey, Count> emptied = windowBefore;
    windowBefore = window;
    window = emptied;
    window.clear();
    windowBegan = now;
    long calls = windowBefore.values().stream().mapToLong(count -> count.calls).sum();
    int callers = windowBefore.size();
    modestMax = callers < 2 ? -1 : calls / callers / 2;
  }

  /** Callers beyond those that are counted are taken for modest ones. */
  private Count countOf(CallerKey caller) {
    Count known = window.get(caller);
    if (known == null) {
      known = new Count();
      if (window.size() < CALLERS_COUNTED_MAX) {
        window.put(caller, known);
      }
    }
    return known;
  }

  /** Whether a caller gets less than half of an equal share, in this window and the one before. */
  private boolean isModest(CallerKey caller, Count mine) {
    Count before = windowBefore.get(caller);
    return mine.calls <= modestMax && (before == null || before.calls <= modestMax);
  }
}

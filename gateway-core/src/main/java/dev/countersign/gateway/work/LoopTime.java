// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.work;

import dev.countersign.gateway.http.Turns;
import dev.countersign.identity.CallerKey;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The time of one event loop, and who gets some of it when there is not enough for all.
 *
 * <p>A loop goes through what has come in turn by turn, so a call waits about one turn before
 * anybody looks at it. While turns are short nothing is refused. When none has been short for a
 * while, more comes in than can be worked on: from then on a turn takes new calls for half as long
 * as a turn may be, the other half being for their replies, and beyond that only those of callers
 * who get less than half of an equal share of its time. What is refused is refused while that is
 * cheap, before its message is judged, and told after a {@linkplain #pause pause}: a client that
 * asks again at once would otherwise get nothing but refusals, and others less. A second without
 * anything to refuse ends all that, or a loop that rests half of its time.
 *
 * <p>Confined to its loop.
 */
public final class LoopTime {
  private static final Duration PAUSE = Duration.ofMillis(100);

  /** Refusals in a window that take about half of a loop's time. */
  private static final int REFUSED_MAX = 2_000;

  /** Who is refused is asked to come again after a second. */
  private static final int PAUSES_MAX = 10;

  /** A loop that keeps up may refuse one in so many, behind a collection of garbage. */
  private static final int FEW_REFUSED = 20;

  private static final long QUIET_NANOS = Duration.ofSeconds(10).toNanos();
  private static final long ALERT_NANOS = Duration.ofSeconds(1).toNanos();

  /** A loop that rests half of the time has only to do with bursts. */
  private static final double BUSY_MIN = 0.5;

  private static final long WINDOW_NANOS = Duration.ofMillis(100).toNanos();
  private static final int CALLERS_COUNTED_MAX = 10_000;

  private static final Logger LOG = LoggerFactory.getLogger(LoopTime.class);

  private final Turns turns;
  private final LongSupplier clock;
  private long turn = -1;
  private boolean callsBegan;
  private long callsBeganAt;
  private boolean alert;
  private long lastRefused;
  private boolean told;
  private long lastTold;
  private long refused;
  private long windowBegan;
  private Map<CallerKey, Spent> window = new HashMap<>();
  private Map<CallerKey, Spent> windowBefore = new HashMap<>();
  private Spent onStrangers = new Spent();
  private Spent onUncounted = new Spent();
  private long modestMaxNanos;
  private long meanNanos;
  private int asked;
  private @Nullable Spent spending;
  private long spendingSince;
  private int refusedInWindow;
  private Duration pause = PAUSE;

  /** What some caller's calls took of the loop. */
  private static final class Spent {
    private long nanos;
  }

  /**
   * The time of a loop.
   *
   * @param nanoClock as {@link System#nanoTime}
   */
  public LoopTime(Turns turns, LongSupplier nanoClock) {
    this.turns = turns;
    this.lastTold = nanoClock.getAsLong() - QUIET_NANOS - 1;
    this.clock = nanoClock;
  }

  /**
   * Whether there is time for a call that has come in.
   *
   * @param turnMax how long a turn may be
   */
  public boolean isThereFor(CallerKey caller, Duration turnMax) {
    long now = clock.getAsLong();
    long turnMaxNanos = turnMax.toNanos();
    enterTurn();
    if (!callsBegan) {
      callsBegan = true;
      callsBeganAt = now;
    }
    boolean overloaded = turns.shortestNanos() > turnMaxNanos;
    if (alert && mayCalm(overloaded, now)) {
      calm();
    }
    if (!alert) {
      if (!overloaded) {
        return true;
      }
      raise(now);
    }
    roll(now);
    Spent mine = spentOn(caller);
    spendOn(mine, now);
    if (now - callsBeganAt <= turnMaxNanos / 2 || isModest(caller, mine)) {
      return true;
    }
    refused++;
    refusedInWindow++;
    return false;
  }

  /** A request has come in; until its caller is known, its time is that of strangers. */
  public void cameIn() {
    if (alert) {
      enterTurn();
      asked++;
      spendOn(onStrangers, clock.getAsLong());
    }
  }

  /** What the loop does from here on, it does for this caller. */
  public void goesOn(CallerKey caller) {
    if (alert) {
      enterTurn();
      spendOn(spentOn(caller), clock.getAsLong());
    }
  }

  private void enterTurn() {
    if (turn != turns.count()) {
      turn = turns.count();
      callsBegan = false;
      spending = null;
    }
  }

  /** What has passed in this turn since it was last said for whom, was for them. */
  private void spendOn(Spent next, long now) {
    if (spending != null) {
      spending.nanos += now - spendingSince;
    }
    spending = next;
    spendingSince = now;
  }

  /**
   * Before a caller hears that there is no time: 100 ms, and up to a second when there are so many
   * to refuse that telling them would take most of the time.
   */
  public Duration pause() {
    return pause;
  }

  /** How many callers are counted. */
  int callersCounted() {
    return window.size();
  }

  private boolean mayCalm(boolean overloaded, long now) {
    return !overloaded && (now - lastRefused > ALERT_NANOS || turns.busy() < BUSY_MIN);
  }

  private void calm() {
    alert = false;
    window.clear();
    windowBefore.clear();
    if (told) {
      LOG.atInfo().addKeyValue("refused", refused).log("calls are no longer refused");
    }
  }

  private void raise(long now) {
    alert = true;
    refused = 0;
    lastRefused = now;
    modestMaxNanos = -1;
    pause = PAUSE;
    beginWindow(now);
    // Bursts can raise it again and again.
    told = now - lastTold > QUIET_NANOS;
    if (told) {
      lastTold = now;
      LOG.atWarn().log("calls are refused: more come in than can be worked on");
    }
  }

  private void roll(long now) {
    if (now - windowBegan <= WINDOW_NANOS) {
      return;
    }
    long all = onStrangers.nanos + onUncounted.nanos;
    for (Spent one : window.values()) {
      all += one.nanos;
    }
    int callers = window.size() + (onStrangers.nanos > 0 ? 1 : 0) + (onUncounted.nanos > 0 ? 1 : 0);
    modestMaxNanos = callers < 2 ? -1 : all / callers / 2;
    meanNanos = all / Math.max(1, asked);
    pause = PAUSE.multipliedBy(Math.clamp(refusedInWindow / REFUSED_MAX, 1, PAUSES_MAX));
    if ((long) refusedInWindow * FEW_REFUSED > asked) {
      lastRefused = now;
    }
    beginWindow(now);
  }

  private void beginWindow(long now) {
    Map<CallerKey, Spent> emptied = windowBefore;
    windowBefore = window;
    window = emptied;
    window.clear();
    onStrangers = new Spent();
    onUncounted = new Spent();
    refusedInWindow = 0;
    asked = 0;
    windowBegan = now;
  }

  private Spent spentOn(CallerKey caller) {
    Spent known = window.get(caller);
    if (known == null && window.size() < CALLERS_COUNTED_MAX) {
      known = new Spent();
      window.put(caller, known);
    }
    return known == null ? onUncounted : known;
  }

  /**
   * Whether a caller gets no more than half of an equal share with this call, in this window and in
   * the one before. Of many that ask for the same, none is.
   */
  private boolean isModest(CallerKey caller, Spent mine) {
    Spent before = windowBefore.get(caller);
    return mine.nanos + meanNanos <= modestMaxNanos
        && (before == null || before.nanos <= modestMaxNanos);
  }
}

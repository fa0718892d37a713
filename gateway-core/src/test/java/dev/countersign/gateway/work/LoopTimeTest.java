// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.work;

import static org.assertj.core.api.Assertions.assertThat;

import dev.countersign.identity.CallerKey;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Queue;
import org.junit.jupiter.api.Test;

final class LoopTimeTest {
  private static final Duration TURN_MAX = Duration.ofMillis(5);
  private static final Duration CALL = Duration.ofMillis(1);
  private static final CallerKey FLOOD = caller("flood");
  private static final CallerKey LIGHT = caller("light");

  private final Queue<Runnable> after = new ArrayDeque<>();
  private long nanos = Long.MAX_VALUE - Duration.ofSeconds(1).toNanos();
  private final LoopTime time = new LoopTime(after::add, () -> nanos);

  @Test
  void refusesNothingWhileTurnsAreShort() {
    for (int turn = 0; turn < 1000; turn++) {
      assertThat(admittedOf(FLOOD, 5)).isEqualTo(5);
      endTurn();
    }
  }

  @Test
  void takesABurstHoweverLongItsTurnIs() {
    assertThat(admittedOf(FLOOD, 400)).isEqualTo(400);
    endTurn();
    pass(Duration.ofMillis(20));
    assertThat(admittedOf(FLOOD, 400)).isEqualTo(400);
  }

  @Test
  void refusesWhatATurnHasNoTimeForOnceTurnsStayLong() {
    overload();

    // At 0, 1, 2, 3, 4 and 5 ms of the turn.
    assertThat(admittedOf(FLOOD, 50)).isEqualTo(6);
  }

  @Test
  void refusesNothingMoreInTheFirstShortTurn() {
    overload();
    endTurn();

    assertThat(admittedOf(FLOOD, 5)).isEqualTo(5);
  }

  @Test
  void refusesAtOnceWhenTheFloodComesBack() {
    overload();
    endTurn();
    admittedOf(FLOOD, 5);
    endTurn();

    assertThat(admittedOf(FLOOD, 50)).isEqualTo(6);
  }

  @Test
  void isPatientAgainAfterASecondWithoutRefusals() {
    overload();
    endTurn();
    for (int i = 0; i < 1_100; i++) {
      admittedOf(FLOOD, 1);
      endTurn();
    }

    assertThat(admittedOf(FLOOD, 50)).isEqualTo(50);
  }

  @Test
  void isPatientAfterAnIdleHour() {
    admittedOf(FLOOD, 50);
    endTurn();
    pass(Duration.ofHours(1));

    assertThat(admittedOf(FLOOD, 400)).isEqualTo(400);
  }

  @Test
  void takesACallerThatAsksLittleThoughAFloodFillsEveryTurn() {
    overload();
    for (int turn = 0; turn < 100; turn++) {
      endTurn();
      admittedOf(FLOOD, 50);
      boolean warm = turn > 20;
      if (admittedOf(LIGHT, 1) == 0) {
        assertThat(warm).as("in turn %s", turn).isFalse();
      }
    }
  }

  @Test
  void givesCallersThatAskForTheSameNoMoreThanATurn() {
    overload();
    for (int turn = 0; turn < 100; turn++) {
      endTurn();
      int admitted = 0;
      for (int i = 0; i < 25; i++) {
        admitted += admittedOf(FLOOD, 1) + admittedOf(LIGHT, 1);
      }
      if (turn > 40) {
        assertThat(admitted).as("in turn %s", turn).isBetween(6, 20);
      }
    }
  }

  @Test
  void countsNoMoreCallersThanItHasRoomFor() {
    overload();
    for (int i = 0; i < 20_000; i++) {
      time.isThereFor(caller("c" + i), TURN_MAX);
    }

    assertThat(time.callersCounted()).isEqualTo(10_000);
  }

  /** Long turns until calls are refused. */
  private void overload() {
    for (int turn = 0; turn < 100; turn++) {
      if (admittedOf(FLOOD, 50) < 50) {
        endTurn();
        return;
      }
      endTurn();
    }
    throw new AssertionError("nothing was refused");
  }

  private int admittedOf(CallerKey caller, int calls) {
    int admitted = 0;
    for (int i = 0; i < calls; i++) {
      if (time.isThereFor(caller, TURN_MAX)) {
        admitted++;
        pass(CALL);
      } else {
        pass(CALL.dividedBy(10));
      }
    }
    return admitted;
  }

  private void endTurn() {
    while (!after.isEmpty()) {
      after.remove().run();
    }
  }

  private void pass(Duration span) {
    nanos += span.toNanos();
  }

  private static CallerKey caller(String subject) {
    return new CallerKey("oidc", "https://idp.example", subject, null);
  }
}

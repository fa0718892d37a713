// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.work;

import static org.assertj.core.api.Assertions.assertThat;

import dev.countersign.gateway.http.Turns;
import dev.countersign.identity.CallerKey;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class LoopTimeTest {
  private static final Duration TURN_MAX = Duration.ofMillis(5);
  private static final Duration CALL = Duration.ofMillis(1);
  private static final CallerKey FLOOD = caller("flood");
  private static final CallerKey LIGHT = caller("light");

  private final FakeTurns turns = new FakeTurns();
  private long nanos = Long.MAX_VALUE - Duration.ofSeconds(1).toNanos();
  private final LoopTime time = new LoopTime(turns, () -> nanos);

  @Test
  void refusesNothingWhileSomeTurnIsShort() {
    turns.shortest = TURN_MAX.toNanos();
    turns.busy = 1;
    for (int turn = 0; turn < 1000; turn++) {
      assertThat(admittedOf(FLOOD, 400)).isEqualTo(400);
      endTurn();
    }
  }

  @Test
  void refusesWhatATurnHasNoTimeForOnceTurnsStayLong() {
    overload();

    // At 0, 1 and 2 ms of the turn.
    assertThat(admittedOf(FLOOD, 50)).isEqualTo(3);
  }

  @Test
  void refusesWhatIsBeyondATurnThoughTurnsAreShortAgain() {
    overload();
    turns.shortest = 0;
    endTurn();

    assertThat(admittedOf(FLOOD, 50)).isEqualTo(3);
  }

  @Test
  void takesAllAgainAfterASecondWithoutRefusals() {
    overload();
    turns.shortest = 0;
    for (int i = 0; i < 1_100; i++) {
      admittedOf(FLOOD, 1);
      endTurn();
    }

    assertThat(admittedOf(FLOOD, 50)).isEqualTo(50);
  }

  @Test
  void takesBurstsAgainWhenTheLoopRestsBetweenThem() {
    overload();
    turns.shortest = 0;
    turns.busy = 0.1;
    endTurn();

    assertThat(admittedOf(FLOOD, 400)).isEqualTo(400);
  }

  @Test
  void takesACallerThatAsksLittleThoughAFloodFillsEveryTurn() {
    overload();
    for (int turn = 0; turn < 100; turn++) {
      endTurn();
      admittedOf(FLOOD, 50);
      if (turn % 2 == 0 && admittedOf(LIGHT, 1) == 0) {
        assertThat(turn).as("refused in turn").isLessThan(20);
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
        assertThat(admitted).as("in turn %s", turn).isBetween(3, 20);
      }
    }
  }

  @Test
  void pausesLongerWhenRefusalsWouldTakeMostOfTheTime() {
    overload();
    assertThat(time.pause()).isEqualTo(Duration.ofMillis(100));
    pass(Duration.ofMillis(101));
    for (int i = 0; i < 9_000; i++) {
      assertThat(asks(FLOOD)).isEqualTo(i < 1_251);
      pass(Duration.ofNanos(2_000));
    }
    pass(Duration.ofMillis(101));
    admittedOf(FLOOD, 1);
    assertThat(time.pause()).isEqualTo(Duration.ofMillis(300));

    pass(Duration.ofMillis(101));
    admittedOf(FLOOD, 1);
    assertThat(time.pause()).isEqualTo(Duration.ofMillis(100));
  }

  @Test
  void isPatientAgainThoughHereAndThereOneIsRefused() {
    overload();
    turns.shortest = 0;
    for (int i = 0; i < 1_100; i++) {
      admittedOf(FLOOD, i % 50 == 49 ? 4 : 3);
      endTurn();
    }

    assertThat(admittedOf(FLOOD, 50)).isEqualTo(50);
  }

  @Test
  void chargesACallerForWhatComesOfItsCallLaterInTheTurn() {
    overload();
    int cheap = 0;
    for (int turn = 0; turn < 200; turn++) {
      endTurn();
      for (int i = 0; i < 20; i++) {
        cheap += asks(LIGHT) && turn >= 100 ? 1 : 0;
        pass(CALL.dividedBy(100));
        boolean admitted = asks(FLOOD);
        // Its body comes behind the next one's head.
        time.cameIn();
        time.goesOn(FLOOD);
        pass(admitted ? CALL : CALL.dividedBy(10));
      }
    }
    assertThat(cheap).isEqualTo(2000);
  }

  @Test
  void sharesTimeNotCalls() {
    overload();
    int cheap = 0;
    for (int turn = 0; turn < 200; turn++) {
      endTurn();
      admittedOf(FLOOD, 10);
      for (int i = 0; i < 20; i++) {
        boolean admitted = asks(LIGHT);
        pass(CALL.dividedBy(100));
        cheap += turn >= 100 && admitted ? 1 : 0;
      }
    }
    assertThat(cheap).isEqualTo(2000);
  }

  @Test
  void takesACallerThatAsksLittleBesideStrangers() {
    overload();
    for (int turn = 0; turn < 100; turn++) {
      endTurn();
      int early = admittedOf(LIGHT, 1);
      for (int i = 0; i < 50; i++) {
        time.cameIn();
        pass(CALL);
      }
      assertThat(early).isEqualTo(1);
      if (turn > 4) {
        assertThat(admittedOf(LIGHT, 1)).as("in turn %s", turn).isEqualTo(1);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {500, 12_000})
  void refusesManyThatAskForTheSameWhenThereIsNoTime(int callers) {
    overload();
    for (int window = 0; window < 4; window++) {
      pass(Duration.ofMillis(101));
      endTurn();
      int admitted = 0;
      for (int i = 0; i < callers; i++) {
        admitted += asks(caller("c" + i)) ? 1 : 0;
        pass(Duration.ofMillis(90).dividedBy(callers));
      }
      assertThat(admitted).as("in window %s", window).isLessThan(callers / 20);
    }
  }

  @Test
  void countsNoMoreCallersThanItHasRoomFor() {
    overload();
    for (int i = 0; i < 20_000; i++) {
      var unused = asks(caller("c" + i));
    }

    assertThat(time.callersCounted()).isEqualTo(10_000);
  }

  private void overload() {
    turns.shortest = TURN_MAX.toNanos() + 1;
    turns.busy = 1;
    assertThat(admittedOf(FLOOD, 50)).isLessThan(50);
    endTurn();
  }

  private int admittedOf(CallerKey caller, int calls) {
    int admitted = 0;
    for (int i = 0; i < calls; i++) {
      if (asks(caller)) {
        admitted++;
        pass(CALL);
      } else {
        pass(CALL.dividedBy(10));
      }
    }
    return admitted;
  }

  private boolean asks(CallerKey caller) {
    time.cameIn();
    return time.isThereFor(caller, TURN_MAX);
  }

  private void endTurn() {
    turns.count++;
  }

  private void pass(Duration span) {
    nanos += span.toNanos();
  }

  private static CallerKey caller(String subject) {
    return new CallerKey("oidc", "https://idp.example", subject, null);
  }

  private static final class FakeTurns implements Turns {
    private long count;
    private long shortest;
    private double busy;

    @Override
    public long count() {
      return count;
    }

    @Override
    public long shortestNanos() {
      return shortest;
    }

    @Override
    public double busy() {
      return busy;
    }
  }
}

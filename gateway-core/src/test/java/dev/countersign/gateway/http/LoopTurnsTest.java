// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.IoHandle;
import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerContext;
import io.netty.channel.IoRegistration;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class LoopTurnsTest {
  private final FakeHandler handler = new FakeHandler();
  private long nanos = Long.MAX_VALUE - Duration.ofSeconds(1).toNanos();
  private final LoopTurns turns = new LoopTurns(handler, () -> nanos);

  @BeforeEach
  void start() {
    pass(Duration.ofSeconds(9));
    turns.initialize();
  }

  private void pass(Duration span) {
    nanos += span.toNanos();
  }

  @Test
  void beginsCalm() {
    assertThat(turns.shortestNanos()).isZero();
    assertThat(turns.busy()).isZero();
  }

  @Test
  void countsInputAndWhatItLedToAsOneTurn() {
    for (int i = 0; i < 400; i++) {
      turn(0, 3, 2);
    }

    assertThat(turns.count()).isEqualTo(400);
    assertThat(turns.shortestNanos()).isEqualTo(Duration.ofMillis(5).toNanos());
    assertThat(turns.busy()).isEqualTo(1);
  }

  @Test
  void knowsTheShortestOfManyLongTurns() {
    for (int i = 0; i < 400; i++) {
      turn(0, 3, i % 8 == 0 ? 1 : 7);
    }

    assertThat(turns.shortestNanos()).isEqualTo(Duration.ofMillis(4).toNanos());
  }

  @Test
  void forgetsAShortTurnAfterTwoTenthsOfASecond() {
    // The loop's first turn takes no time.
    longTurns(12);
    assertThat(turns.shortestNanos()).isZero();
    longTurns(12);
    assertThat(turns.shortestNanos()).isEqualTo(Duration.ofMillis(10).toNanos());
  }

  @Test
  void takesFiveLongTurnsForAnAccident() {
    longTurns(24);
    turn(0, 1, 1);
    turn(0, 150, 0);
    turn(0, 110, 0);
    turn(0, 10, 0);

    assertThat(turns.shortestNanos()).isEqualTo(Duration.ofMillis(2).toNanos());
  }

  private void longTurns(int count) {
    for (int i = 0; i < count; i++) {
      turn(0, 5, 5);
    }
  }

  @Test
  void takesALoopThatWaitsForOneThatHasTime() {
    for (int i = 0; i < 400; i++) {
      turn(i % 8 == 0 ? 5 : 0, 5, 5);
    }

    assertThat(turns.shortestNanos()).isZero();
    assertThat(turns.busy()).isBetween(0.8, 0.999);
  }

  @Test
  void knowsHowMuchOfItsTimeALoopIsAtWork() {
    for (int i = 0; i < 400; i++) {
      turn(6, 1, 1);
    }

    assertThat(turns.busy()).isBetween(0.24, 0.26);
  }

  /** All in milliseconds. */
  private void turn(int waits, int input, int tasks) {
    handler.waits = Duration.ofMillis(waits);
    handler.input = Duration.ofMillis(input);
    turns.run(new NeverBlocks());
    nanos += Duration.ofMillis(tasks).toNanos();
    // The turn is over when the loop comes back for input.
    handler.waits = Duration.ZERO;
    handler.input = Duration.ZERO;
  }

  private final class FakeHandler implements IoHandler {
    private Duration waits = Duration.ZERO;
    private Duration input = Duration.ZERO;

    @Override
    public int run(IoHandlerContext context) {
      nanos += waits.toNanos() + input.toNanos();
      if (context.shouldReportActiveIoTime()) {
        context.reportActiveIoTime(input.toNanos());
      }
      return 0;
    }

    @Override
    public IoRegistration register(IoHandle handle) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void wakeup() {}

    @Override
    public boolean isCompatible(Class<? extends IoHandle> handleType) {
      return false;
    }
  }

  private static final class NeverBlocks implements IoHandlerContext {
    @Override
    public boolean canBlock() {
      return false;
    }

    @Override
    public long delayNanos(long currentTimeNanos) {
      return 0;
    }

    @Override
    public long deadlineNanos() {
      return -1;
    }
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.embedded.EmbeddedChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class LoopTimersTest {
  private final EmbeddedChannel channel = new EmbeddedChannel();
  private final List<String> ran = new ArrayList<>();
  private long passedNanos;
  private final Loop loop = new Loop(channel.eventLoop(), 0, () -> passedNanos, new NoTurns());

  @BeforeEach
  void freeze() {
    channel.freezeTime();
  }

  @AfterEach
  void close() {
    channel.finishAndReleaseAll();
  }

  private void pass(long millis) {
    channel.advanceTimeBy(millis, TimeUnit.MILLISECONDS);
    passedNanos += TimeUnit.MILLISECONDS.toNanos(millis);
    channel.runScheduledPendingTasks();
  }

  private void arm(long millis, String name) {
    var unused = after(millis, name);
  }

  private Loop.Timer after(long millis, String name) {
    return loop.after(Duration.ofMillis(millis), () -> ran.add(name));
  }

  @Test
  void runsEachWhenItIsDueAndNotBefore() {
    arm(10, "a");
    pass(4);
    arm(10, "b");
    arm(3, "c");

    pass(2);
    assertThat(ran).isEmpty();
    pass(1);
    assertThat(ran).containsExactly("c");
    pass(3);
    assertThat(ran).containsExactly("c", "a");
    pass(4);
    assertThat(ran).containsExactly("c", "a", "b");
  }

  @Test
  void runsNothingThatWasDisarmed() {
    Loop.Timer first = after(10, "first");
    Loop.Timer middle = after(10, "middle");
    arm(10, "kept");
    Loop.Timer last = after(10, "last");

    middle.cancel();
    last.cancel();
    first.cancel();
    first.cancel();
    pass(10);

    assertThat(ran).containsExactly("kept");
  }

  @Test
  void armsAnewWhereAllWereDisarmed() {
    after(10, "gone").cancel();
    pass(6);
    arm(10, "kept");

    pass(4);
    assertThat(ran).isEmpty();
    pass(6);
    assertThat(ran).containsExactly("kept");
  }

  @Test
  void runsTheOthersWhenOneFails() {
    var unused =
        loop.after(
            Duration.ofMillis(5),
            () -> {
              throw new IllegalStateException("one");
            });
    arm(5, "other");

    pass(5);

    assertThat(ran).containsExactly("other");
  }

  @Test
  void runsTheOthersBehindAnError() {
    var unused =
        loop.after(
            Duration.ofMillis(5),
            () -> {
              throw new OutOfMemoryError("no buffers");
            });
    arm(5, "other");

    pass(5);
    pass(1);

    assertThat(ran).containsExactly("other");
  }

  @Test
  void letsATaskArmAgainForTheSameTimeAndForAnother() {
    var unused =
        loop.after(
            Duration.ofMillis(5),
            () -> {
              arm(5, "same");
              arm(7, "other");
            });

    pass(5);
    pass(5);
    assertThat(ran).containsExactly("same");
    pass(2);
    assertThat(ran).containsExactly("same", "other");
  }

  /** Many delays, more than there are lists for, disarmed at random. */
  @Test
  void runsWhatIsLeftInTheOrderOfFallingDue() {
    Random random = new Random(7);
    List<Integer> wanted = new ArrayList<>();
    List<Integer> got = new ArrayList<>();
    int now = 0;
    for (int round = 0; round < 3000; round++) {
      int delay = 1 + random.nextInt(90);
      int due = now + delay;
      Loop.Timer timer = loop.after(Duration.ofMillis(delay), () -> got.add(due));
      if (random.nextInt(3) > 0) {
        timer.cancel();
      } else {
        wanted.add(due);
      }
      if (random.nextInt(4) == 0) {
        pass(1);
        now++;
      }
    }
    for (int i = 0; i < 100; i++) {
      pass(1);
    }

    assertThat(got).isEqualTo(wanted.stream().sorted().toList());
  }
}

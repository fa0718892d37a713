// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.load;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Calls are due by the clock alone. */
final class ScheduleTest {
  private static final long START = 5_000_000_000L;

  @Test
  void spreadsCallsEvenlyFromTheStart() {
    Schedule schedule = new Schedule(START, 1000);

    assertThat(schedule.intended(0)).isEqualTo(START);
    assertThat(schedule.intended(1)).isEqualTo(START + 1_000_000);
    assertThat(schedule.intended(3_600_000)).isEqualTo(START + 3_600_000_000_000L);
  }

  @Test
  void nothingIsDueBeforeTheStart() {
    Schedule schedule = new Schedule(START, 1000);

    assertThat(schedule.due(START - 1)).isZero();
    assertThat(schedule.due(START)).isEqualTo(1);
    assertThat(schedule.due(START + 999_999)).isEqualTo(1);
    assertThat(schedule.due(START + 1_000_000)).isEqualTo(2);
  }

  @ParameterizedTest
  @ValueSource(doubles = {0.5, 3, 333.3, 7919, 123_456.7, 2_000_000})
  void aCallIsDueFromItsTimeOnAndNotBefore(double perSecond) {
    Schedule schedule = new Schedule(START, perSecond);
    for (long call = 0; call < 100_000; call += 777) {
      long intended = schedule.intended(call);
      assertThat(schedule.due(intended)).isEqualTo(call + 1);
      assertThat(schedule.due(intended - 1)).isEqualTo(call);
    }
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.stdio;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class BackOffTest {
  private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 5);
  private final BackOff backOff = new BackOff(now::get);

  @ParameterizedTest
  @CsvSource({
    "1, 0",
    "2, 500",
    "3, 1000",
    "4, 2000",
    "7, 16000",
    "8, 30000",
    "10, 30000",
    "11, 300000",
    "1000, 300000"
  })
  void pausesDoubleUpToABoundAndThenTakeARest(int failures, long millis) {
    assertThat(BackOff.pause(failures)).isEqualTo(Duration.ofMillis(millis));
  }

  @Test
  void oneFailureIsMetAtOnceAndTheNextAfterAPause() {
    assertThat(backOff.mayStart()).isTrue();
    backOff.failed();
    assertThat(backOff.mayStart()).isTrue();
    backOff.failed();
    assertThat(backOff.mayStart()).isFalse();

    now.addAndGet(Duration.ofMillis(500).toNanos());

    assertThat(backOff.mayStart()).isTrue();
  }

  @Test
  void whatServedBeginsAnew() {
    backOff.failed();
    backOff.served();
    backOff.failed();

    assertThat(backOff.mayStart()).isTrue();
  }
}

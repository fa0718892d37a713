// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.audit;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class StampsTest {
  @Test
  void writesMicrosecondsAndAlwaysTwentySevenCharacters() {
    assertThat(
            stamps(
                "1970-01-01T00:00:00Z", "2026-01-02T03:04:05Z", "2026-12-31T23:59:59.999999999Z"))
        .containsExactly("2026-01-02T03:04:05.000000Z", "2026-12-31T23:59:59.999999Z");
  }

  @Test
  void doesNotFollowAClockThatGoesBack() {
    assertThat(
            stamps(
                "2026-01-01T00:00:00.5Z",
                "2026-01-01T00:00:00.4Z",
                "2026-01-01T00:00:00.6Z",
                "2025-01-01T00:00:00Z"))
        .containsExactly(
            "2026-01-01T00:00:00.500000Z",
            "2026-01-01T00:00:00.600000Z",
            "2026-01-01T00:00:00.600000Z");
  }

  @Test
  void keepsItsFormWithAClockThatIsFarOff() {
    assertThat(stamps("1970-01-01T00:00:00Z", "-0100-01-01T00:00:00Z", "+20000-01-01T00:00:00Z"))
        .containsExactly("1970-01-01T00:00:00.000000Z", "9999-12-31T23:59:59.000000Z");
  }

  private static List<String> stamps(String last, String... now) {
    Queue<Instant> instants = new ArrayDeque<>(Stream.of(now).map(Instant::parse).toList());
    int count = instants.size();
    Stamps stamps = new Stamps(instants::remove, Instant.parse(last));
    return Stream.generate(stamps::next).limit(count).toList();
  }
}

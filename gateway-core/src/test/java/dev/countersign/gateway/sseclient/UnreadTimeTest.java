// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.sseclient;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

final class UnreadTimeTest {
  private final UnreadTime unread = new UnreadTime(Duration.ofNanos(10));

  @Test
  void clientThatReadsNothingIsTooSlow() {
    assertThat(unread.isTooLong(true, 100)).isFalse();
    assertThat(unread.isTooLong(true, 109)).isFalse();
    assertThat(unread.isTooLong(true, 110)).isTrue();
  }

  @Test
  void clientThatReadsInBetweenIsNot() {
    assertThat(unread.isTooLong(true, 100)).isFalse();
    unread.caughtUp();
    assertThat(unread.isTooLong(true, 110)).isFalse();
    assertThat(unread.isTooLong(false, 115)).isFalse();
    assertThat(unread.isTooLong(true, 120)).isFalse();
    assertThat(unread.isTooLong(true, 130)).isTrue();
  }
}

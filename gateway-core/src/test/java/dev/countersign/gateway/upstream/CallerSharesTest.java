// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.upstream;

import static dev.countersign.gateway.upstream.UpstreamBench.caller;
import static org.assertj.core.api.Assertions.assertThat;

import dev.countersign.identity.CallerKey;
import java.time.Duration;
import org.junit.jupiter.api.Test;

final class CallerSharesTest {
  private static final CallerKey ALICE = caller("alice");
  private static final CallerKey BOB = caller("bob");

  private long nanos = Long.MAX_VALUE - 5;
  private final CallerShares shares = new CallerShares(() -> nanos);

  @Test
  void callerMayHaveHalfOfWhatOneConnectionCarries() {
    for (int i = 0; i < CallerShares.PER_CALLER_MAX; i++) {
      assertThat(shares.hasRoom(ALICE)).isTrue();
      shares.began(ALICE);
    }
    assertThat(shares.hasRoom(ALICE)).isFalse();
    assertThat(shares.hasRoom(BOB)).isTrue();
    assertThat(shares.hasRoom()).isTrue();

    shares.ended(ALICE);
    assertThat(shares.hasRoom(ALICE)).isTrue();
  }

  @Test
  void whatWasBrokenOffCountsForHalfAMinute() {
    breakOff(ALICE, CallerShares.PER_CALLER_MAX);
    assertThat(shares.hasRoom(ALICE)).isFalse();
    assertThat(shares.hasRoom()).isTrue();
    assertThat(shares.resets(ALICE)).isEqualTo(CallerShares.PER_CALLER_MAX);

    nanos += Duration.ofSeconds(30).toNanos();
    assertThat(shares.hasRoom(ALICE)).isFalse();
    nanos += 1;
    assertThat(shares.hasRoom(ALICE)).isTrue();
    assertThat(shares.resets(ALICE)).isZero();
  }

  @Test
  void whatWasBrokenOffJustNowIsNotForgivenByTheClock() {
    nanos += Duration.ofSeconds(14).toNanos();
    breakOff(ALICE, 1);
    nanos += Duration.ofSeconds(15).toNanos();
    breakOff(ALICE, CallerShares.PER_CALLER_MAX - 1);
    nanos += Duration.ofSeconds(2).toNanos();

    assertThat(shares.hasRoom(ALICE)).isTrue();
    assertThat(shares.resets(ALICE)).isEqualTo(CallerShares.PER_CALLER_MAX - 1);
    nanos += Duration.ofSeconds(31).toNanos();
    assertThat(shares.resets(ALICE)).isZero();
  }

  @Test
  void noCallerAloneBringsAConnectionToRest() {
    breakOff(ALICE, CallerShares.PER_CALLER_MAX);
    assertThat(shares.hasRoom()).isTrue();

    breakOff(BOB, CallerShares.RESETS_MAX - CallerShares.PER_CALLER_MAX);
    assertThat(shares.hasRoom()).isFalse();
    nanos += Duration.ofSeconds(31).toNanos();
    assertThat(shares.hasRoom()).isTrue();
  }

  private void breakOff(CallerKey caller, int times) {
    for (int i = 0; i < times; i++) {
      shares.began(caller);
      shares.ended(caller);
      shares.reset(caller);
    }
  }
}

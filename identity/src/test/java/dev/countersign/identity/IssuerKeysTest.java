// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.identity;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The keys of an issuer over time: rotation, floods, outages, slowness. */
final class IssuerKeysTest {
  private final Bench bench = new Bench();

  @AfterEach
  void close() {
    bench.close();
  }

  private String good() {
    return bench.issuer.token(claims -> {});
  }

  private String unknownKey(int number) {
    return bench.issuer.token().header(header -> header.put("kid", "unknown-" + number)).build();
  }

  /** A token whose life spans hours, for tests that move the clock far. */
  private String longLived() {
    long end = bench.clock.instant().getEpochSecond() + 86_400;
    return bench.issuer.token(claims -> claims.put("exp", end));
  }

  /** Holds answers for keys back until the latch opens. */
  private CountDownLatch holdKeys(CountDownLatch asked) {
    CountDownLatch gate = new CountDownLatch(1);
    bench.issuer.keysAnswer(
        exchange -> {
          asked.countDown();
          try {
            assertThat(gate.await(10, TimeUnit.SECONDS)).isTrue();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          TestIssuer.answer(exchange, 200, "application/json", bench.issuer.keyDocument());
        });
    return gate;
  }

  @Test
  void isReadyWhenTheFirstFetchIsOver() {
    assertThat(bench.authenticator.keysPresent()).isFalse();
    assertThat(bench.authenticator.keyAges()).isEmpty();
    Bench.answer(bench.authenticator.ready());
    assertThat(bench.authenticator.keysPresent()).isTrue();
    assertThat(bench.authenticator.keyAges()).containsExactly(Map.entry("test", Duration.ZERO));
    assertThat(bench.observer.fetches).containsExactly("test ok");
    Bench.answer(bench.authenticator.ready());
    assertThat(bench.issuer.fetches()).isEqualTo(1);
  }

  @Test
  void fetchesForTheFirstTokenWhereNobodyWaitedForReadiness() {
    assertThat(bench.ask(good())).isInstanceOf(Authentication.Verified.class);
    assertThat(bench.issuer.fetches()).isEqualTo(1);
  }

  @Test
  void findsTheNewKeyAfterARotation() {
    bench.ask(good());
    bench.issuer.rotate();
    assertThat(bench.ask(good())).isInstanceOf(Authentication.Verified.class);
    assertThat(bench.issuer.fetches()).isEqualTo(2);
  }

  @Test
  void fetchesOnceForAFloodOfUnknownKeysAndRefusesTheRestAtOnce() {
    bench.ask(good());
    for (int i = 0; i < 500; i++) {
      assertThat(Bench.reason(bench.ask(unknownKey(i)))).isEqualTo(RejectReason.UNKNOWN_KEY);
    }
    assertThat(bench.issuer.fetches()).isEqualTo(2);
    bench.clock.advance(Duration.ofSeconds(29));
    bench.ask(unknownKey(500));
    assertThat(bench.issuer.fetches()).isEqualTo(2);
    bench.clock.advance(Duration.ofSeconds(1));
    bench.ask(unknownKey(501));
    assertThat(bench.issuer.fetches()).isEqualTo(3);
  }

  @Test
  void letsOnlySomeTokensWaitForASlowFetchAndAnswersTheOthers() throws InterruptedException {
    bench.ask(good());
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch gate = holdKeys(asked);
    List<CompletableFuture<Authentication>> flood = new ArrayList<>();
    for (int i = 0; i < 400; i++) {
      flood.add(bench.authenticator.authenticate("Bearer " + unknownKey(i), TestIssuer.RESOURCE));
    }
    assertThat(asked.await(10, TimeUnit.SECONDS)).isTrue();
    // Behind the flood in the queue, so that all of it has been looked at.
    assertThat(bench.ask(good())).isInstanceOf(Authentication.Verified.class);
    gate.countDown();
    Map<RejectReason, Integer> reasons = new EnumMap<>(RejectReason.class);
    for (CompletableFuture<Authentication> one : flood) {
      RejectReason reason = Bench.reason(Bench.answer(one));
      assertThat(reason).isNotNull();
      reasons.merge(reason, 1, Integer::sum);
    }
    assertThat(reasons)
        .containsOnly(
            Map.entry(RejectReason.UNKNOWN_KEY, 256),
            Map.entry(RejectReason.KEY_RATE_LIMITED, 144));
    assertThat(bench.issuer.fetches()).isEqualTo(2);
  }

  @Test
  void doesNotHoldUpKnownTokensOrOtherIssuersWhileAFetchHangs() throws InterruptedException {
    String known = good();
    bench.ask(known);
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch gate = holdKeys(asked);
    CompletableFuture<Authentication> waiting =
        bench.authenticator.authenticate("Bearer " + unknownKey(1), TestIssuer.RESOURCE);
    assertThat(asked.await(10, TimeUnit.SECONDS)).isTrue();
    assertThat(bench.cached(known)).isInstanceOf(Authentication.Verified.class);
    assertThat(bench.ask(good())).isInstanceOf(Authentication.Verified.class);
    assertThat(waiting).isNotDone();
    gate.countDown();
    assertThat(Bench.reason(Bench.answer(waiting))).isEqualTo(RejectReason.UNKNOWN_KEY);
  }

  @Test
  void asksAgainBeforeItTrustsStaleKeys() {
    bench.ask(good());
    String old = longLived();
    bench.issuer.rotate();
    bench.clock.advance(Duration.ofMinutes(5));
    assertThat(Bench.reason(bench.ask(old))).isEqualTo(RejectReason.UNKNOWN_KEY);
  }

  @Test
  void keepsOldKeysThroughAnOutageUpToABound() {
    bench.ask(good());
    String token = longLived();
    bench.issuer.outage(true);
    bench.clock.advance(Duration.ofMinutes(10));
    assertThat(bench.ask(token)).isInstanceOf(Authentication.Verified.class);
    assertThat(bench.authenticator.keysPresent()).isTrue();
    assertThat(bench.authenticator.keyAges()).containsEntry("test", Duration.ofMinutes(10));

    bench.clock.advance(Duration.ofHours(4).minusMinutes(10).minusSeconds(1));
    assertThat(bench.ask(token)).isInstanceOf(Authentication.Verified.class);
    bench.clock.advance(Duration.ofSeconds(1));
    assertThat(bench.cached(token)).as("cached a second ago").isNull();
    assertThat(bench.ask(token)).isInstanceOf(Authentication.Unavailable.class);
    assertThat(bench.authenticator.keysPresent()).isFalse();
    assertThat(bench.observer.fetches).contains("test failed");

    bench.issuer.outage(false);
    bench.clock.advance(Duration.ofSeconds(5));
    assertThat(bench.ask(token)).isInstanceOf(Authentication.Verified.class);
    assertThat(bench.authenticator.keysPresent()).isTrue();
  }

  @Test
  void pausesBetweenTriesDuringAnOutageAndAnswersAtOnceMeanwhile() {
    bench.ask(good());
    String token = longLived();
    bench.issuer.outage(true);
    bench.clock.advance(Duration.ofMinutes(6));
    bench.ask(token);
    int discoveries = bench.issuer.discoveries();
    for (int i = 0; i < 20; i++) {
      assertThat(bench.ask(longLived())).isInstanceOf(Authentication.Verified.class);
    }
    assertThat(bench.issuer.discoveries()).isEqualTo(discoveries);
  }

  @Test
  void isUnavailableWithoutAnyKeysAndRecovers() {
    bench.issuer.outage(true);
    Bench.answer(bench.authenticator.ready());
    assertThat(bench.authenticator.keysPresent()).isFalse();
    assertThat(bench.authenticator.keyAges()).isEmpty();
    String token = good();
    for (int i = 0; i < 20; i++) {
      assertThat(bench.ask(token)).isInstanceOf(Authentication.Unavailable.class);
    }
    assertThat(bench.issuer.discoveries()).isEqualTo(1);
    bench.issuer.outage(false);
    bench.clock.advance(Duration.ofSeconds(5));
    assertThat(bench.ask(token)).isInstanceOf(Authentication.Verified.class);
  }

  @Test
  void refreshesAheadAndByItself() throws InterruptedException {
    bench.ask(good());
    CountDownLatch again = new CountDownLatch(1);
    CountDownLatch gate = holdKeys(again);
    gate.countDown();
    bench.clock.advance(Duration.ofMinutes(4));
    assertThat(again.await(10, TimeUnit.SECONDS)).isTrue();
  }

  @Test
  void startsNoFetchBeforeItIsDueAndOneWhenItIs() {
    IssuerKeys keys = new IssuerKeys(bench.issuer.settings(), bench.clock, bench.observer);
    Bench.answer(keys.attempted());
    bench.clock.advance(Duration.ofMinutes(4).minusSeconds(1));
    keys.refreshIfDue();
    assertThat(bench.issuer.discoveries()).isEqualTo(1);
    bench.clock.advance(Duration.ofSeconds(1));
    keys.refreshIfDue();
    keys.refreshIfDue();
    Bench.answer(keys.attempted());
    assertThat(bench.issuer.discoveries()).isEqualTo(2);
    assertThat(keys.age()).isEqualTo(Duration.ZERO);
  }

  @Test
  void fetchesAgainWhenTheClockWasSetFarBack() {
    bench.ask(good());
    bench.clock.advance(Duration.ofHours(-5));
    assertThat(bench.ask(good())).isInstanceOf(Authentication.Verified.class);
    assertThat(bench.issuer.fetches()).isEqualTo(2);
  }

  @Test
  void takesAnEmptyListOfKeysForWhatItSays() {
    String token = good();
    bench.ask(token);
    bench.issuer.publish();
    assertThat(Bench.reason(bench.ask(unknownKey(1)))).isEqualTo(RejectReason.UNKNOWN_KEY);
    assertThat(bench.cached(token)).isNull();
    assertThat(Bench.reason(bench.ask(token))).isEqualTo(RejectReason.UNKNOWN_KEY);
  }
}

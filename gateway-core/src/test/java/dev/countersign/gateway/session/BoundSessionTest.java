// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.session;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.countersign.gateway.input.ClientCapabilities;
import dev.countersign.gateway.jsonrpc.RpcId;
import dev.countersign.gateway.seal.Seal;
import dev.countersign.gateway.snapshot.LimitSettings;
import dev.countersign.identity.CallerKey;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class BoundSessionTest {
  private final TestClock clock = new TestClock();
  private final SessionTable table = new SessionTable(clock, new Seal(() -> null));
  private final BoundSession session =
      requireNonNull(
          table.open(
              new CallerKey("oidc", "i", "s", null),
              "r",
              "v",
              null,
              ClientCapabilities.NONE,
              LimitSettings.DEFAULTS));

  @Test
  void lendsARequestIdOnceAtATime() {
    RpcId one = new RpcId.Number(1);

    assertThat(session.begin(one, () -> {})).isTrue();
    assertThat(session.begin(new RpcId.Number(1), () -> {})).isFalse();
    assertThat(session.begin(new RpcId.Text("1"), () -> {})).isTrue();
    session.finish(one);
    assertThat(session.begin(one, () -> {})).isTrue();
  }

  @Test
  void cancelsTheRequestThatHoldsTheIdAndNoOther() {
    AtomicInteger cancelled = new AtomicInteger();
    session.begin(new RpcId.Number(1), cancelled::incrementAndGet);
    session.begin(new RpcId.Number(1), () -> cancelled.addAndGet(100));

    requireNonNull(session.cancellation(new RpcId.Number(1))).run();

    assertThat(cancelled).hasValue(1);
    assertThat(session.cancellation(new RpcId.Text("1"))).isNull();
    assertThat(session.cancellation(new RpcId.Number(2))).isNull();
    session.finish(new RpcId.Number(1));
    assertThat(session.cancellation(new RpcId.Number(1))).isNull();
  }

  @Test
  void lendsAsManyStreamsAsAllowed() {
    assertThat(session.openStream(2)).isTrue();
    assertThat(session.openStream(2)).isTrue();
    assertThat(session.openStream(2)).isFalse();
    assertThat(session.openStream(2)).isFalse();
    session.closeStream();
    assertThat(session.openStream(2)).isTrue();
    assertThat(session.openStream(2)).isFalse();
  }

  @Test
  void runsATaskAtOnceWhenItHasEndedAlready() {
    AtomicInteger runs = new AtomicInteger();
    table.end(session);
    session.onEnd(runs::incrementAndGet);

    assertThat(runs).hasValue(1);
  }

  @Test
  void forgetsATaskThatWasTakenBack() {
    AtomicInteger runs = new AtomicInteger();
    Runnable task = runs::incrementAndGet;
    session.onEnd(task);
    session.forget(task);
    table.end(session);

    assertThat(runs).hasValue(0);
  }

  @Test
  void knowsItsAgeAndItsCalls() {
    clock.advance(Duration.ofMillis(2999));
    session.countCall();
    session.countCall();

    assertThat(session.ageSeconds(clock.millis())).isEqualTo(2);
    assertThat(session.ageSeconds(clock.millis() - 10_000)).isZero();
    assertThat(session.calls()).isEqualTo(2);
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.identity;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** An authenticator under test with one issuer and a clock that the test moves. */
final class Bench implements AutoCloseable {
  final TestClock clock = new TestClock();
  final CountingObserver observer = new CountingObserver();
  final TestIssuer issuer;
  final Authenticator authenticator;

  Bench() {
    this.issuer = new TestIssuer(clock);
    this.authenticator = open(issuer.settings());
  }

  Authenticator open(IssuerSettings... issuers) {
    return new Authenticator(settings(issuers), clock, observer);
  }

  static IdentitySettings settings(IssuerSettings... issuers) {
    return new IdentitySettings(
        List.of(issuers), Duration.ofSeconds(30), 100, Duration.ofSeconds(60), 16 << 10);
  }

  Authentication ask(String token) {
    return answer(authenticator.authenticate("Bearer " + token, TestIssuer.RESOURCE));
  }

  @Nullable Authentication cached(String token) {
    return authenticator.cached("Bearer " + token, TestIssuer.RESOURCE);
  }

  static <T> T answer(CompletableFuture<T> future) {
    return future.orTimeout(20, TimeUnit.SECONDS).join();
  }

  static Caller caller(@Nullable Authentication answer) {
    if (answer instanceof Authentication.Verified verified) {
      return verified.caller();
    }
    throw new AssertionError("not verified: " + answer);
  }

  static @Nullable RejectReason reason(@Nullable Authentication answer) {
    return answer instanceof Authentication.Rejected rejected ? rejected.reason() : null;
  }

  @Override
  public void close() {
    authenticator.close();
    issuer.close();
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.gateway.error.Reason;
import dev.countersign.gateway.error.RefusedException;
import dev.countersign.gateway.http.BufferBudget;
import dev.countersign.gateway.http.Loop;
import dev.countersign.gateway.work.LoopTime;
import dev.countersign.gateway.work.LoopTimes;
import dev.countersign.identity.Authentication;
import dev.countersign.identity.Authenticator;
import dev.countersign.identity.Caller;
import dev.countersign.identity.CallerKey;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Turns the credential of a request into a caller, or into the challenge that says what is missing;
 * then sees whether its loop has time for the call, holds one of the caller's places in flight, and
 * counts what the call keeps in memory against the caller's share.
 */
final class CallerStep {
  private final ConcurrentHashMap<CallerKey, InFlight> inFlight = new ConcurrentHashMap<>();
  private final LoopTimes times;
  private final BufferBudget budget;

  /** What a caller has under way; kept as long as anything of it is in memory. */
  private record InFlight(int calls, BufferBudget share) {
    InFlight with(int more) {
      return new InFlight(calls + more, share);
    }

    @Nullable InFlight unlessOver() {
      return calls == 0 && share.used() == 0 ? null : this;
    }
  }

  CallerStep(LoopTimes times, BufferBudget budget) {
    this.times = times;
    this.budget = budget;
  }

  /** A request has come in; whose it is comes out later. */
  void cameIn(Loop loop) {
    times.of(loop).cameIn();
  }

  CompletableFuture<Caller> prove(Call call) {
    Authenticator authenticator = call.snapshot().authenticator();
    String authorization = call.exchange().head().header("authorization");
    String resource = call.entrance().resource();
    Authentication known = authenticator.cached(authorization, resource);
    CompletableFuture<Authentication> proof =
        known != null
            ? CompletableFuture.completedFuture(known)
            : call.exchange().loop().here(authenticator.authenticate(authorization, resource));
    return proof.thenApply(authentication -> accept(call, authentication));
  }

  private Caller accept(Call call, Authentication authentication) {
    return switch (authentication) {
      case Authentication.Verified verified -> admit(call, verified.caller());
      case Authentication.Missing missing -> throw RefusedException.of(Reason.UNAUTHENTICATED);
      case Authentication.Rejected rejected -> {
        call.rejected(rejected.reason());
        throw RefusedException.of(Reason.CREDENTIAL_REJECTED, rejected.description());
      }
      case Authentication.Unavailable unavailable ->
          throw RefusedException.of(Reason.IDENTITY_UNAVAILABLE);
    };
  }

  private Caller admit(Call call, Caller caller) {
    CallerKey key = caller.key();
    call.caller(caller);
    LoopTime time = times.of(call.exchange().loop());
    call.takesOf(time);
    if (!time.isThereFor(key, call.limits().loopTurn())) {
      throw RefusedException.of(Reason.BUSY);
    }
    InFlight now =
        inFlight.compute(
            key, (k, was) -> was == null ? new InFlight(1, shareOf(key)) : was.with(1));
    call.onEnd(() -> inFlight.computeIfPresent(key, (k, was) -> was.with(-1).unlessOver()));
    if (now.calls > call.limits().callsPerCallerMax()) {
      throw RefusedException.of(Reason.CALL_LIMIT);
    }
    if (!call.exchange().hold().chargeTo(now.share)) {
      throw RefusedException.of(Reason.OVERLOADED);
    }
    return caller;
  }

  private BufferBudget shareOf(CallerKey key) {
    return budget.share(() -> inFlight.computeIfPresent(key, (k, was) -> was.unlessOver()));
  }
}

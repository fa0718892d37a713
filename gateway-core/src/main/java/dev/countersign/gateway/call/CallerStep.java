// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.gateway.error.Reason;
import dev.countersign.gateway.error.RefusedException;
import dev.countersign.identity.Authentication;
import dev.countersign.identity.Authenticator;
import dev.countersign.identity.Caller;
import dev.countersign.identity.CallerKey;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Turns the credential of a request into a caller, or into the challenge that says what is missing;
 * then holds one of the caller's places in flight.
 */
final class CallerStep {
  private final ConcurrentHashMap<CallerKey, Integer> inFlight = new ConcurrentHashMap<>();

  CompletableFuture<Caller> prove(Call call) {
    Authenticator authenticator = call.snapshot().authenticator();
    String authorization = call.exchange().head().header("authorization");
    String resource = call.route().resource();
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
    int count = inFlight.merge(key, 1, Integer::sum);
    call.onEnd(() -> inFlight.computeIfPresent(key, (k, c) -> c > 1 ? c - 1 : null));
    call.caller(caller);
    if (count > call.limits().callsPerCallerMax()) {
      throw RefusedException.of(Reason.CALL_LIMIT);
    }
    return caller;
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.bare;

import dev.countersign.audit.AuditLog;
import dev.countersign.audit.AuditObserver;
import dev.countersign.audit.AuditReceipt;
import dev.countersign.audit.AuditUnavailableException;
import dev.countersign.audit.CallerFacts;
import dev.countersign.audit.CauseFacts;
import dev.countersign.audit.DecisionLeaf;
import dev.countersign.audit.DecisionResult;
import dev.countersign.audit.PolicyFacts;
import dev.countersign.gateway.admission.AdmittedCall;
import dev.countersign.gateway.admission.OutboundRequest;
import dev.countersign.gateway.http.Header;
import dev.countersign.gateway.snapshot.GatewaySettings;
import dev.countersign.identity.Authentication;
import dev.countersign.identity.Authenticator;
import dev.countersign.identity.Caller;
import dev.countersign.identity.IdentityObserver;
import dev.countersign.policy.AccessRequest;
import dev.countersign.policy.Decision;
import dev.countersign.policy.DecisionPoint;
import dev.countersign.policy.Effect;
import dev.countersign.policy.Obligations;
import dev.countersign.policy.Permit;
import dev.countersign.policy.TargetKind;
import dev.countersign.policy.Trigger;
import dev.countersign.policy.Verdict;
import java.io.IOException;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * One caller, one permit and one receipt, come by honestly before the first call and good for all
 * of them, since all bear one call id. So nothing is proved, decided or recorded while calls run,
 * and the upstream leg is the product's own, which takes nothing but admitted calls.
 */
final class Proofs {
  private static final String ID = "bare";
  private static final String ENGINE = "bench";

  private final Caller caller;
  private final Permit permit;
  private final AuditReceipt receipt;
  private final String server;

  private Proofs(Caller caller, Permit permit, AuditReceipt receipt, String server) {
    this.caller = caller;
    this.permit = permit;
    this.receipt = receipt;
    this.server = server;
  }

  /**
   * Obtains them.
   *
   * @param token of an issuer of the settings, for the audience
   * @param server name of the server that everything goes to
   */
  static Proofs obtain(GatewaySettings settings, String token, String audience, String server)
      throws IOException, AuditUnavailableException {
    Caller caller = caller(settings, token, audience);
    AccessRequest request =
        new AccessRequest(
            new AccessRequest.Call(ID, "tools/call", "2026-07-28", Trigger.REQUEST, 0, null),
            new AccessRequest.Caller(
                caller.id(), "oidc", "", "", null, null, "bearer", List.of(), null, List.of()),
            new AccessRequest.Session(null, -1, -1),
            null,
            new AccessRequest.Server(server, "", null),
            new AccessRequest.Target(TargetKind.TOOL, "any", false, null, Effect.READ, Map.of()),
            null,
            new AccessRequest.Context(Instant.EPOCH, null, settings.node(), ""));
    Verdict yes = new Verdict.Answer("allow", "bare", List.of(), Obligations.NONE);
    Decision decision =
        new DecisionPoint(
                any -> CompletableFuture.completedFuture(yes), ENGINE, "1", Duration.ofSeconds(1))
            .decide(request)
            .join();
    if (!(decision instanceof Permit permit)) {
      throw new IOException("no permit: " + decision);
    }
    return new Proofs(caller, permit, receipt(settings, caller), server);
  }

  private static Caller caller(GatewaySettings settings, String token, String audience)
      throws IOException {
    try (Authenticator authenticator =
        new Authenticator(settings.identity(), Clock.systemUTC(), IdentityObserver.NONE)) {
      authenticator.ready().join();
      Authentication proof = authenticator.authenticate("Bearer " + token, audience).join();
      if (proof instanceof Authentication.Verified verified) {
        return verified.caller();
      }
      throw new IOException("no caller: " + proof);
    }
  }

  private static AuditReceipt receipt(GatewaySettings settings, Caller caller)
      throws IOException, AuditUnavailableException {
    DecisionLeaf leaf =
        new DecisionLeaf(
            ID,
            null,
            null,
            "2026-07-28",
            "tools/call",
            new CauseFacts("request", CauseFacts.Direction.TO_SERVER, 0, null),
            "/",
            new CallerFacts(
                caller.id(), "oidc", "", "", null, "bearer", null, null, caller.actors()),
            null,
            null,
            null,
            null,
            null,
            null,
            DecisionResult.PERMIT,
            new PolicyFacts(ENGINE, "1", "bare", List.of(), List.of()),
            "permitted",
            null,
            settings.revision(),
            false);
    try (AuditLog log = AuditLog.open(settings.audit(), Clock.systemUTC(), AuditObserver.NONE)) {
      AuditReceipt receipt = log.append(leaf);
      receipt.durable().join();
      return receipt;
    }
  }

  /** A call with these bytes. */
  AdmittedCall admit(List<Header> headers, byte[] body) {
    return AdmittedCall.admit(
        caller, permit, receipt, new OutboundRequest(ID, server, "POST", headers, body));
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.audit.AuditDesk;
import dev.countersign.audit.AuditLog;
import dev.countersign.audit.AuditReceipt;
import dev.countersign.audit.AuditUnavailableException;
import dev.countersign.audit.CallerFacts;
import dev.countersign.audit.CauseFacts;
import dev.countersign.audit.CauseFacts.Direction;
import dev.countersign.audit.CredentialFacts;
import dev.countersign.audit.DecisionLeaf;
import dev.countersign.audit.DecisionResult;
import dev.countersign.audit.IntentFacts;
import dev.countersign.audit.OutcomeLeaf;
import dev.countersign.audit.OutcomeResult;
import dev.countersign.audit.PolicyFacts;
import dev.countersign.audit.ServerFacts;
import dev.countersign.audit.SideEffect;
import dev.countersign.audit.TargetFacts;
import dev.countersign.gateway.admission.AdmittedCall;
import dev.countersign.gateway.error.Reason;
import dev.countersign.gateway.error.RefusedException;
import dev.countersign.gateway.http.Loop;
import dev.countersign.gateway.mcp.Era;
import dev.countersign.gateway.mcp.McpMessage;
import dev.countersign.gateway.snapshot.ServerSettings;
import dev.countersign.gateway.telemetry.Meters;
import dev.countersign.gateway.work.WorkPool;
import dev.countersign.identity.Caller;
import dev.countersign.policy.Decision;
import dev.countersign.policy.Durability;
import dev.countersign.policy.Effect;
import dev.countersign.policy.Permit;
import dev.countersign.policy.Trigger;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Puts decisions and outcomes on record. Without a decision's receipt nothing is forwarded. */
final class RecordStep {
  private static final Logger LOG = LoggerFactory.getLogger(RecordStep.class);

  private static final Duration DISK_TIME = Duration.ofSeconds(5);

  private final AuditLog log;
  private final Meters meters;
  private final WorkPool work;
  private final Map<Loop, AuditDesk> desks = new ConcurrentHashMap<>();

  RecordStep(AuditLog log, Meters meters, WorkPool work) {
    this.log = log;
    this.meters = meters;
    this.work = work;
  }

  /**
   * Records a permit and joins it with caller and receipt. Completes when the record is durable, or
   * at once where the permit lets the sync overlap the server's work.
   */
  CompletableFuture<AdmittedCall> decided(Call call, Call.PermittedRequest permitted) {
    byte[] body = permitted.request().body();
    return work.forUnderWay(
            call.caller().key(), body.length, call.exchange().loop(), () -> digest(body))
        .thenCompose(digest -> decided(call, permitted, digest));
  }

  private CompletableFuture<AdmittedCall> decided(
      Call call, Call.PermittedRequest permitted, String requestDigest) {
    Permit permit = permitted.permit();
    AuditReceipt receipt =
        append(call, leaf(call, DecisionResult.PERMIT, "permitted", requestDigest));
    if (permit.durability() == Durability.BEFORE_RELEASE && call.effect() == Effect.READ) {
      return CompletableFuture.completedFuture(
          AdmittedCall.admit(call.caller(), permit, receipt, permitted.request()));
    }
    return onDisk(call, receipt)
        .handle(
            (durable, failure) -> {
              if (failure instanceof TimeoutException) {
                neverSent(call);
              }
              if (failure != null) {
                throw RefusedException.of(Reason.AUDIT_UNAVAILABLE);
              }
              return AdmittedCall.admit(call.caller(), permit, receipt, permitted.request());
            });
  }

  /**
   * Completes, on the call's loop, when a record is on disk; fails when it cannot be, and with
   * {@link TimeoutException} when the disk takes longer than anybody should wait.
   */
  CompletableFuture<@Nullable Void> onDisk(Call call, AuditReceipt receipt) {
    if (receipt.isDurable()) {
      return CompletableFuture.completedFuture(null);
    }
    Loop loop = call.exchange().loop();
    CompletableFuture<@Nullable Void> known = new CompletableFuture<>();
    Loop.Timer timer =
        loop.after(DISK_TIME, () -> known.completeExceptionally(new TimeoutException()));
    receipt
        .durable()
        .whenComplete(
            (position, failure) -> {
              timer.cancel();
              if (failure == null) {
                known.complete(null);
              } else {
                known.completeExceptionally(failure);
              }
            });
    return known;
  }

  /** The permit may still get to the disk; then the log must say that nothing came of it. */
  private void neverSent(Call call) {
    ended(
        call,
        new OutcomeLeaf(
            call.id(),
            OutcomeResult.NOT_DISPATCHED,
            null,
            null,
            null,
            null,
            SideEffect.NONE,
            null,
            0,
            -1,
            -1,
            -1,
            0,
            "the record was not on disk in time"));
  }

  /**
   * Records a refusal; completes when it is durable or cannot be. A refusal stands even when it
   * cannot be recorded: what is counted then is that the log is unavailable.
   */
  CompletableFuture<?> refused(Call call, Reason reason) {
    try {
      DecisionLeaf leaf = leaf(call, result(reason), reason.id(), null);
      return onDisk(call, desk(call).append(leaf)).exceptionally(failure -> null);
    } catch (AuditUnavailableException e) {
      LOG.atWarn().addKeyValue("call", call.id()).log("a refusal could not be recorded");
      return CompletableFuture.completedFuture(null);
    }
  }

  /**
   * Records a permit under which nothing goes to a server by itself. Completes when it is durable;
   * fails with a refusal when it cannot be.
   */
  CompletableFuture<?> permitted(Call call) {
    return onDisk(call, append(call, leaf(call, DecisionResult.PERMIT, "permitted", null)))
        .exceptionally(
            failure -> {
              throw RefusedException.of(Reason.AUDIT_UNAVAILABLE);
            });
  }

  /**
   * Records how a permitted call ended. The call is over, so nothing can be refused any more: the
   * log itself puts an unknown outcome in the place of one that it lost.
   */
  void ended(Call call, OutcomeLeaf outcome) {
    try {
      desk(call).append(outcome).ifLost(() -> lost(call));
    } catch (AuditUnavailableException e) {
      lost(call);
    }
  }

  private void lost(Call call) {
    meters.outcomeLost();
    LOG.atError().addKeyValue("call", call.id()).log("an outcome could not be recorded");
  }

  private AuditDesk desk(Call call) {
    return desks.computeIfAbsent(call.exchange().loop(), loop -> log.desk(loop, loop::isCurrent));
  }

  private AuditReceipt append(Call call, DecisionLeaf leaf) {
    try {
      return desk(call).append(leaf);
    } catch (AuditUnavailableException e) {
      throw RefusedException.of(Reason.AUDIT_UNAVAILABLE);
    }
  }

  private static DecisionResult result(Reason reason) {
    return switch (reason) {
      case APPROVAL_NEEDED -> DecisionResult.APPROVAL_NEEDED;
      case STEP_UP_NEEDED -> DecisionResult.STEP_UP;
      case POLICY_INDETERMINATE -> DecisionResult.INDETERMINATE;
      default -> DecisionResult.REFUSE;
    };
  }

  private DecisionLeaf leaf(
      Call call, DecisionResult result, String reason, @Nullable String requestDigest) {
    McpMessage message = call.message();
    String intent = message.meta().intent();
    String target = call.governedName();
    return new DecisionLeaf(
        call.id(),
        message.meta().traceId(),
        call.rpcIdJson(),
        call.version(),
        message.method().wire(),
        cause(call),
        call.entrance().path(),
        caller(call.caller()),
        call.sessionId(),
        intent == null ? null : new IntentFacts(intent, "agent-declared"),
        server(call),
        target == null ? null : target(call, message, target),
        message.arguments() == null ? null : call.commitment(),
        requestDigest,
        result,
        policy(call),
        reason,
        requestDigest == null || call.origin().trigger() == Trigger.INPUT_REQUEST
            ? null
            : credential(call),
        call.snapshot().revision(),
        requestDigest != null);
  }

  private static CauseFacts cause(Call call) {
    return new CauseFacts(
        call.origin().trigger().wire(),
        call.origin().trigger() == Trigger.INPUT_REQUEST
            ? Direction.TO_CLIENT
            : Direction.TO_SERVER,
        call.origin().round(),
        call.origin().parent());
  }

  private static ServerFacts server(Call call) {
    if (!call.hasRoute()) {
      return new ServerFacts(call.entrance().label(), call.entrance().resource(), null, null);
    }
    ServerSettings server = call.route().server();
    return new ServerFacts(
        server.name(),
        server.url().toString(),
        server.environment(),
        call.isBridged() ? Era.MODERN_VERSION : null);
  }

  private static TargetFacts target(Call call, McpMessage message, String name) {
    return new TargetFacts(
        message.kind().wire(),
        name,
        call.exposedName(),
        call.effect() == null ? null : call.effect().name().toLowerCase(Locale.ROOT));
  }

  private static CallerFacts caller(Caller caller) {
    return new CallerFacts(
        caller.id(),
        caller.kind(),
        caller.issuer(),
        caller.subject(),
        caller.client(),
        caller.proof(),
        caller.credentialHash(),
        caller.user(),
        caller.actors());
  }

  private static CredentialFacts credential(Call call) {
    return new CredentialFacts(
        call.route().credential().kind(), call.route().credential().reference());
  }

  private static PolicyFacts policy(Call call) {
    Decision decision = call.decision();
    if (decision == null) {
      return new PolicyFacts("none", call.snapshot().policyRevision(), null, List.of(), List.of());
    }
    return new PolicyFacts(
        decision.engine(), decision.revision(), decision.rule(), decision.reasons(), List.of());
  }

  static String digest(byte[] bytes) {
    return "sha256:" + HexFormat.of().formatHex(Digests.sha256().digest(bytes));
  }
}

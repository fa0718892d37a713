// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.gateway.error.Reason;
import dev.countersign.gateway.error.RefusedException;
import dev.countersign.gateway.input.InputTarget;
import dev.countersign.gateway.json.JsonValue;
import dev.countersign.gateway.mcp.McpMessage;
import dev.countersign.gateway.session.BoundSession;
import dev.countersign.gateway.snapshot.ServerSettings;
import dev.countersign.gateway.snapshot.Snapshot;
import dev.countersign.gateway.telemetry.Meters;
import dev.countersign.identity.Caller;
import dev.countersign.policy.AccessRequest;
import dev.countersign.policy.ApprovalNeeded;
import dev.countersign.policy.Decision;
import dev.countersign.policy.Effect;
import dev.countersign.policy.Indeterminate;
import dev.countersign.policy.Obligations;
import dev.countersign.policy.Permit;
import dev.countersign.policy.Refusal;
import dev.countersign.policy.StepUpNeeded;
import dev.countersign.policy.TargetKind;
import dev.countersign.policy.Trigger;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** Asks policy. Only a permit goes on; everything else ends the call. */
final class DecisionStep {
  private final InstantSource clock;
  private final Meters meters;

  DecisionStep(InstantSource clock, Meters meters) {
    this.clock = clock;
    this.meters = meters;
  }

  /** Decides the call itself. */
  CompletableFuture<Permit> decide(Call call) {
    long began = System.nanoTime();
    AccessRequest request = request(call, call.snapshot());
    return ask(call, call.snapshot(), request)
        .thenCompose(
            decision -> {
              meters.decided(word(decision), System.nanoTime() - began);
              call.decision(decision);
              return switch (decision) {
                case Permit permit -> CompletableFuture.completedFuture(met(permit));
                case Refusal refusal -> refuse(call);
                case ApprovalNeeded approval -> throw RefusedException.of(Reason.APPROVAL_NEEDED);
                case StepUpNeeded stepUp -> throw RefusedException.needingScopes(stepUp.scopes());
                case Indeterminate broken -> throw RefusedException.of(Reason.POLICY_INDETERMINATE);
              };
            });
  }

  private static String word(Decision decision) {
    return switch (decision) {
      case Permit permit -> "permit";
      case Refusal refusal -> "refusal";
      case ApprovalNeeded approval -> "approval_needed";
      case StepUpNeeded stepUp -> "step_up";
      case Indeterminate broken -> "indeterminate";
    };
  }

  /**
   * A permit whose demands cannot be met is none: credentials are what the operator configured,
   * answers are not redacted, and sessions carry no labels yet.
   */
  private static Permit met(Permit permit) {
    if (!isMet(permit)) {
      throw RefusedException.of(Reason.OBLIGATION_UNMET);
    }
    return permit;
  }

  static boolean isMet(Permit permit) {
    Obligations demanded = permit.obligations();
    return demanded.credentialScopes().isEmpty()
        && demanded.credentialTtl() == null
        && demanded.redact().isEmpty()
        && demanded.labels().isEmpty();
  }

  /** Decides what a server asks of a client; the call is that question's. */
  CompletableFuture<Decision> decideQuestion(Call asked) {
    return ask(asked, asked.snapshot(), request(asked, asked.snapshot()))
        .thenApply(
            decision -> {
              asked.decision(decision);
              return decision;
            });
  }

  /** Whether a target may be shown to the caller: the decision of a call without its arguments. */
  CompletableFuture<Boolean> visible(Call call, TargetKind kind, String name) {
    boolean ofTool = kind == TargetKind.TOOL || kind == TargetKind.TASK;
    Effect effect = ofTool ? call.route().effects().of(name) : null;
    AccessRequest request = request(call, call.snapshot(), Trigger.LIST, kind, name, effect, null);
    return ask(call, call.snapshot(), request).thenApply(DecisionStep::shows);
  }

  /** Whether the caller may read a resource that came with another: nothing but a permit counts. */
  CompletableFuture<Boolean> readable(Call call, String uri) {
    AccessRequest request =
        request(call, call.snapshot(), Trigger.REQUEST, TargetKind.RESOURCE, uri, null, null);
    return ask(call, call.snapshot(), request)
        .thenApply(decision -> decision instanceof Permit permit && isMet(permit));
  }

  /** Whether a tool's call may go on as a task; nothing but a permit counts. */
  CompletableFuture<Boolean> mayBeTask(Call call, String tool) {
    AccessRequest request =
        request(call, call.snapshot(), Trigger.TASK, TargetKind.TASK, tool, call.effect(), null);
    return ask(call, call.snapshot(), request)
        .thenApply(decision -> decision instanceof Permit permit && isMet(permit));
  }

  /** Whether the caller may hear what becomes of a tool's task; nothing but a permit counts. */
  CompletableFuture<Boolean> mayFollow(Call call, Snapshot snapshot, Trigger trigger, String tool) {
    Effect effect = call.route().effects().of(tool);
    AccessRequest request = request(call, snapshot, trigger, TargetKind.TASK, tool, effect, null);
    return ask(call, snapshot, request)
        .thenApply(decision -> decision instanceof Permit permit && isMet(permit));
  }

  /** Whether the server may ask the client this; nothing but a permit counts. */
  CompletableFuture<Boolean> mayAsk(Call call, InputTarget target) {
    AccessRequest request =
        request(
            call, call.snapshot(), Trigger.INPUT_REQUEST, target.kind(), target.name(), null, null);
    return ask(call, call.snapshot(), request)
        .thenApply(decision -> decision instanceof Permit permit && isMet(permit));
  }

  /** As {@link #readable(Call, String)}, under other settings than the call's. */
  CompletableFuture<Boolean> readable(Call call, Snapshot newest, String uri) {
    AccessRequest request =
        request(call, newest, Trigger.RECHECK, TargetKind.RESOURCE, uri, null, null);
    return ask(call, newest, request)
        .thenApply(decision -> decision instanceof Permit permit && isMet(permit));
  }

  /** Whether an open stream may go on under the newest settings. */
  CompletableFuture<Boolean> stillPermitted(Call call, Snapshot newest) {
    AccessRequest request =
        request(
            call,
            newest,
            Trigger.RECHECK,
            TargetKind.SERVER,
            call.route().server().name(),
            null,
            null);
    return ask(call, newest, request)
        .thenApply(decision -> decision instanceof Permit permit && isMet(permit));
  }

  /**
   * A target that would not be shown is answered like one that does not exist, so that asking tells
   * nothing; one that is shown is refused by name.
   */
  private CompletableFuture<Permit> refuse(Call call) {
    McpMessage message = call.message();
    String name = call.governedName();
    if (name == null || isInput(message.kind())) {
      throw RefusedException.of(Reason.POLICY_REFUSED);
    }
    return visible(call, message.kind(), name)
        .thenApply(
            shown -> {
              throw shown
                  ? RefusedException.of(Reason.POLICY_REFUSED)
                  : UnknownTarget.hidden(message, call.nameFor(name));
            });
  }

  /** What servers ask of clients is hidden from neither. */
  private static boolean isInput(TargetKind kind) {
    return kind == TargetKind.SAMPLING
        || kind == TargetKind.ELICITATION
        || kind == TargetKind.ROOTS;
  }

  private static CompletableFuture<Decision> ask(
      Call call, Snapshot snapshot, AccessRequest request) {
    return call.exchange()
        .loop()
        .here(snapshot.decisionPoint(call.exchange().loop()).decide(request));
  }

  private static boolean shows(Decision decision) {
    return switch (decision) {
      case Permit permit -> true;
      case ApprovalNeeded approval -> true;
      case StepUpNeeded stepUp -> true;
      case Refusal refusal -> false;
      case Indeterminate broken -> false;
    };
  }

  private AccessRequest request(Call call, Snapshot snapshot) {
    McpMessage message = call.message();
    String name = call.governedName();
    JsonValue arguments = message.arguments();
    return request(
        call,
        snapshot,
        call.origin().trigger(),
        message.kind(),
        name == null ? call.route().server().name() : name,
        call.effect(),
        arguments == null
            ? null
            : new AccessRequest.Arguments(
                arguments.document().bytes(), arguments.start(), arguments.end()));
  }

  private AccessRequest request(
      Call call,
      Snapshot snapshot,
      Trigger trigger,
      TargetKind kind,
      String name,
      @Nullable Effect effect,
      AccessRequest.@Nullable Arguments arguments) {
    McpMessage message = call.message();
    Caller caller = call.caller();
    ServerSettings server = call.route().server();
    BoundSession session = call.session();
    return new AccessRequest(
        new AccessRequest.Call(
            call.id(),
            message.method().wire(),
            call.version(),
            trigger,
            call.origin().round(),
            call.origin().parent()),
        new AccessRequest.Caller(
            caller.id(),
            caller.kind(),
            caller.issuer(),
            caller.subject(),
            caller.client(),
            caller.trustDomain(),
            caller.proof(),
            caller.scopes(),
            caller.user(),
            caller.actors()),
        new AccessRequest.Session(
            call.sessionId(),
            session == null ? -1 : session.ageSeconds(clock.millis()),
            session == null ? -1 : session.calls()),
        task(message),
        new AccessRequest.Server(server.name(), server.url().toString(), server.environment()),
        new AccessRequest.Target(kind, name, false, null, effect, Map.of()),
        arguments,
        new AccessRequest.Context(
            clock.instant(),
            call.exchange().head().source(),
            snapshot.settings().node(),
            snapshot.revision()));
  }

  private static AccessRequest.@Nullable Task task(McpMessage message) {
    String purpose = message.meta().intent();
    return purpose == null ? null : new AccessRequest.Task(null, purpose, "agent-declared");
  }
}

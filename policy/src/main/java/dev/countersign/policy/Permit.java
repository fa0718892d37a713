// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.policy;

import java.util.List;

/**
 * Proof that policy permitted one call of one caller to one target. Only {@link DecisionPoint}
 * makes one ({@code ARCHITECTURE.md}, "Proof types"), so code that needs a permit cannot run
 * without a decision. It names all it was given for: whoever acts on it compares.
 *
 * <p>Immutable; any thread.
 */
public final class Permit implements Decision {
  private final AccessRequest.Call call;
  private final String callerId;
  private final String serverName;
  private final TargetKind targetKind;
  private final String targetName;
  private final Verdict.Answer answer;
  private final String engine;
  private final String revision;

  Permit(AccessRequest request, Verdict.Answer answer, String engine, String revision) {
    this.call = request.call();
    this.callerId = request.caller().id();
    this.serverName = request.server().name();
    this.targetKind = request.target().kind();
    this.targetName = request.target().name();
    this.answer = answer;
    this.engine = engine;
    this.revision = revision;
  }

  /** The call it was given for. */
  public String callId() {
    return call.id();
  }

  /** The method it was given for. */
  public String method() {
    return call.method();
  }

  /** What it was asked for; one for {@link Trigger#LIST} lets a target be shown, not called. */
  public Trigger trigger() {
    return call.trigger();
  }

  /** The caller it was given to. */
  public String callerId() {
    return callerId;
  }

  /** The server it was given for. */
  public String serverName() {
    return serverName;
  }

  /** What sort of target it was given for. */
  public TargetKind targetKind() {
    return targetKind;
  }

  /** The target it was given for. */
  public String targetName() {
    return targetName;
  }

  /** What it demands. */
  public Obligations obligations() {
    return answer.obligations();
  }

  /** When the record must be on disk; the strictest unless policy says otherwise. */
  public Durability durability() {
    Durability demanded = answer.obligations().durable();
    return demanded == null ? Durability.BEFORE_FORWARD : demanded;
  }

  @Override
  public String engine() {
    return engine;
  }

  @Override
  public String revision() {
    return revision;
  }

  @Override
  public String rule() {
    return answer.rule();
  }

  @Override
  public List<String> reasons() {
    return answer.reasons();
  }

  @Override
  public String toString() {
    return "permit by " + rule() + " for call " + callId();
  }
}

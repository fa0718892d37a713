// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.policy;

import java.util.List;

/**
 * Proof that policy permitted one call of one caller on one server. Only {@link DecisionPoint}
 * makes one.
 */
public final class Permit implements Decision {
  private final AccessRequest request;
  private final Verdict verdict;
  private final String engine;
  private final String revision;

  Permit(AccessRequest request, Verdict verdict, String engine, String revision) {
    this.request = request;
    this.verdict = verdict;
    this.engine = engine;
    this.revision = revision;
  }

  /** The call it was given for. */
  public String callId() {
    return request.call().id();
  }

  /** The caller it was given to. */
  public String callerId() {
    return request.caller().id();
  }

  /** The server it was given for. */
  public String serverName() {
    return request.server().name();
  }

  /** When the record must be on disk; the strictest unless policy says otherwise. */
  public Durability durability() {
    Durability demanded = verdict.obligations().durability();
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
    return verdict.rule();
  }

  @Override
  public List<String> reasons() {
    return verdict.reasons();
  }
}

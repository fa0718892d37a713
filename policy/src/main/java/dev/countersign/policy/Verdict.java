// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.policy;

import java.util.List;

/**
 * An engine's answer, well-formed but without power: only the decision point makes a permit of it.
 *
 * @param outcome what it says
 * @param rule the rule that decided
 * @param reasons in its words
 * @param obligations what it demands
 * @param scopes what a step-up would need
 */
public record Verdict(
    Outcome outcome,
    String rule,
    List<String> reasons,
    Obligations obligations,
    List<String> scopes) {
  public Verdict {
    reasons = List.copyOf(reasons);
    scopes = List.copyOf(scopes);
  }

  /** What an engine can say. */
  public enum Outcome {
    ALLOW,
    DENY,
    APPROVE,
    STEP_UP
  }
}

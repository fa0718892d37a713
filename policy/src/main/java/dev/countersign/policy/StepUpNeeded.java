// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.policy;

import java.util.List;

/**
 * The caller may come back with a stronger credential.
 *
 * @param engine the engine that was asked
 * @param revision the revision of policy and data
 * @param rule the rule that decided
 * @param reasons why
 * @param scopes what that credential has to carry, never empty
 */
public record StepUpNeeded(
    String engine, String revision, String rule, List<String> reasons, List<String> scopes)
    implements Decision {
  public StepUpNeeded {
    reasons = List.copyOf(reasons);
    scopes = List.copyOf(scopes);
  }
}

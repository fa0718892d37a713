// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.policy;

import java.util.List;

/**
 * Policy says no.
 *
 * @param engine the engine that was asked
 * @param revision the revision of policy and data
 * @param rule the rule that decided
 * @param reasons why
 */
public record Refusal(String engine, String revision, String rule, List<String> reasons)
    implements Decision {
  public Refusal {
    reasons = List.copyOf(reasons);
  }
}

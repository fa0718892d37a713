// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.policy;

import java.util.List;

/**
 * What an engine said, as a plain value without power: only {@link DecisionPoint} makes a decision
 * of it, and refuses what it does not understand.
 */
public sealed interface Verdict {
  /**
   * A decision document ({@code docs/policy-input.md}).
   *
   * @param decision the policy's word, not yet judged
   * @param rule the rule that decided
   * @param reasons why
   * @param obligations what it demands
   */
  record Answer(String decision, String rule, List<String> reasons, Obligations obligations)
      implements Verdict {}

  /**
   * No usable answer.
   *
   * @param cause what went wrong
   * @param detail in words, for operators and records
   */
  record Unusable(Indeterminate.Cause cause, String detail) implements Verdict {}
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.policy;

import java.util.List;
import java.util.Objects;

/**
 * Policy wants a person's approval first.
 *
 * @param engine the engine that was asked
 * @param revision the revision of policy and data
 * @param rule the rule that decided
 * @param reasons why
 * @param obligations what it demands; {@link #approval} is among it
 */
public record ApprovalNeeded(
    String engine, String revision, String rule, List<String> reasons, Obligations obligations)
    implements Decision {
  public ApprovalNeeded {
    reasons = List.copyOf(reasons);
    Objects.requireNonNull(obligations.approval(), "who has to approve");
  }

  /** Who has to approve, how many, and for how long that stands open. */
  public Obligations.Approval approval() {
    return Objects.requireNonNull(obligations.approval());
  }
}

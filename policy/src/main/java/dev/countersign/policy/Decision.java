// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.policy;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** What was decided. Only a {@link Permit} lets a call go on. */
public sealed interface Decision
    permits Permit, Refusal, ApprovalNeeded, StepUpNeeded, Indeterminate {
  /** The engine that was asked. */
  String engine();

  /** The revision of policy and data that it was asked in. */
  String revision();

  /** The rule that decided, or null when none did. */
  @Nullable String rule();

  /** Why, in words for operators and records. */
  List<String> reasons();
}

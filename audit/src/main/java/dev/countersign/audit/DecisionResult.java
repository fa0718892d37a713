// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.audit;

/** What was decided; in lower case in the log. */
public enum DecisionResult {
  /** Policy allowed it. */
  PERMIT,
  /** Policy, or a check before it, refused it. */
  REFUSE,
  /** A person has to allow it first. */
  APPROVAL_NEEDED,
  /** The caller has to come back with a stronger credential. */
  STEP_UP,
  /** Policy could not be asked, or gave no valid answer; refused. */
  INDETERMINATE
}

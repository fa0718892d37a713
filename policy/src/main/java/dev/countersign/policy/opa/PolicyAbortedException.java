// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.policy.opa;

/** Evaluation was given up, by the policy itself or at a limit. Carries no stack trace. */
final class PolicyAbortedException extends RuntimeException {
  PolicyAbortedException(String why) {
    super(why, null, false, false);
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.policy;

/** One revision of a policy, ready to be asked. Any thread. */
public interface PolicyEngine {
  /** What sort of engine it is, for records. */
  String name();

  /** Names policy and data. */
  String revision();

  /** An evaluator for one thread. */
  Evaluator newEvaluator();
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.policy;

/**
 * One revision of a policy with its data, ready to be asked. Immutable; any thread. Closed when no
 * snapshot holds it any more.
 */
public interface PolicyEngine extends AutoCloseable {
  /** What sort of engine it is, for records. */
  String name();

  /** Names policy and data: equal for equal ones. */
  String revision();

  /** An evaluator for one thread, to be made on any. */
  Evaluator newEvaluator();

  /** How many answers its evaluators keep, for the metrics; bounded for each evaluator. */
  default int answersKept() {
    return 0;
  }

  /** Lets go of what outlives evaluators, such as connections. */
  @Override
  default void close() {}
}

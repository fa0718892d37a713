// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.policy;

import java.util.concurrent.CompletableFuture;

/**
 * Asks one engine on behalf of one thread. An embedded engine answers at once with a completed
 * future and throws {@link IllegalStateException} for any thread but the first that asked it.
 */
@FunctionalInterface
public interface Evaluator {
  /**
   * Evaluates a request. Failures are {@link Verdict.Unusable}; whatever else goes wrong, thrown or
   * in the future, counts as one.
   */
  CompletableFuture<Verdict> evaluate(AccessRequest request);
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.policy;

import java.util.concurrent.CompletableFuture;

/**
 * Asks one engine. Confined to the thread that asks first; an embedded engine answers at once with
 * a completed future.
 */
@FunctionalInterface
public interface Evaluator {
  /**
   * Evaluates a request; fails with {@link VerdictException} when there is no usable answer. Any
   * other failure is treated the same.
   */
  CompletableFuture<Verdict> evaluate(AccessRequest request);
}

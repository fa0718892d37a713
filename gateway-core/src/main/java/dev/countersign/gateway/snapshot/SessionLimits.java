// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.snapshot;

/**
 * Bounds on what one legacy session keeps.
 *
 * @param questionsMax questions of its server that wait for its client
 * @param subscriptionsMax resources whose changes it hears of
 * @param tasksMax tasks that its calls became
 */
public record SessionLimits(int questionsMax, int subscriptionsMax, int tasksMax) {
  /** What holds where the operator says nothing. */
  public static final SessionLimits DEFAULTS = new SessionLimits(32, 1024, 256);
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.policy;

/**
 * When the record of a permit must be on disk: {@code obligations.durable} of the decision.
 * Strictest first.
 */
public enum Durability {
  /** Before any byte goes to the server. */
  BEFORE_FORWARD,
  /** Before any byte of the server's answer is released; the sync overlaps the server's work. */
  BEFORE_RELEASE
}

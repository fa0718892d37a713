// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.identity;

/**
 * What became of a credential. A switch over it has no default: a new outcome must be considered
 * wherever one is read.
 */
public sealed interface Authentication {
  /**
   * The credential proves a caller.
   *
   * @param caller the proof
   */
  record Verified(Caller caller) implements Authentication {}

  /** There was no credential: challenge without an error code (RFC 6750 section 3.1). */
  record Missing() implements Authentication {}

  /**
   * The credential proves nobody: 401.
   *
   * @param reason why; a closed set, fit for a metric label
   * @param description the same in words; fixed text, safe to show, holds nothing of the token
   */
  record Rejected(RejectReason reason, String description) implements Authentication {}

  /**
   * The credential can be neither accepted nor rejected at the moment: 503, refused all the same.
   *
   * @param description why, for an operator; holds nothing of the token
   */
  record Unavailable(String description) implements Authentication {}
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.identity;

/** What became of a credential. */
public sealed interface Authentication {
  /** It proves a caller. */
  record Verified(Caller caller) implements Authentication {}

  /** There was none. */
  record Missing() implements Authentication {}

  /**
   * It proves nothing.
   *
   * @param reason why
   * @param description the same in safe words
   */
  record Rejected(RejectReason reason, String description) implements Authentication {}

  /**
   * It cannot be checked at the moment.
   *
   * @param description why, for logs
   */
  record Unavailable(String description) implements Authentication {}
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.identity;

/**
 * Ends the check of a token: an expected answer, turned into {@link Authentication.Rejected} by the
 * authenticator. Carries fixed text only and no stack trace, since anyone can cause it at any rate.
 */
final class RejectedException extends Exception {
  private static final long serialVersionUID = 1L;

  private final RejectReason reason;
  private final String description;

  RejectedException(RejectReason reason, String description) {
    super(description, null, false, false);
    this.reason = reason;
    this.description = description;
  }

  static RejectedException malformed(String description) {
    return new RejectedException(RejectReason.MALFORMED, description);
  }

  static RejectedException badClaim(String description) {
    return new RejectedException(RejectReason.BAD_CLAIM, description);
  }

  Authentication.Rejected rejected() {
    return new Authentication.Rejected(reason, description);
  }
}

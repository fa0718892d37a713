// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.identity;

/** Ends the checking of a token; carries no stack trace. */
final class RejectedException extends Exception {
  private static final long serialVersionUID = 1L;

  private final RejectReason reason;
  private final String description;

  RejectedException(RejectReason reason, String description) {
    super(description, null, false, false);
    this.reason = reason;
    this.description = description;
  }

  Authentication.Rejected rejected() {
    return new Authentication.Rejected(reason, description);
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.policy;

/** An engine gave no usable answer; always refused. Carries no stack trace. */
public final class VerdictException extends Exception {
  private static final long serialVersionUID = 1L;

  private final Indeterminate.Cause why;
  private final String detail;

  VerdictException(Indeterminate.Cause why, String detail) {
    super(detail, null, false, false);
    this.why = why;
    this.detail = detail;
  }

  /** What went wrong. */
  public Indeterminate.Cause why() {
    return why;
  }

  /** In words, for logs. */
  public String detail() {
    return detail;
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.httpsse;

/** What a server sent on its stream is not what may stand there. */
final class BadStreamException extends Exception {
  private static final long serialVersionUID = 1L;

  BadStreamException(String detail) {
    super(detail, null, false, false);
  }

  /** For logs and records. */
  String detail() {
    return String.valueOf(getMessage());
  }
}

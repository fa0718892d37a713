// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.sse;

/** A stream that cannot be read on; carries no stack trace. */
public final class SseRefusedException extends Exception {
  private static final long serialVersionUID = 1L;

  SseRefusedException(String message) {
    super(message, null, false, false);
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.stdio;

import dev.countersign.gateway.upstream.UpstreamFailure;

/** A program may not be started now. */
final class NotStartedException extends Exception {
  private static final long serialVersionUID = 1;

  private final UpstreamFailure.Kind kind;

  NotStartedException(UpstreamFailure.Kind kind, String message) {
    super(message);
    this.kind = kind;
  }

  UpstreamFailure.Kind kind() {
    return kind;
  }
}

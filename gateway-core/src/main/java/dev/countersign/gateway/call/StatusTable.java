// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

/**
 * The HTTP status that goes with a server's JSON-RPC error. Modern: protocol errors have statuses,
 * errors of handlers do not. Legacy: errors come at 200.
 */
final class StatusTable {
  private StatusTable() {}

  static int of(int code, boolean modern) {
    if (!modern) {
      return 200;
    }
    return switch (code) {
      case -32700, -32600, -32020, -32021, -32022 -> 400;
      case -32601 -> 404;
      default -> 200;
    };
  }
}

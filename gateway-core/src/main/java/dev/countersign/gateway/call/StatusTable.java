// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.gateway.error.Reason;

/**
 * The HTTP status that goes with a server's JSON-RPC error. Modern: protocol errors have statuses,
 * errors of handlers do not. Legacy: errors come at 200.
 */
final class StatusTable {
  private StatusTable() {}

  /**
   * The status of an answer of ours. What has no id has no JSON-RPC answer, only its status to say
   * that it failed.
   */
  static int of(Reason reason, Call call) {
    int status = reason.status(call.modern());
    if (status != 200 || call.rpcIdJson() != null) {
      return status;
    }
    return switch (reason.family()) {
      case REFUSED -> 403;
      case UNAVAILABLE -> 502;
      case BUG -> 500;
    };
  }

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

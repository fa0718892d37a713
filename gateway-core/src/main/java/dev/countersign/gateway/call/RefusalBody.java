// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.gateway.error.ErrorAnswers;
import dev.countersign.gateway.error.Reason;
import dev.countersign.gateway.error.RefusedException;
import dev.countersign.gateway.mcp.McpMethod;
import dev.countersign.gateway.snapshot.MessageRules.DenyAs;

/**
 * What a refused call is answered: a JSON-RPC error, or, where the operator wants models to read
 * it, the result of a tool that failed. A tool that the caller may not see is unknown in either
 * case.
 */
final class RefusalBody {
  private RefusalBody() {}

  static byte[] of(Call call, RefusedException refusal) {
    String id = call.rpcIdJson();
    return id != null && isResult(call, refusal.told())
        ? ErrorAnswers.toolResult(refusal, id, call.id(), call.modern())
        : ErrorAnswers.body(refusal, id, call.id());
  }

  private static boolean isResult(Call call, Reason told) {
    return (told == Reason.POLICY_REFUSED || told == Reason.APPROVAL_NEEDED)
        && call.hasMessage()
        && call.message().method() == McpMethod.TOOLS_CALL
        && call.route().server().messages().denyAs() == DenyAs.IS_ERROR;
  }
}

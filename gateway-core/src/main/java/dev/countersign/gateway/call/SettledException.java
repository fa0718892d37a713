// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.gateway.error.CallEndException;
import dev.countersign.gateway.http.Answer;

/** Ends the way of a call with an answer that needs no server. */
final class SettledException extends CallEndException {
  private static final long serialVersionUID = 1L;

  private final transient Answer answer;

  SettledException(Answer answer) {
    super("settled");
    this.answer = answer;
  }

  Answer answer() {
    return answer;
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.gateway.error.Reason;
import dev.countersign.gateway.error.RefusedException;
import dev.countersign.gateway.input.InputQuestion;
import dev.countersign.gateway.input.InputRefusedException;
import dev.countersign.gateway.json.JsonKind;
import dev.countersign.gateway.json.JsonValue;
import dev.countersign.gateway.jsonrpc.RpcMessage;
import dev.countersign.gateway.mcp.McpMethod;
import dev.countersign.gateway.session.BoundSession;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

/**
 * Error -32042 of 2025-11-25: a call needs that its user opens pages first. It goes to the client
 * if each page is one that the client may be sent to, and policy permits it.
 */
final class NeededPages {
  /** The error's code. */
  static final int CODE = -32042;

  private static final int PAGES_MAX = 16;

  private final Call call;
  private final DecisionStep decisions;

  NeededPages(Call call, DecisionStep decisions) {
    this.call = call;
    this.decisions = decisions;
  }

  /** Completes when the error may go on as it is; fails with a refusal when it may not. */
  CompletableFuture<Void> judge(RpcMessage.Failure failure) {
    BoundSession session = call.session();
    if (session == null) {
      throw refused();
    }
    List<InputQuestion> pages = pages(failure, session);
    return CompletableFuture.allOf(
            pages.stream()
                .map(page -> decisions.mayAsk(call, page.target()).thenAccept(NeededPages::require))
                .toArray(CompletableFuture[]::new))
        .thenRun(
            () ->
                pages.forEach(
                    page -> session.elicitations().add(String.valueOf(page.elicitationId()))));
  }

  private List<InputQuestion> pages(RpcMessage.Failure failure, BoundSession session) {
    JsonValue error = failure.document().root().member("error");
    JsonValue data = error == null ? null : error.member("data");
    JsonValue asked = data == null ? null : data.member("elicitations");
    if (asked == null
        || asked.kind() != JsonKind.ARRAY
        || asked.size() == 0
        || asked.size() > PAGES_MAX) {
      throw ResultStep.badReply("an error that names no pages");
    }
    List<InputQuestion> pages = new ArrayList<>();
    for (JsonValue one : asked.elements()) {
      pages.add(page(one, session));
    }
    return pages;
  }

  private InputQuestion page(JsonValue asked, BoundSession session) {
    try {
      InputQuestion page =
          InputQuestion.of(
              McpMethod.ELICITATION.wire(), asked, call.route().server().messages().input());
      require(page.elicitationId() != null && page.isCoveredBy(session.capabilities()));
      return page;
    } catch (InputRefusedException e) {
      throw refused();
    }
  }

  private static void require(boolean granted) {
    if (!granted) {
      throw refused();
    }
  }

  private static RefusedException refused() {
    return RefusedException.of(Reason.INPUT_REQUEST_REFUSED);
  }
}

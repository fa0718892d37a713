// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.gateway.error.Reason;
import dev.countersign.gateway.input.InputQuestion;
import dev.countersign.gateway.mcp.McpMessage;
import dev.countersign.gateway.mcp.McpMethod;
import dev.countersign.gateway.telemetry.Meters;
import dev.countersign.policy.Permit;
import dev.countersign.policy.TargetKind;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Puts what a modern server wants of a client to policy, and on record either way, as a call of its
 * own under the one that it belongs to.
 */
final class InputDecision {
  private final DecisionStep decisions;
  private final RecordStep records;
  private final CallIds ids;
  private final Meters meters;

  InputDecision(DecisionStep decisions, RecordStep records, CallIds ids, Meters meters) {
    this.decisions = decisions;
    this.records = records;
    this.ids = ids;
    this.meters = meters;
  }

  /**
   * The call that the question is when the client may be asked, else nothing. Completes, on the
   * call's loop, once the decision is on disk; fails with a refusal when it cannot be.
   */
  CompletableFuture<Optional<String>> mayAsk(
      Call parent, McpMethod method, InputQuestion question) {
    Call asked = of(parent, method, question);
    if (!question.isCoveredBy(parent.terms().capabilities())) {
      return refused(asked).thenApply(recorded -> Optional.empty());
    }
    return decisions
        .decideQuestion(asked)
        .thenCompose(
            decision ->
                decision instanceof Permit permit && DecisionStep.isMet(permit)
                    ? records.permitted(asked).thenApply(recorded -> Optional.of(asked.id()))
                    : refused(asked).thenApply(recorded -> Optional.empty()));
  }

  /** A question that no policy could permit. */
  CompletableFuture<?> refuse(Call parent, McpMethod method) {
    return refused(of(parent, method, null));
  }

  private CompletableFuture<?> refused(Call asked) {
    meters.serverRequestRefused();
    return records.refused(asked, Reason.INPUT_REQUEST_REFUSED);
  }

  private Call of(Call parent, McpMethod method, @Nullable InputQuestion question) {
    McpMessage cause = parent.message();
    TargetKind kind = question == null ? method.kind() : question.target().kind();
    McpMessage message =
        new McpMessage(
            cause.era(),
            method,
            cause.id(),
            null,
            kind,
            question == null ? null : question.target().name(),
            null,
            cause.meta(),
            new byte[0]);
    return parent.asking(ids.next(), message);
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.audit.OutcomeResult;
import dev.countersign.gateway.error.Reason;
import dev.countersign.gateway.error.RefusedException;
import dev.countersign.gateway.input.InputRefusedException;
import dev.countersign.gateway.json.JsonValue;
import dev.countersign.gateway.jsonrpc.RpcId;
import dev.countersign.gateway.mcp.BodyEdit;
import dev.countersign.gateway.mcp.Era;
import dev.countersign.gateway.mcp.McpMessage;
import dev.countersign.gateway.mcp.McpMethod;
import dev.countersign.gateway.mcp.RequestMeta;
import dev.countersign.gateway.session.BoundSession;
import dev.countersign.gateway.session.OpenQuestion;
import dev.countersign.policy.Trigger;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * A posted response is the answer to an open question of its session, or nothing. It goes down the
 * call line as a call of its own: the question's method and target, trigger {@code input_response},
 * and the question as its parent. A question is answered once; whatever keeps the answer from the
 * server, the server is told that there is none. Only an answer that could not be sent at all may
 * come again.
 */
final class AnswerStep {
  private AnswerStep() {}

  /** Finds the question and gives the call the message that its server will get. */
  static void bind(Call call, BoundSession session) {
    McpMessage response = call.message();
    RpcId id = response.id();
    OpenQuestion question = id == null ? null : session.questions().take(id);
    if (question == null) {
      throw nobodyAsked();
    }
    call.onEnd(() -> settle(call, session, question));
    call.follows(new CallOrigin(Trigger.INPUT_RESPONSE, 0, question.callId()));
    call.message(message(question, response));
    call.answering(new Call.Answering(question, member(response, "result")));
    check(question, response);
  }

  /** What did not go out at all may be posted again; there must not be two answers. */
  private static void settle(Call call, BoundSession session, OpenQuestion question) {
    OutcomeResult result = call.life().result();
    if (result == OutcomeResult.ANSWERED) {
      question.asker().answered();
    } else if (result == OutcomeResult.NOT_DISPATCHED
        && session.questions().add(question, call.limits().perSession().questionsMax())) {
      question.asker().waitsOn();
    } else if (!call.life().wasSent()) {
      question.asker().unanswered("its answer was not let through");
    } else {
      question.asker().unanswered("its answer did not reach the server");
    }
  }

  static RefusedException nobodyAsked() {
    return RefusedException.of(
        Reason.INVALID_REQUEST, "no request of the server is waiting for this response");
  }

  private static void check(OpenQuestion question, McpMessage response) {
    JsonValue result = member(response, "result");
    if (result == null) {
      return;
    }
    try {
      question.question().checkAnswer(result);
    } catch (InputRefusedException malformed) {
      throw RefusedException.of(Reason.INVALID_REQUEST, malformed.why());
    }
  }

  private static McpMessage message(OpenQuestion question, McpMessage response) {
    McpMethod method = McpMethod.ofServer(question.question().method());
    if (method == null) {
      throw new IllegalStateException("a question that is none");
    }
    return new McpMessage(
        Era.LEGACY,
        method,
        null,
        null,
        question.question().target().kind(),
        question.question().target().name(),
        null,
        RequestMeta.NONE,
        withId(response, question.askedAs()));
  }

  private static byte[] withId(McpMessage response, RpcId id) {
    JsonValue ours = member(response, "id");
    if (ours == null) {
      throw new IllegalStateException("a response without an id");
    }
    return new BodyEdit(response.body())
        .replace(ours.start(), ours.end(), id.json().getBytes(StandardCharsets.UTF_8))
        .bytes();
  }

  private static @Nullable JsonValue member(McpMessage response, String name) {
    JsonValue whole = response.params();
    return whole == null ? null : whole.member(name);
  }
}

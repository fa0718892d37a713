// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.gateway.admission.AdmittedCall;
import dev.countersign.gateway.admission.OutboundRequest;
import dev.countersign.gateway.error.CallEndException;
import dev.countersign.gateway.error.Reason;
import dev.countersign.gateway.error.RefusedException;
import dev.countersign.gateway.input.InputQuestion;
import dev.countersign.gateway.input.InputRefusedException;
import dev.countersign.gateway.json.JsonValue;
import dev.countersign.gateway.jsonrpc.RpcId;
import dev.countersign.gateway.jsonrpc.RpcMessage;
import dev.countersign.gateway.mcp.BodyEdit;
import dev.countersign.gateway.mcp.Era;
import dev.countersign.gateway.mcp.McpMessage;
import dev.countersign.gateway.mcp.McpMethod;
import dev.countersign.gateway.mcp.RequestMeta;
import dev.countersign.gateway.session.BoundSession;
import dev.countersign.gateway.snapshot.Route;
import dev.countersign.gateway.snapshot.Snapshot;
import dev.countersign.gateway.snapshot.SnapshotHolder;
import dev.countersign.gateway.telemetry.Meters;
import dev.countersign.policy.Trigger;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * May a legacy server ask its client this: a call of its own in policy and records, whose parent is
 * the call it came with. The way of a question from there: {@link ServerQuestions} asks the client,
 * {@link AnswerStep} takes the answer.
 */
final class QuestionStep {
  private static final Logger LOG = LoggerFactory.getLogger(QuestionStep.class);

  private final SnapshotHolder snapshots;
  private final DecisionStep decisions;
  private final RecordStep records;
  private final CallIds ids;
  private final Meters meters;

  QuestionStep(
      SnapshotHolder snapshots,
      DecisionStep decisions,
      RecordStep records,
      CallIds ids,
      Meters meters) {
    this.snapshots = snapshots;
    this.decisions = decisions;
    this.records = records;
    this.ids = ids;
    this.meters = meters;
  }

  /**
   * A question that may be asked, and is on record.
   *
   * @param call the call that it is
   * @param admitted under what the server may be told that nobody answers
   * @param id what the client knows it by
   * @param bytes what the client gets
   */
  record Admitted(
      Call call,
      AdmittedCall admitted,
      InputQuestion question,
      RpcId.Text id,
      RpcId askedAs,
      byte[] bytes) {
    /** How it goes is written down from here on. */
    Outcome outcome(RecordStep records, Meters meters) {
      meters.callBegan();
      return new Outcome(call, records, meters);
    }
  }

  /** The outcome of an admitted question. */
  Outcome outcome(Admitted asked) {
    return asked.outcome(records, meters);
  }

  /**
   * Checks, decides and records a question. One on a stream of no request is decided under the
   * newest settings, since such a stream may have begun long ago.
   *
   * @param parent the call whose reply it came with
   * @param onItsOwn whether it came on a stream of no request
   * @return fails with a refusal, which is on record then
   */
  CompletableFuture<Admitted> admit(
      Call parent, McpMethod method, RpcMessage.Request request, boolean onItsOwn) {
    Snapshot snapshot = onItsOwn ? snapshots.current() : parent.snapshot();
    Route route = onItsOwn ? routeNow(parent, snapshot) : parent.route();
    McpMessage bare = bare(method, request);
    Call asked =
        snapshot == null || route == null
            ? Call.ledBy(parent, ids.next(), bare)
            : Call.ledBy(parent, snapshot, route, ids.next(), bare);
    asked.follows(new CallOrigin(Trigger.INPUT_REQUEST, 0, parent.id()));
    asked.rpcId(request.id());
    return CompletableFuture.completedFuture(asked)
        .thenCompose(
            call -> {
              if (route == null) {
                throw refusal("its server is not served here any more");
              }
              return checked(call, method, request, onItsOwn);
            })
        .exceptionallyCompose(failure -> refused(asked, failure));
  }

  private static @Nullable Route routeNow(Call parent, @Nullable Snapshot newest) {
    return newest == null
        ? null
        : newest.route(parent.route().path(), parent.route().server().name());
  }

  private CompletableFuture<Admitted> checked(
      Call asked, McpMethod method, RpcMessage.Request request, boolean onItsOwn) {
    InputQuestion question = question(asked, request, onItsOwn);
    RpcId.Text id = new RpcId.Text("cs-" + asked.id());
    byte[] bytes = bytes(question, request, id);
    asked.message(
        new McpMessage(
            Era.LEGACY,
            method,
            request.id(),
            request.params(),
            question.target().kind(),
            question.target().name(),
            null,
            RequestMeta.NONE,
            bytes));
    OutboundRequest toClient =
        new OutboundRequest(asked.id(), asked.route().server().name(), "POST", List.of(), bytes);
    return decisions
        .decide(asked)
        .thenCompose(permit -> records.decided(asked, new Call.PermittedRequest(permit, toClient)))
        .thenApply(admitted -> new Admitted(asked, admitted, question, id, request.id(), bytes));
  }

  private static McpMessage bare(McpMethod method, RpcMessage.Request request) {
    return new McpMessage(
        Era.LEGACY,
        method,
        request.id(),
        null,
        method.kind(),
        null,
        null,
        RequestMeta.NONE,
        new byte[0]);
  }

  /** What needs no policy: the client can do it, is at work here, and it is within bounds. */
  private static InputQuestion question(Call asked, RpcMessage.Request request, boolean onItsOwn) {
    BoundSession session = asked.session();
    try {
      InputQuestion question =
          InputQuestion.of(
              request.method(), request.params(), asked.route().server().messages().input());
      if (session == null || !question.isCoveredBy(session.capabilities())) {
        throw refusal("the server was not told that the client can do that");
      }
      if (onItsOwn && !session.inFlight()) {
        throw refusal("no request of the client is in flight");
      }
      return question;
    } catch (InputRefusedException malformed) {
      throw refusal(malformed.why());
    }
  }

  private static RefusedException refusal(String why) {
    return RefusedException.of(Reason.INPUT_REQUEST_REFUSED, why);
  }

  private static byte[] bytes(InputQuestion question, RpcMessage.Request request, RpcId.Text id) {
    BodyEdit edit = new BodyEdit(request.document().bytes());
    JsonValue theirs = request.document().root().member("id");
    if (theirs == null) {
      throw new IllegalStateException("a request without an id");
    }
    edit.replace(theirs.start(), theirs.end(), id.json().getBytes(StandardCharsets.UTF_8));
    question.cut(edit);
    return edit.bytes();
  }

  private CompletableFuture<Admitted> refused(Call asked, Throwable failure) {
    Throwable cause = CallEndException.causeOf(failure);
    Reason reason = cause instanceof RefusedException refusal ? refusal.reason() : Reason.INTERNAL;
    if (reason == Reason.INTERNAL) {
      LOG.atError().setCause(cause).addKeyValue("call", asked.id()).log("a question failed");
    }
    meters.refused(reason);
    LOG.atInfo()
        .addKeyValue("call", asked.id())
        .addKeyValue("parent", asked.origin().parent())
        .addKeyValue("server", asked.route().server().name())
        .addKeyValue("reason", reason.id())
        .addKeyValue("why", cause == null ? null : cause.getMessage())
        .log("a server's question was refused");
    if (!asked.end() || reason == Reason.AUDIT_UNAVAILABLE) {
      return CompletableFuture.failedFuture(RefusedException.of(reason));
    }
    return records
        .refused(asked, reason)
        .thenCompose(done -> CompletableFuture.failedFuture(RefusedException.of(reason)));
  }
}

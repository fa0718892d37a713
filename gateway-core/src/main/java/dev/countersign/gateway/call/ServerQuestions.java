// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.audit.OutcomeResult;
import dev.countersign.audit.SideEffect;
import dev.countersign.gateway.admission.AdmittedCall;
import dev.countersign.gateway.http.Loop;
import dev.countersign.gateway.input.InputQuestion;
import dev.countersign.gateway.json.JsonKind;
import dev.countersign.gateway.json.JsonValue;
import dev.countersign.gateway.jsonrpc.RpcId;
import dev.countersign.gateway.jsonrpc.RpcMessage;
import dev.countersign.gateway.mcp.McpMethod;
import dev.countersign.gateway.session.BoundSession;
import dev.countersign.gateway.session.OpenQuestion;
import dev.countersign.gateway.telemetry.Meters;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * The questions of a legacy server on one stream. What {@link QuestionStep} admits goes to the
 * client under an id of the gateway's own and waits in the session for {@link AnswerStep}; what it
 * refuses is answered here, in the protocol's words for it. A question ends with its answer, when
 * its server takes it back, with its time, or with the call it came with.
 *
 * <p>Confined to the call's event loop.
 */
final class ServerQuestions {
  private static final CompletableFuture<Void> DONE = CompletableFuture.completedFuture(null);

  private final Call call;
  private final AdmittedCall admitted;
  private final QuestionStep step;
  private final Delivery delivery;
  private final ServerReplies replies;
  private final Meters meters;
  private Map<RpcId, Asked> asked = Map.of();

  ServerQuestions(
      Call call, AdmittedCall admitted, QuestionStep step, Delivery delivery, Meters meters) {
    this.call = call;
    this.admitted = admitted;
    this.step = step;
    this.delivery = delivery;
    this.replies = new ServerReplies(call, meters);
    this.meters = meters;
    call.onEnd(() -> List.copyOf(asked.values()).forEach(Asked::withCall));
  }

  /** Takes a request of the server; completes when it is with the client, or answered here. */
  CompletableFuture<Void> take(RpcMessage.Request request) {
    McpMethod method = McpMethod.ofServer(request.method());
    if (method == null) {
      boolean ping = request.method().equals("ping");
      refuse(request, ping ? "\"result\":{}" : InputQuestion.refusal(request.method()));
      return DONE;
    }
    if (isOpen(request.id())) {
      // An answer under this id, ours as well as the client's, would answer both.
      throw ResultStep.badReply("a request with the id of one that waits");
    }
    boolean onItsOwn = call.message().method() == McpMethod.STREAM;
    return step.admit(call, method, request, onItsOwn)
        .thenCompose(question -> ask(question, request))
        .exceptionally(
            refused -> {
              refuse(request, InputQuestion.refusal(request.method()));
              return null;
            });
  }

  private boolean isOpen(RpcId id) {
    Asked waiting = asked.get(id);
    BoundSession session = call.session();
    return waiting != null && session != null && session.questions().has(waiting.question.id());
  }

  private void refuse(RpcMessage.Request request, String member) {
    if (!request.method().equals("ping")) {
      meters.serverRequestRefused();
    }
    replies.send(admitted, request.id(), member);
  }

  private CompletionStage<Void> ask(QuestionStep.Admitted question, RpcMessage.Request request) {
    Asked waiting = new Asked(question, step.outcome(question));
    BoundSession session = call.session();
    OpenQuestion open =
        new OpenQuestion(
            question.id(),
            question.askedAs(),
            question.question(),
            question.call().id(),
            progressToken(request.params()),
            waiting);
    if (session == null
        || !session.questions().add(open, call.limits().perSession().questionsMax())) {
      waiting.end(OutcomeResult.WITHHELD, "too many questions wait");
      return CompletableFuture.failedFuture(new IllegalStateException("no room"));
    }
    if (asked.isEmpty()) {
      asked = new HashMap<>();
    }
    asked.put(question.askedAs(), waiting);
    if (call.life().ended() || !delivery.message(question.bytes())) {
      waiting.take();
      waiting.end(OutcomeResult.CLIENT_GONE, "nobody to ask");
      return CompletableFuture.failedFuture(new IllegalStateException("nobody to ask"));
    }
    String page = question.question().elicitationId();
    if (page != null) {
      session.elicitations().add(page);
    }
    meters.serverRequestAsked();
    waiting.timed();
    return DONE;
  }

  private static @Nullable String progressToken(@Nullable JsonValue params) {
    JsonValue meta = params == null ? null : params.member("_meta");
    JsonValue token = meta == null ? null : meta.member("progressToken");
    return token != null && (token.kind() == JsonKind.STRING || token.kind() == JsonKind.NUMBER)
        ? new String(token.raw(), StandardCharsets.UTF_8)
        : null;
  }

  /**
   * The server takes back a question.
   *
   * @return whether it was one of its own on this stream, so that the client was told
   */
  boolean takenBack(@Nullable RpcId id) {
    Asked waiting = id == null ? null : asked.get(id);
    if (waiting == null || !waiting.take()) {
      return false;
    }
    waiting.tellClient("the server took it back");
    waiting.end(OutcomeResult.ANSWERED, "taken back");
    return true;
  }

  /** One question that waits for the client. */
  private final class Asked implements OpenQuestion.Asker {
    private final QuestionStep.Admitted question;
    private final Outcome outcome;
    private final Loop loop = call.exchange().loop();
    private Loop.@Nullable Timer timer;
    private boolean late;

    Asked(QuestionStep.Admitted question, Outcome outcome) {
      this.question = question;
      this.outcome = outcome;
    }

    void timed() {
      timer = loop.after(call.limits().call(), this::late);
    }

    private void late() {
      late = true;
      if (take()) {
        tellClient("it took too long");
        end(
            OutcomeResult.TIMEOUT,
            null,
            "\"error\":{\"code\":-32603,\"message\":\"no answer in time\"}");
      }
    }

    /** Ends it and tells the server, unless that has given the id to another question. */
    private void end(OutcomeResult result, @Nullable String detail, String toServer) {
      boolean known = asked.get(question.askedAs()) == this;
      end(result, detail);
      if (known) {
        replies.send(question.admitted(), question.askedAs(), toServer);
      }
    }

    /** Takes it out of the session; false when something else has ended it. */
    boolean take() {
      BoundSession session = call.session();
      return session != null && session.questions().take(question.id()) != null;
    }

    void withCall() {
      if (take()) {
        end(OutcomeResult.CLIENT_GONE, "its call ended");
      }
    }

    void tellClient(String why) {
      delivery.own(
          ("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{"
                  + "\"requestId\":"
                  + question.id().json()
                  + ",\"reason\":\""
                  + why
                  + "\"}}")
              .getBytes(StandardCharsets.UTF_8));
    }

    void end(OutcomeResult result, @Nullable String detail) {
      if (!asked.isEmpty()) {
        asked.remove(question.askedAs(), this);
      }
      if (timer != null) {
        timer.cancel();
      }
      outcome.end(result, SideEffect.NONE, detail);
    }

    @Override
    public void answered() {
      loop.execute(() -> end(OutcomeResult.ANSWERED, null));
    }

    @Override
    public void unanswered(String why) {
      loop.execute(
          () -> {
            meters.serverRequestRefused();
            end(OutcomeResult.WITHHELD, why, InputQuestion.refusal(question.question().method()));
          });
    }

    @Override
    public void waitsOn() {
      loop.execute(
          () -> {
            if (call.life().ended()) {
              withCall();
            } else if (late) {
              late();
            } else if (asked.get(question.askedAs()) != this && take()) {
              end(OutcomeResult.WITHHELD, "its server asks something else under its id");
            }
          });
    }
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.gateway.error.RefusedException;
import dev.countersign.gateway.jsonrpc.RpcMessage;
import dev.countersign.gateway.sse.SseEvent;
import dev.countersign.gateway.telemetry.Meters;
import dev.countersign.gateway.upstream.ReplyHead;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Sees that each message of a server gets where {@link ReplyMessages} says that it belongs, one
 * after the other: to the client, to whoever asks for it, or nowhere. Confined to the call's event
 * loop.
 */
final class MessageGovernor implements ReplyBody.Sink {
  private static final CompletableFuture<Void> DONE = CompletableFuture.completedFuture(null);

  private final Call call;
  private final Outcome outcome;
  private final ReplyOrder order;
  private final ReplyMessages messages;
  private final FinalAnswer answers;
  private final ServerQuestions questions;
  private final EventMarks marks;
  private final StreamLife stream;
  private final StreamWatch watch;
  private final Delivery delivery;
  private final ReplyFailures failures;
  private final Meters meters;
  private int status;
  private @Nullable String sessionId;

  MessageGovernor(
      Call call,
      Outcome outcome,
      ReplyOrder order,
      ReplyMessages messages,
      FinalAnswer answers,
      ServerQuestions questions,
      EventMarks marks,
      StreamLife stream,
      StreamWatch watch,
      Delivery delivery,
      ReplyFailures failures,
      Meters meters) {
    this.call = call;
    this.outcome = outcome;
    this.order = order;
    this.messages = messages;
    this.answers = answers;
    this.questions = questions;
    this.marks = marks;
    this.stream = stream;
    this.watch = watch;
    this.delivery = delivery;
    this.failures = failures;
    this.meters = meters;
  }

  /** The head that the messages stand behind. */
  void head(ReplyHead reply) {
    status = reply.status();
    sessionId = reply.sessionId();
  }

  @Override
  public void event(SseEvent event) {
    if (outcome.over()) {
      return;
    }
    if (!event.hasData() || event.data().length == 0) {
      order.thenRun(() -> delivery.mark(marks.of(event)));
      return;
    }
    if (event.event() != null && !event.event().equals("message")) {
      meters.dropped();
      return;
    }
    order.then(
        () ->
            messages
                .read(event.data())
                .thenCompose(
                    reading -> {
                      delivery.next(marks.of(event));
                      return govern(reading);
                    }));
  }

  @Override
  public void broken(String detail) {
    order.thenRun(() -> failures.bad(detail));
  }

  @Override
  public void noRoom() {
    failures.noRoom();
  }

  @Override
  public boolean over() {
    return outcome.over();
  }

  /** The reply is this one JSON text, and nothing else. */
  void whole(byte[] json) {
    order.then(() -> messages.read(json).thenCompose(this::whole));
  }

  private CompletableFuture<Void> whole(ReplyMessages.Reading reading) {
    if (outcome.over()) {
      return DONE;
    }
    ReplyMessages.Judged judged;
    try {
      judged = messages.judge(reading);
    } catch (RefusedException refusal) {
      notAnAnswer("the reply is not strict JSON-RPC with this request's id");
      return DONE;
    }
    boolean isError = status >= 400;
    if (judged instanceof ReplyMessages.Judged.Final answer
        && !(isError && answer.message() instanceof RpcMessage.Result)) {
      return release(answer);
    }
    notAnAnswer("not an answer to this request");
    return DONE;
  }

  private void notAnAnswer(String detail) {
    failures.notAnAnswer(status, detail);
  }

  private CompletableFuture<Void> govern(ReplyMessages.Reading reading) {
    if (outcome.over()) {
      return DONE;
    }
    return switch (messages.judge(reading)) {
      case ReplyMessages.Judged.Final answer -> release(answer);
      case ReplyMessages.Judged.Resumed answer ->
          call.exchange()
              .loop()
              .here(answer.stream().answer(answer.bytes(), answer.message(), answer.digest()))
              .thenCompose(given -> given.map(this::pass).orElseGet(this::dropped));
      case ReplyMessages.Judged.Pass pass -> pass(pass.bytes());
      case ReplyMessages.Judged.Updated updated ->
          news(() -> watch.readable(updated.uri()), updated.bytes());
      case ReplyMessages.Judged.TaskNews task ->
          news(() -> watch.mayFollow(task.id()), task.bytes());
      case ReplyMessages.Judged.Drop drop -> dropped();
      case ReplyMessages.Judged.Question question -> asked(question.request());
      case ReplyMessages.Judged.TakenBack back ->
          questions.takenBack(back.question()) ? DONE : dropped();
    };
  }

  private CompletableFuture<Void> release(ReplyMessages.Judged.Final answer) {
    return answers.release(answer, sessionId);
  }

  private CompletableFuture<Void> asked(RpcMessage.Request question) {
    return StreamLife.isOf(call)
        ? stream.goesOn().thenCompose(yes -> yes ? questions.take(question) : DONE)
        : questions.take(question);
  }

  /** Passes what the client may hear under the newest settings. */
  private CompletableFuture<Void> news(Supplier<CompletableFuture<Boolean>> mayHear, byte[] bytes) {
    return stream
        .goesOn()
        .thenCompose(
            yes -> yes ? mayHear.get().thenCompose(may -> may ? pass(bytes) : dropped()) : DONE);
  }

  private CompletableFuture<Void> pass(byte[] bytes) {
    CompletableFuture<Boolean> permitted =
        StreamLife.isOf(call) ? stream.goesOn() : CompletableFuture.completedFuture(true);
    return permitted.thenAccept(
        yes -> {
          if (yes && !delivery.message(bytes)) {
            // Only initialize has no stream here; nothing may come before its answer.
            meters.dropped();
          }
        });
  }

  private CompletableFuture<Void> dropped() {
    meters.dropped();
    return DONE;
  }
}

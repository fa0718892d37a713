// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.audit.OutcomeResult;
import dev.countersign.audit.SideEffect;
import dev.countersign.gateway.admission.AdmittedCall;
import dev.countersign.gateway.admission.OutboundRequest;
import dev.countersign.gateway.error.ErrorAnswers;
import dev.countersign.gateway.error.Reason;
import dev.countersign.gateway.error.RefusedException;
import dev.countersign.gateway.http.Answer;
import dev.countersign.gateway.http.Exchange;
import dev.countersign.gateway.http.Header;
import dev.countersign.gateway.http.Loop;
import dev.countersign.gateway.jsonrpc.RpcMessage;
import dev.countersign.gateway.mcp.McpMethod;
import dev.countersign.gateway.session.BoundSession;
import dev.countersign.gateway.session.SessionTable;
import dev.countersign.gateway.snapshot.Snapshot;
import dev.countersign.gateway.snapshot.SnapshotHolder;
import dev.countersign.gateway.sse.SseDecoder;
import dev.countersign.gateway.sse.SseEvent;
import dev.countersign.gateway.sse.SseRefusedException;
import dev.countersign.gateway.telemetry.Meters;
import dev.countersign.gateway.upstream.ReplyHead;
import dev.countersign.gateway.upstream.ReplyListener;
import dev.countersign.gateway.upstream.UpstreamExchange;
import dev.countersign.gateway.upstream.UpstreamFailure;
import dev.countersign.policy.Effect;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stands between a server's reply and the client. Every message is parsed as strictly as a request
 * was; only what is understood and owed to this call goes on, in order, nothing before the decision
 * is durable.
 *
 * <p>Confined to the call's event loop.
 */
final class ReplyGovernor implements ReplyListener {
  private static final Logger LOG = LoggerFactory.getLogger(ReplyGovernor.class);

  private final Call call;
  private final AdmittedCall admitted;
  private final Outcome outcome;
  private final DecisionStep decisions;
  private final ReplyMessages messages;
  private final ResultStep results;
  private final SessionTable sessions;
  private final SnapshotHolder snapshots;
  private final Meters meters;
  private final Loop loop;
  private @Nullable UpstreamExchange upstream;
  private @Nullable ClientStream client;
  private @Nullable SseDecoder events;
  private @Nullable ByteArrayOutputStream json;
  private @Nullable ReplyHead head;
  private Loop.@Nullable Timer timer;
  private CompletableFuture<Void> order = CompletableFuture.completedFuture(null);
  private Snapshot checkedAgainst;
  private boolean answerSeen;
  private boolean clientGone;

  ReplyGovernor(
      Call call,
      AdmittedCall admitted,
      Outcome outcome,
      DecisionStep decisions,
      SessionTable sessions,
      SnapshotHolder snapshots,
      Meters meters) {
    this.call = call;
    this.admitted = admitted;
    this.outcome = outcome;
    this.decisions = decisions;
    this.messages = new ReplyMessages(call);
    this.results = new ResultStep(call, decisions, outcome);
    this.sessions = sessions;
    this.snapshots = snapshots;
    this.meters = meters;
    this.loop = call.exchange().loop();
    this.checkedAgainst = call.snapshot();
  }

  /** The client left before anything was sent. */
  void neverSent() {
    outcome.end(OutcomeResult.NOT_DISPATCHED, SideEffect.NONE, "the client had left");
  }

  /** Ties the exchange with the server to the client's presence, to time and to the session. */
  void watch(UpstreamExchange sent) {
    upstream = sent;
    if (outcome.over()) {
      return;
    }
    Exchange exchange = call.exchange();
    exchange.onClosed(this::clientGone);
    call.onCancel(() -> cancel("the client cancelled"));
    if (call.message().method() == McpMethod.STREAM) {
      exchange.onDrain(() -> finishStream("the gateway is stopping"));
      armExpiry();
      BoundSession session = call.session();
      if (session != null) {
        Runnable cut = () -> loop.execute(() -> finishStream("the session ended"));
        session.onEnd(cut);
        call.onEnd(() -> session.forget(cut));
      }
    } else {
      timer = loop.after(call.limits().call(), this::timeout);
    }
  }

  @Override
  public void head(ReplyHead reply) {
    head = reply;
    outcome.replied(reply.status(), reply.executor());
    BoundSession session = call.session();
    if (reply.status() == 401 || reply.status() == 407) {
      // The server's challenge is about our credential; the client must never see it.
      fail(RefusedException.of(Reason.UPSTREAM_CREDENTIAL), OutcomeResult.BAD_REPLY);
    } else if (reply.status() == 404 && session != null && session.upstreamId() != null) {
      sessions.end(session);
      if (call.message().method() == McpMethod.END) {
        acknowledge();
      } else {
        fail(RefusedException.of(Reason.SESSION_UNKNOWN), OutcomeResult.ERROR_ANSWERED);
      }
    } else {
      switch (call.message().method()) {
        case STREAM -> streamHead(reply);
        case END -> {
          if (session != null) {
            sessions.end(session);
          }
          acknowledge();
        }
        case INITIALIZED, CANCELLED -> notificationHead(reply);
        default -> requestHead(reply);
      }
    }
  }

  private void acknowledge() {
    stopUpstream();
    answer(Answer.empty(200));
    outcome.end(OutcomeResult.ANSWERED, SideEffect.NONE, null);
  }

  private void notificationHead(ReplyHead reply) {
    stopUpstreamUnlessDone(reply);
    if (reply.status() < 200 || reply.status() > 299) {
      fail(ResultStep.badReply("a notification was not accepted"), OutcomeResult.BAD_REPLY);
      return;
    }
    messages.cancelled().ifPresent(Runnable::run);
    answer(Answer.empty(202));
    outcome.end(OutcomeResult.ANSWERED, SideEffect.NONE, null);
  }

  private void streamHead(ReplyHead reply) {
    if (reply.status() == 405) {
      fail(RefusedException.of(Reason.METHOD_NOT_ALLOWED), OutcomeResult.ERROR_ANSWERED);
    } else if (reply.status() != 200 || reply.encoded() || !isEvents(reply)) {
      fail(ResultStep.badReply("not an event stream"), OutcomeResult.BAD_REPLY);
    } else {
      openStream();
      events = new SseDecoder(call.limits().eventBytesMax());
    }
  }

  private void requestHead(ReplyHead reply) {
    boolean answerStatus =
        reply.status() == 200 || (reply.status() >= 400 && reply.status() <= 599);
    if (reply.encoded()) {
      fail(ResultStep.badReply("a content coding nobody asked for"), OutcomeResult.BAD_REPLY);
    } else if (reply.status() == 200 && isEvents(reply)) {
      events = new SseDecoder(call.limits().eventBytesMax());
      if (call.message().method() != McpMethod.INITIALIZE) {
        inOrder(() -> durable().thenRun(this::openStream));
      }
    } else if (answerStatus && BodyStep.isJson(reply.contentType())) {
      json = new ByteArrayOutputStream(1024);
    } else {
      notAnAnswer("status " + reply.status() + " of a type that is no answer");
    }
  }

  @Override
  public void data(byte[] piece) {
    outcome.received(piece.length);
    if (outcome.over()) {
      return;
    }
    if (events != null) {
      try {
        events.feed(piece, 0, piece.length, new Events());
      } catch (SseRefusedException e) {
        fail(ResultStep.badReply("a broken event stream"), OutcomeResult.BAD_REPLY);
      }
    } else if (json != null) {
      if (json.size() + (long) piece.length > call.limits().answerBytesMax()) {
        fail(ResultStep.badReply("an answer over the limit"), OutcomeResult.BAD_REPLY);
      } else {
        json.writeBytes(piece);
      }
    }
  }

  @Override
  public void end() {
    if (outcome.over()) {
      return;
    }
    if (json != null) {
      whole(json.toByteArray());
    } else if (call.message().method() == McpMethod.STREAM) {
      finishStream(null);
    } else if (!answerSeen) {
      inOrder(
          () -> {
            fail(
                ResultStep.badReply("the stream ended without an answer"), OutcomeResult.BAD_REPLY);
            return CompletableFuture.completedFuture(null);
          });
    }
  }

  @Override
  public void failed(UpstreamFailure failure) {
    if (outcome.over() || answerSeen) {
      return;
    }
    LOG.atWarn()
        .addKeyValue("call", call.id())
        .addKeyValue("server", call.route().server().name())
        .addKeyValue("cause", failure.detail())
        .log("server failed");
    Reason reason =
        switch (failure.kind()) {
          case UNREACHABLE, BUSY -> Reason.UPSTREAM_UNAVAILABLE;
          case HEAD_TIMEOUT -> Reason.UPSTREAM_TIMEOUT;
          case BAD_REPLY -> Reason.UPSTREAM_BAD_REPLY;
        };
    OutcomeResult result =
        switch (failure.kind()) {
          case UNREACHABLE, BUSY ->
              failure.dispatched()
                  ? OutcomeResult.UPSTREAM_UNAVAILABLE
                  : OutcomeResult.NOT_DISPATCHED;
          case HEAD_TIMEOUT -> OutcomeResult.TIMEOUT;
          case BAD_REPLY -> OutcomeResult.BAD_REPLY;
        };
    if (call.message().method() == McpMethod.STREAM && client != null) {
      finishStream(failure.detail());
    } else {
      fail(RefusedException.of(reason), result);
    }
  }

  /** One event of the server's stream. */
  private final class Events implements SseDecoder.Sink {
    @Override
    public void event(SseEvent event) {
      if (outcome.over() || answerSeen || !event.hasData() || event.data().length == 0) {
        return;
      }
      if (event.event() != null && !event.event().equals("message")) {
        meters.dropped();
        return;
      }
      try {
        govern(messages.judge(event.data()));
      } catch (RefusedException refusal) {
        inOrder(
            () -> {
              fail(refusal, OutcomeResult.BAD_REPLY);
              return CompletableFuture.completedFuture(null);
            });
      }
    }

    @Override
    public void comment() {
      // The client gets keep-alives of our own.
    }
  }

  private void govern(ReplyMessages.Judged judged) {
    switch (judged) {
      case ReplyMessages.Judged.Final answer -> {
        answerSeen = true;
        inOrder(() -> release(answer.bytes(), answer.message()));
      }
      case ReplyMessages.Judged.Pass pass -> inOrder(() -> pass(pass.bytes()));
      case ReplyMessages.Judged.Drop drop -> meters.dropped();
      case ReplyMessages.Judged.Question question -> refuseQuestion(question);
    }
  }

  private CompletableFuture<Void> pass(byte[] bytes) {
    if (client == null) {
      // Only initialize has no stream here; nothing may come before its answer.
      meters.dropped();
      return CompletableFuture.completedFuture(null);
    }
    return recheck()
        .thenAccept(
            permitted -> {
              if (permitted && client != null) {
                client.message(bytes);
              } else if (!permitted) {
                finishStream("the settings no longer permit it");
              }
            });
  }

  /** A long stream is asked about again when the settings have changed since it was last. */
  private CompletableFuture<Boolean> recheck() {
    Snapshot newest = snapshots.current();
    if (newest == null || newest == checkedAgainst || call.message().method() != McpMethod.STREAM) {
      return CompletableFuture.completedFuture(true);
    }
    checkedAgainst = newest;
    return decisions.stillPermitted(call, newest);
  }

  private void whole(byte[] bytes) {
    ReplyMessages.Judged judged;
    try {
      judged = messages.judge(bytes);
    } catch (RefusedException refusal) {
      notAnAnswer("the reply is not strict JSON-RPC with this request's id");
      return;
    }
    if (judged instanceof ReplyMessages.Judged.Final answer) {
      answerSeen = true;
      inOrder(() -> release(answer.bytes(), answer.message()));
    } else {
      notAnAnswer("not an answer to this request");
    }
  }

  /** A server of the other era answers a modern request with some 4xx of its own. */
  private void notAnAnswer(String detail) {
    int status = head == null ? 0 : head.status();
    if (call.modern() && status >= 400 && status <= 499) {
      fail(RefusedException.of(Reason.ERA_NOT_SERVED), OutcomeResult.ERROR_ANSWERED);
    } else {
      fail(ResultStep.badReply(detail), OutcomeResult.BAD_REPLY);
    }
  }

  /** The final answer, once it is judged and the decision is durable. */
  private CompletableFuture<Void> release(byte[] bytes, RpcMessage answer) {
    return durable()
        .thenCompose(position -> results.judge(bytes, answer))
        .thenAccept(judged -> deliver(judged, answer));
  }

  private void deliver(byte[] bytes, RpcMessage answer) {
    if (outcome.over()) {
      return;
    }
    boolean failure = answer instanceof RpcMessage.Failure;
    List<Header> headers = new ArrayList<>();
    headers.add(new Header("content-type", "application/json"));
    if (call.message().method() == McpMethod.INITIALIZE
        && answer instanceof RpcMessage.Result result) {
      headers.add(new Header("mcp-session-id", openSession(result)));
    }
    if (client != null) {
      client.message(bytes);
      client.end();
    } else {
      int status =
          answer instanceof RpcMessage.Failure error
              ? StatusTable.of(error.code(), call.modern())
              : 200;
      answer(new Answer(status, headers, bytes));
    }
    stopTimer();
    outcome.end(
        clientGone
            ? OutcomeResult.CLIENT_GONE
            : failure ? OutcomeResult.ERROR_ANSWERED : OutcomeResult.ANSWERED,
        failure ? SideEffect.UNKNOWN : sideEffect(SideEffect.DONE),
        null);
  }

  private String openSession(RpcMessage.Result result) {
    BoundSession session =
        sessions.open(
            call.caller().key(),
            call.route().path(),
            ResultStep.agreedVersion(result.result()),
            head == null ? null : head.sessionId(),
            call.limits());
    if (session == null) {
      throw RefusedException.of(Reason.SESSION_LIMIT);
    }
    return session.wireId();
  }

  private void refuseQuestion(ReplyMessages.Judged.Question question) {
    meters.serverRequestRefused();
    LOG.atInfo()
        .addKeyValue("call", call.id())
        .addKeyValue("server", call.route().server().name())
        .log("a server's request to the client was refused");
    OutboundRequest refusal = Outbound.response(call, question.refusal());
    call.route()
        .upstream()
        .send(
            AdmittedCall.admit(admitted.caller(), admitted.permit(), admitted.receipt(), refusal),
            call.route().credential(),
            loop,
            new Unheard());
  }

  /** For what is sent without anyone waiting for the reply. */
  private static final class Unheard implements ReplyListener {
    @Override
    public void head(ReplyHead reply) {}

    @Override
    public void data(byte[] piece) {}

    @Override
    public void end() {}

    @Override
    public void failed(UpstreamFailure failure) {}
  }

  private CompletableFuture<?> durable() {
    if (admitted.receipt().isDurable()) {
      return CompletableFuture.completedFuture(null);
    }
    return loop.here(admitted.receipt().durable())
        .exceptionally(
            failure -> {
              throw RefusedException.of(Reason.AUDIT_UNAVAILABLE);
            });
  }

  /** Runs steps one after another; while one waits the server is not read. */
  private void inOrder(java.util.function.Supplier<CompletableFuture<?>> step) {
    CompletableFuture<Void> next =
        order
            .thenCompose(
                before -> outcome.over() ? CompletableFuture.completedFuture(null) : step.get())
            .handle(
                (done, failure) -> {
                  if (failure != null) {
                    broke(failure);
                  }
                  return null;
                });
    order = next;
    if (!next.isDone() && upstream != null) {
      UpstreamExchange paused = upstream;
      paused.pause();
      next.whenComplete((done, failure) -> paused.resume());
    }
  }

  private void broke(Throwable failure) {
    Throwable cause = failure instanceof CompletionException wrapped ? wrapped.getCause() : failure;
    if (cause instanceof RefusedException refusal) {
      fail(refusal, result(refusal.reason()));
    } else {
      LOG.atError().setCause(cause).addKeyValue("call", call.id()).log("governing a reply failed");
      fail(RefusedException.of(Reason.INTERNAL), OutcomeResult.WITHHELD);
    }
  }

  private static OutcomeResult result(Reason reason) {
    return reason == Reason.UPSTREAM_BAD_REPLY ? OutcomeResult.BAD_REPLY : OutcomeResult.WITHHELD;
  }

  private void openStream() {
    if (outcome.over() || clientGone) {
      return;
    }
    client =
        new ClientStream(
            call,
            () -> {
              if (upstream != null) {
                upstream.pause();
              }
            },
            () -> {
              if (upstream != null) {
                upstream.resume();
              }
            },
            () -> inOrder(() -> recheck().thenAccept(this::goOn)));
  }

  private void goOn(boolean permitted) {
    if (!permitted) {
      finishStream("the settings no longer permit it");
    }
  }

  private void armExpiry() {
    Duration left = Duration.between(Instant.now(), call.caller().expiresAt());
    timer =
        loop.after(
            left.isNegative() ? Duration.ZERO : left, () -> finishStream("the credential expired"));
  }

  private void finishStream(@Nullable String detail) {
    if (outcome.over()) {
      return;
    }
    stopUpstream();
    if (client != null) {
      client.end();
    } else {
      answer(Answer.empty(503));
    }
    outcome.end(OutcomeResult.ANSWERED, SideEffect.NONE, detail);
  }

  private void clientGone() {
    clientGone = true;
    if (client != null) {
      client.over();
    }
    // A legacy client that disconnects has not cancelled (Streamable HTTP 2025-11-25): the server
    // finishes, within the call's time, and its answer is recorded and dropped.
    if (call.modern() || call.message().method() == McpMethod.STREAM) {
      cancel("the client left");
    }
  }

  private void cancel(String detail) {
    if (outcome.over()) {
      return;
    }
    stopUpstream();
    outcome.end(OutcomeResult.CLIENT_GONE, sideEffect(SideEffect.UNKNOWN), detail);
    if (!clientGone) {
      if (client == null) {
        openAndEnd();
      } else {
        client.end();
      }
    }
  }

  /** After a cancel nothing is said, but the POST still needs an end. */
  private void openAndEnd() {
    if (!call.exchange().answered()) {
      new ClientStream(call, () -> {}, () -> {}, () -> {}).end();
    }
  }

  private void timeout() {
    if (!outcome.over()) {
      fail(RefusedException.of(Reason.UPSTREAM_TIMEOUT), OutcomeResult.TIMEOUT);
    }
  }

  /** Ends the call without the server's answer. */
  private void fail(RefusedException refusal, OutcomeResult result) {
    if (outcome.over()) {
      return;
    }
    stopUpstream();
    meters.refused(refusal.reason());
    SideEffect effect =
        result == OutcomeResult.NOT_DISPATCHED ? SideEffect.NONE : sideEffect(SideEffect.UNKNOWN);
    outcome.end(result, effect, refusal.reason().id());
    byte[] body = ErrorAnswers.body(refusal, call.rpcIdJson(), call.id());
    if (client != null) {
      client.message(body);
      client.end();
    } else if (refusal.reason() == Reason.ERA_NOT_SERVED) {
      answer(Answer.empty(400));
    } else {
      boolean message = call.message().id() != null;
      int status = message ? refusal.reason().status(call.modern()) : httpOnly(refusal.reason());
      answer(new Answer(status, List.of(new Header("content-type", "application/json")), body));
    }
  }

  /** What has no JSON-RPC answer has only its status to say that it failed. */
  private static int httpOnly(Reason reason) {
    int status = reason.status(false);
    return status == 200 ? 502 : status;
  }

  private void answer(Answer answer) {
    List<Header> headers = new ArrayList<>(answer.headers());
    headers.addAll(FrontDoor.cors(call.exchange().head()));
    call.exchange().answer(new Answer(answer.status(), headers, answer.body()));
  }

  /** A tool that the operator calls read-only has had no effect, whatever became of the call. */
  private SideEffect sideEffect(SideEffect otherwise) {
    return call.effect() == Effect.READ ? SideEffect.NONE : otherwise;
  }

  private void stopUpstreamUnlessDone(ReplyHead reply) {
    if (reply.status() < 200 || reply.status() > 299) {
      stopUpstream();
    }
  }

  private void stopUpstream() {
    stopTimer();
    if (upstream != null) {
      upstream.cancel();
    }
  }

  private void stopTimer() {
    if (timer != null) {
      timer.cancel();
      timer = null;
    }
  }

  private static boolean isEvents(ReplyHead reply) {
    return BodyStep.isType(reply.contentType(), "text/event-stream");
  }
}

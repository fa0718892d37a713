// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.audit.OutcomeResult;
import dev.countersign.audit.SideEffect;
import dev.countersign.gateway.admission.AdmittedCall;
import dev.countersign.gateway.error.Reason;
import dev.countersign.gateway.error.RefusedException;
import dev.countersign.gateway.http.Exchange;
import dev.countersign.gateway.http.Loop;
import dev.countersign.gateway.jsonrpc.RpcId;
import dev.countersign.gateway.jsonrpc.RpcMessage;
import dev.countersign.gateway.mcp.McpMethod;
import dev.countersign.gateway.session.BoundSession;
import dev.countersign.gateway.session.SessionTable;
import dev.countersign.gateway.sse.SseEvent;
import dev.countersign.gateway.telemetry.Meters;
import dev.countersign.gateway.upstream.ReplyHead;
import dev.countersign.gateway.upstream.ReplyListener;
import dev.countersign.gateway.upstream.UpstreamExchange;
import dev.countersign.gateway.upstream.UpstreamFailure;
import dev.countersign.gateway.work.WorkPool;
import java.time.Duration;
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
  /** A server that has answered gets this long to end its reply, so that its connection is kept. */
  private static final Duration LINGER = Duration.ofSeconds(1);

  /** A server that takes longer than this for the head of a GET stream has one. */
  private static final Duration STREAM_HEAD_TIME = Duration.ofSeconds(1);

  private static final String NO_LONGER_PERMITTED = "the settings no longer permit it";
  private static final Logger LOG = LoggerFactory.getLogger(ReplyGovernor.class);
  private static final CompletableFuture<Void> DONE = CompletableFuture.completedFuture(null);

  private final Call call;
  private final AdmittedCall admitted;
  private final Outcome outcome;
  private final Delivery delivery;
  private final ReplyOrder order;
  private final ReplyMessages messages;
  private final FinalAnswer answers;
  private final StreamWatch watch;
  private final ServerQuestions questions;
  private final EventMarks marks;
  private final SessionTable sessions;
  private final Meters meters;
  private final Loop loop;
  private final ReplyBody body;
  private @Nullable ReplyHead head;
  private boolean replyOver;

  ReplyGovernor(
      Call call,
      AdmittedCall admitted,
      Outcome outcome,
      RecordStep records,
      DecisionStep decisions,
      InputRequired inputs,
      TaskStep tasks,
      StreamWatch watch,
      LegacySteps legacy,
      SessionTable sessions,
      Meters meters,
      WorkPool work) {
    this.call = call;
    this.admitted = admitted;
    this.outcome = outcome;
    this.watch = watch;
    this.sessions = sessions;
    this.meters = meters;
    this.loop = call.exchange().loop();
    this.delivery = new Delivery(call, outcome, meters);
    this.order = new ReplyOrder(outcome, this::broke);
    this.messages = new ReplyMessages(call, legacy.tasks(), work, watch::toolsChanged);
    this.body = new ReplyBody(call, new Events());
    // A stream that can be resumed is kept beyond its call, and this with it.
    call.onEnd(body::release);
    this.answers =
        new FinalAnswer(
            call,
            admitted,
            records,
            new ResultStep(call, decisions, inputs, legacy.tasks(), tasks, outcome, meters),
            sessions,
            delivery);
    this.marks =
        new EventMarks(call, legacy.eventIds(), new CallStream(call, answers, this::broke));
    this.questions = new ServerQuestions(call, admitted, legacy.questions(), delivery, meters);
  }

  /** The client left before anything was sent. */
  void neverSent() {
    outcome.end(OutcomeResult.NOT_DISPATCHED, SideEffect.NONE, "the client had left");
  }

  /** Ties the exchange with the server to the client's presence, to time and to the session. */
  void watch(UpstreamExchange sent) {
    delivery.of(sent);
    order.of(sent);
    // The client waits no longer, whatever the server says to its notification.
    messages.cancelled().ifPresent(Runnable::run);
    if (outcome.over()) {
      return;
    }
    Exchange exchange = call.exchange();
    exchange.onClosed(this::clientGone);
    call.onCancel(() -> delivery.cancelled("the client cancelled"));
    call.onEnd(() -> linger(sent));
    if (isStream()) {
      watch.begin(this::finish);
      if (call.message().method() == McpMethod.STREAM) {
        // Clients wait for the head, and some servers send theirs with the first event.
        Loop.Timer patience = loop.after(STREAM_HEAD_TIME, this::openStream);
        call.onEnd(patience::cancel);
      }
    } else {
      Loop.Timer timer = loop.after(call.limits().call(), this::timeout);
      call.onEnd(timer::cancel);
    }
  }

  private void linger(UpstreamExchange sent) {
    if (!replyOver) {
      var unused = loop.after(LINGER, sent::cancel);
    }
  }

  @Override
  public void head(ReplyHead reply) {
    head = reply;
    outcome.replied(reply.status(), reply.executor());
    BoundSession session = call.session();
    if (reply.status() == 401 || reply.status() == 407) {
      // The server's challenge is about our credential; the client must never see it.
      fail(Reason.UPSTREAM_CREDENTIAL, OutcomeResult.BAD_REPLY);
    } else if (reply.status() == 404 && session != null && session.upstreamId() != null) {
      sessions.end(session);
      if (call.message().method() == McpMethod.END) {
        delivery.acknowledged(200);
      } else {
        fail(Reason.SESSION_UNKNOWN, OutcomeResult.ERROR_ANSWERED);
      }
    } else {
      switch (call.message().method()) {
        case STREAM -> streamHead(reply);
        case LISTEN -> listenHead(reply);
        case END -> delivery.acknowledged(200);
        default -> {
          if (call.message().id() == null) {
            notificationHead(reply);
          } else {
            requestHead(reply);
          }
        }
      }
    }
  }

  private void notificationHead(ReplyHead reply) {
    if (reply.status() < 200 || reply.status() > 299) {
      bad("a notification was not accepted");
      return;
    }
    delivery.acknowledged(202);
  }

  private void streamHead(ReplyHead reply) {
    if (delivery.streaming() && (reply.status() != 200 || reply.encoded() || !isEvents(reply))) {
      delivery.finished("the server gave no stream");
    } else if (reply.status() == 405) {
      fail(Reason.METHOD_NOT_ALLOWED, OutcomeResult.ERROR_ANSWERED);
    } else if (reply.status() == 409) {
      fail(Reason.STREAM_TAKEN, OutcomeResult.ERROR_ANSWERED);
    } else if (reply.status() == 400 && call.resumption() != null) {
      fail(Reason.EVENT_UNKNOWN, OutcomeResult.ERROR_ANSWERED);
    } else if (reply.status() != 200 || reply.encoded() || !isEvents(reply)) {
      bad("not an event stream");
    } else {
      body.isEvents();
      openStream();
    }
  }

  private void openStream() {
    if (!delivery.streaming()) {
      delivery.openStream(() -> order.then(this::lookAfterStream));
    }
  }

  /** A subscription is a stream of events, or refused with an error. */
  private void listenHead(ReplyHead reply) {
    if (reply.status() == 200 && !isEvents(reply)) {
      bad("not an event stream");
    } else if (reply.status() == 200 && !reply.encoded()) {
      body.isEvents();
      order.then(
          () ->
              answers
                  .durable()
                  .thenRun(() -> delivery.openStream(() -> order.then(this::lookAfterStream))));
    } else {
      requestHead(reply);
    }
  }

  private void requestHead(ReplyHead reply) {
    boolean answerStatus =
        reply.status() == 200 || (reply.status() >= 400 && reply.status() <= 599);
    if (reply.encoded()) {
      bad("a content coding nobody asked for");
    } else if (reply.status() == 200 && isEvents(reply)) {
      body.isEvents();
      // The answer to initialize carries the session id in its head, so it waits for its result.
      if (call.message().method() != McpMethod.INITIALIZE) {
        order.then(() -> answers.durable().thenRun(delivery::streamSoon));
      }
    } else if (answerStatus && BodyStep.isJson(reply.contentType())) {
      body.isJson();
    } else {
      notAnAnswer("status " + reply.status() + " of a type that is no answer");
    }
  }

  @Override
  public void data(byte[] piece) {
    outcome.received(piece.length);
    if (!outcome.over()) {
      watch.heard();
      body.feed(piece);
    }
  }

  @Override
  public void end() {
    replyOver = true;
    if (outcome.over()) {
      return;
    }
    byte[] json = body.json();
    if (json != null) {
      order.then(() -> messages.read(json).thenCompose(this::whole));
    } else if (isStream()) {
      order.thenRun(() -> delivery.finished(null));
    } else {
      order.thenRun(() -> brokenOff("the stream ended without an answer"));
    }
  }

  @Override
  public void failed(UpstreamFailure failure) {
    replyOver = true;
    order.thenRun(() -> broken(failure));
  }

  private void broken(UpstreamFailure failure) {
    LOG.atWarn()
        .addKeyValue("call", call.id())
        .addKeyValue("server", call.route().server().name())
        .addKeyValue("cause", failure.detail())
        .log("server failed");
    if (isStream() && delivery.streaming()) {
      delivery.finished(failure.detail());
    } else if (marks.resumable() && !outcome.over()) {
      delivery.suspend();
    } else {
      fail(reason(failure), result(failure));
    }
  }

  /** A server may close a stream early that its client can go on with by GET. */
  private void brokenOff(String detail) {
    if (marks.resumable() && !outcome.over()) {
      delivery.suspend();
    } else {
      bad(detail);
    }
  }

  private static Reason reason(UpstreamFailure failure) {
    return switch (failure.kind()) {
      case UNREACHABLE, BUSY -> Reason.UPSTREAM_UNAVAILABLE;
      case HEAD_TIMEOUT -> Reason.UPSTREAM_TIMEOUT;
      case BAD_REPLY -> Reason.UPSTREAM_BAD_REPLY;
    };
  }

  private static OutcomeResult result(UpstreamFailure failure) {
    if (!failure.dispatched()) {
      return OutcomeResult.NOT_DISPATCHED;
    }
    return switch (failure.kind()) {
      case UNREACHABLE, BUSY -> OutcomeResult.UPSTREAM_UNAVAILABLE;
      case HEAD_TIMEOUT -> OutcomeResult.TIMEOUT;
      case BAD_REPLY -> OutcomeResult.BAD_REPLY;
    };
  }

  private final class Events implements ReplyBody.Sink {
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
      order.thenRun(() -> bad(detail));
    }

    @Override
    public void noRoom() {
      ReplyGovernor.this.noRoom();
    }

    @Override
    public boolean over() {
      return outcome.over();
    }
  }

  /** The server has acted, so the client is not told to come again. */
  private void noRoom() {
    meters.refused(Reason.OVERLOADED);
    delivery.failed(ResultStep.badReply("there is no room for it now"), OutcomeResult.WITHHELD);
  }

  private CompletableFuture<Void> govern(ReplyMessages.Reading reading) {
    if (outcome.over()) {
      return DONE;
    }
    return switch (messages.judge(reading)) {
      case ReplyMessages.Judged.Final answer -> release(answer);
      case ReplyMessages.Judged.Resumed answer ->
          loop.here(answer.stream().answer(answer.bytes(), answer.message(), answer.digest()))
              .thenCompose(this::pass);
      case ReplyMessages.Judged.Pass pass -> pass(pass.bytes());
      case ReplyMessages.Judged.Updated updated ->
          watch
              .permitted()
              .thenCompose(yes -> yes ? updated(updated) : finished(NO_LONGER_PERMITTED));
      case ReplyMessages.Judged.Drop drop -> dropped();
      case ReplyMessages.Judged.Question question -> questions.take(question.request());
      case ReplyMessages.Judged.TakenBack back -> {
        if (!questions.takenBack(back.question())) {
          meters.dropped();
        }
        yield DONE;
      }
    };
  }

  private CompletableFuture<Void> updated(ReplyMessages.Judged.Updated news) {
    return watch.readable(news.uri()).thenCompose(yes -> yes ? pass(news.bytes()) : dropped());
  }

  private CompletableFuture<Void> dropped() {
    meters.dropped();
    return DONE;
  }

  private CompletableFuture<Void> pass(byte[] bytes) {
    CompletableFuture<Boolean> permitted =
        isStream() ? watch.permitted() : CompletableFuture.completedFuture(true);
    return permitted.thenAccept(
        yes -> {
          if (!yes) {
            finish(NO_LONGER_PERMITTED);
          } else if (!delivery.message(bytes)) {
            // Only initialize has no stream here; nothing may come before its answer.
            meters.dropped();
          }
        });
  }

  private CompletableFuture<?> lookAfterStream() {
    if (watch.idle()) {
      return finished("nothing was said for too long");
    }
    return watch
        .permitted()
        .thenAccept(
            yes -> {
              if (!yes) {
                finish(NO_LONGER_PERMITTED);
              } else if (watch.takeChange()) {
                changes().forEach(delivery::message);
              }
            });
  }

  /** New settings may show the client other lists than it has. */
  private List<byte[]> changes() {
    Listening listening = call.listening();
    return listening == null ? ReplyMessages.listChanges() : listening.changes();
  }

  private CompletableFuture<Void> finished(String detail) {
    finish(detail);
    return DONE;
  }

  /** Ends a stream on the gateway's own account; a subscription then has a result. */
  private void finish(String detail) {
    Listening listening = call.listening();
    if (listening != null && !outcome.over()) {
      listening.end().ifPresent(delivery::message);
    }
    delivery.finished(detail);
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
    boolean isError = head != null && head.status() >= 400;
    if (judged instanceof ReplyMessages.Judged.Final answer
        && !(isError && answer.message() instanceof RpcMessage.Result)) {
      return release(answer);
    }
    notAnAnswer("not an answer to this request");
    return DONE;
  }

  /** A server of the other era answers a modern request with some 4xx of its own. */
  private void notAnAnswer(String detail) {
    int status = head == null ? 0 : head.status();
    if (call.modern() && (status == 400 || status == 404 || status == 405 || status == 406)) {
      fail(Reason.ERA_NOT_SERVED, OutcomeResult.ERROR_ANSWERED);
    } else {
      bad(detail);
    }
  }

  private CompletableFuture<Void> release(ReplyMessages.Judged.Final answer) {
    return answers.release(answer, head == null ? null : head.sessionId());
  }

  /** Ends the call because something failed that must not. */
  void broke(Throwable failure) {
    Throwable cause = failure instanceof CompletionException wrapped ? wrapped.getCause() : failure;
    if (cause instanceof RefusedException refusal && refusal.reason() == Reason.OVERLOADED) {
      noRoom();
    } else if (cause instanceof RefusedException refusal) {
      delivery.failed(
          refusal,
          refusal.reason() == Reason.UPSTREAM_BAD_REPLY
              ? OutcomeResult.BAD_REPLY
              : OutcomeResult.WITHHELD);
    } else {
      LOG.atError().setCause(cause).addKeyValue("call", call.id()).log("governing a reply failed");
      fail(Reason.INTERNAL, OutcomeResult.WITHHELD);
    }
  }

  private void clientGone() {
    delivery.clientGone();
    // A legacy client that disconnects has not cancelled (Streamable HTTP 2025-11-25): the server
    // finishes, within the call's time, and its answer is recorded and dropped.
    if (call.modern() || isStream()) {
      delivery.cancelled("the client left");
    }
  }

  private void timeout() {
    RpcId id = call.message().id();
    if (call.session() != null && id != null && !outcome.over()) {
      // In the legacy era a connection that closes is no cancel.
      new ServerReplies(call, meters).cancel(admitted, id);
    }
    fail(Reason.UPSTREAM_TIMEOUT, OutcomeResult.TIMEOUT);
  }

  private void bad(String detail) {
    delivery.failed(ResultStep.badReply(detail), OutcomeResult.BAD_REPLY);
  }

  private void fail(Reason reason, OutcomeResult result) {
    delivery.failed(RefusedException.of(reason), result);
  }

  private boolean isStream() {
    McpMethod method = call.message().method();
    return method == McpMethod.STREAM || method == McpMethod.LISTEN;
  }

  private static boolean isEvents(ReplyHead reply) {
    return BodyStep.isType(reply.contentType(), "text/event-stream");
  }
}

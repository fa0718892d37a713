// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.audit.OutcomeResult;
import dev.countersign.audit.SideEffect;
import dev.countersign.gateway.admission.AdmittedCall;
import dev.countersign.gateway.error.Reason;
import dev.countersign.gateway.http.Exchange;
import dev.countersign.gateway.http.Loop;
import dev.countersign.gateway.jsonrpc.RpcId;
import dev.countersign.gateway.mcp.McpMethod;
import dev.countersign.gateway.session.BoundSession;
import dev.countersign.gateway.session.SessionTable;
import dev.countersign.gateway.telemetry.Meters;
import dev.countersign.gateway.upstream.ReplyHead;
import dev.countersign.gateway.upstream.ReplyListener;
import dev.countersign.gateway.upstream.UpstreamExchange;
import dev.countersign.gateway.upstream.UpstreamFailure;
import dev.countersign.gateway.work.WorkPool;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stands between a server's reply and the client, from the head of the reply to the end of the
 * call. Every message is parsed as strictly as a request was; only what is understood and owed to
 * this call goes on, in order, nothing before the decision is durable.
 *
 * <p>{@link ReplyHeads} says what the head is, {@link ReplyMessages} what a message is; {@link
 * MessageGovernor} sends each where it belongs, {@link StreamLife} looks after streams that no
 * answer ends, {@link ReplyFailures} says what went wrong. Confined to the call's event loop.
 */
final class ReplyGovernor implements ReplyListener {
  /** A server that has answered gets this long to end its reply, so that its connection is kept. */
  private static final Duration LINGER = Duration.ofSeconds(1);

  private static final Logger LOG = LoggerFactory.getLogger(ReplyGovernor.class);

  private final Call call;
  private final AdmittedCall admitted;
  private final Outcome outcome;
  private final Delivery delivery;
  private final ReplyFailures failures;
  private final ReplyOrder order;
  private final ReplyHeads heads;
  private final ReplyMessages messages;
  private final MessageGovernor governor;
  private final FinalAnswer answers;
  private final StreamWatch watch;
  private final StreamLife stream;
  private final EventMarks marks;
  private final SessionTable sessions;
  private final Meters meters;
  private final ReplyBody body;
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
    this.delivery = new Delivery(call, outcome, meters);
    this.failures = new ReplyFailures(call, delivery, meters);
    this.order = new ReplyOrder(outcome, failures::broke);
    this.heads = new ReplyHeads(call);
    this.messages = new ReplyMessages(call, legacy.tasks(), work, watch::toolsChanged);
    this.answers =
        new FinalAnswer(
            call,
            admitted,
            records,
            new ResultStep(call, decisions, inputs, legacy.tasks(), tasks, outcome, meters, work),
            sessions,
            delivery);
    this.marks =
        new EventMarks(call, legacy.eventIds(), new CallStream(call, answers, failures::broke));
    this.stream = new StreamLife(call, outcome, delivery, order, watch);
    this.governor =
        new MessageGovernor(
            call,
            outcome,
            order,
            messages,
            answers,
            new ServerQuestions(call, admitted, legacy.questions(), delivery, meters),
            marks,
            stream,
            watch,
            delivery,
            failures,
            meters);
    this.body = new ReplyBody(call, governor);
    // A stream that can be resumed is kept beyond its call, and this with it.
    call.onEnd(body::release);
  }

  /** The client left before anything was sent. */
  void neverSent() {
    outcome.end(OutcomeResult.NOT_DISPATCHED, SideEffect.NONE, "the client had left");
  }

  /** Ends the call because something failed that must not. */
  void broke(Throwable failure) {
    failures.broke(failure);
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
    call.life().onCancel(() -> delivery.cancelled("the client cancelled"));
    call.onEnd(() -> linger(sent));
    if (StreamLife.isOf(call)) {
      stream.begin();
    } else {
      Loop.Timer timer = exchange.loop().after(call.limits().call(), this::timeout);
      call.onEnd(timer::cancel);
    }
  }

  private void linger(UpstreamExchange sent) {
    if (!replyOver) {
      var unused = call.exchange().loop().after(LINGER, sent::cancel);
    }
  }

  @Override
  public void sentAgain() {
    outcome.sentAgain();
  }

  @Override
  public void head(ReplyHead reply) {
    call.goesOn();
    outcome.replied(reply.status(), reply.executor());
    String opened = reply.sessionId();
    if (call.message().method() == McpMethod.INITIALIZE && opened != null) {
      answers.opening(opened);
    }
    governor.head(reply);
    switch (heads.judge(reply, delivery.streaming())) {
      case ReplyHeads.Judged.Events events -> events();
      case ReplyHeads.Judged.Json json -> body.isJson();
      case ReplyHeads.Judged.Taken taken -> delivery.acknowledged(taken.status());
      case ReplyHeads.Judged.SessionGone gone -> sessionGone(gone.session());
      case ReplyHeads.Judged.NoStream none -> delivery.finished("the server gave no stream");
      case ReplyHeads.Judged.Refused refused -> failures.fail(refused.reason(), refused.result());
      case ReplyHeads.Judged.Bad bad -> failures.bad(bad.detail());
      case ReplyHeads.Judged.NoAnswer none -> failures.notAnAnswer(reply.status(), none.detail());
    }
  }

  private void events() {
    body.isEvents();
    switch (call.message().method()) {
      case STREAM -> stream.open();
      case LISTEN -> order.then(() -> answers.durable().thenRun(stream::open));
      case INITIALIZE -> {
        // Its answer carries the session id in its head, so that waits for the result.
      }
      default -> order.then(() -> answers.durable().thenRun(delivery::streamSoon));
    }
  }

  private void sessionGone(BoundSession session) {
    sessions.end(session);
    if (call.message().method() == McpMethod.END) {
      delivery.acknowledged(200);
    } else {
      failures.fail(Reason.SESSION_UNKNOWN, OutcomeResult.ERROR_ANSWERED);
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
      governor.whole(json);
    } else if (StreamLife.isOf(call)) {
      order.thenRun(() -> delivery.finished(null));
    } else {
      order.thenRun(() -> brokenOff(() -> failures.bad("the stream ended without an answer")));
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
    if (StreamLife.isOf(call) && delivery.streaming()) {
      delivery.finished(failure.detail());
    } else {
      // Only a server that ends its stream well means to be asked again: one that broke may be
      // gone, and at the gateway's own end nobody would write down what became of the call.
      failures.upstream(failure);
    }
  }

  /** A server may close a stream early that its client can go on with by GET. */
  private void brokenOff(Runnable otherwise) {
    if (marks.resumable() && !outcome.over()) {
      delivery.suspend();
      tieToSession();
    } else {
      otherwise.run();
    }
  }

  /** Nobody can go on with it when the session is over, nor when the gateway is. */
  private void tieToSession() {
    BoundSession session = call.session();
    if (session != null) {
      Loop loop = call.exchange().loop();
      Runnable over = () -> loop.execute(delivery::sessionOver);
      session.onEnd(over);
      call.onEnd(() -> session.forget(over));
    }
  }

  private void clientGone() {
    delivery.clientGone();
    // A legacy client that disconnects has not cancelled (Streamable HTTP 2025-11-25): the server
    // finishes, within the call's time, and its answer is recorded and dropped.
    if ((call.modern() && !call.isBridged()) || StreamLife.isOf(call)) {
      delivery.cancelled("the client left");
    }
  }

  private void timeout() {
    RpcId id = call.message().id();
    if (!call.modern() && call.session() != null && id != null && !outcome.over()) {
      // In the legacy era a connection that closes is no cancel.
      new ServerReplies(call, meters).cancel(admitted, id);
    }
    failures.fail(Reason.UPSTREAM_TIMEOUT, OutcomeResult.TIMEOUT);
  }
}

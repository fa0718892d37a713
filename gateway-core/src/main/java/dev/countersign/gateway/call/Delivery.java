// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.audit.OutcomeResult;
import dev.countersign.audit.SideEffect;
import dev.countersign.gateway.error.Reason;
import dev.countersign.gateway.error.RefusedException;
import dev.countersign.gateway.http.Answer;
import dev.countersign.gateway.http.Header;
import dev.countersign.gateway.http.Loop;
import dev.countersign.gateway.jsonrpc.RpcMessage;
import dev.countersign.gateway.sse.SseMark;
import dev.countersign.gateway.telemetry.Meters;
import dev.countersign.gateway.upstream.UpstreamExchange;
import dev.countersign.policy.Effect;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The client's side of a reply: one answer, or a stream of messages and its end. However a
 * forwarded call ends, it ends here, once: the client is told, the server is let go, the outcome is
 * written. Confined to the call's event loop.
 */
final class Delivery {
  /** A server that has something to say has most often said it by then. */
  private static final Duration SOON = Duration.ofMillis(250);

  private static final Header JSON = new Header("content-type", "application/json");
  private static final Header NO_STORE = new Header("cache-control", "no-store");

  private final Call call;
  private final Outcome outcome;
  private final Meters meters;
  private @Nullable UpstreamExchange upstream;
  private @Nullable ClientStream stream;
  private boolean clientGone;
  private SseMark next = SseMark.NONE;
  private SseMark held = SseMark.NONE;
  private boolean soon;

  Delivery(Call call, Outcome outcome, Meters meters) {
    this.call = call;
    this.outcome = outcome;
    this.meters = meters;
  }

  /** Whether the client still waits for its answer. */
  boolean isAwaited() {
    return !outcome.over() && !clientGone;
  }

  /** The exchange with the server that ends with the call. */
  void of(UpstreamExchange exchange) {
    upstream = exchange;
  }

  /** Whether the client is being sent a stream. */
  boolean streaming() {
    return stream != null;
  }

  /**
   * Begins a stream to the client, unless nobody waits for one any more.
   *
   * @param tick runs at every keep-alive interval of it
   */
  void openStream(Runnable tick) {
    if (!outcome.over() && !clientGone) {
      stream = new ClientStream(call, this::pauseServer, this::resumeServer, tick);
    }
  }

  /** What stands beside the message that is released next, if one is. */
  void next(SseMark mark) {
    next = mark;
  }

  private SseMark takeNext() {
    SseMark mark = next;
    next = SseMark.NONE;
    return mark;
  }

  /** Says where the stream is to go on when it breaks, or when. */
  void mark(SseMark mark) {
    if (mark.isNone()) {
      return;
    }
    if (stream != null) {
      stream.mark(mark);
    } else {
      held = mark;
    }
  }

  /**
   * The client gets a stream as soon as there is something to send on it, and soon in any case. An
   * answer that a target is unknown comes before that, and without one, like that for a hidden one.
   */
  void streamSoon() {
    soon = true;
    Loop.Timer timer = call.exchange().loop().after(SOON, this::streamNow);
    call.onEnd(timer::cancel);
  }

  private void streamNow() {
    if (soon && stream == null) {
      soon = false;
      openStream(() -> {});
      mark(held);
    }
  }

  /** Sends one message on the stream; false when there is none to send it on. */
  boolean message(byte[] json) {
    streamNow();
    if (stream == null) {
      return false;
    }
    stream.message(takeNext(), json);
    return true;
  }

  /** Sends a message of the gateway's own, which is none of the server's events. */
  void own(byte[] json) {
    if (stream != null) {
      stream.message(SseMark.NONE, json);
    }
  }

  /** Ends the client's stream and not the call: its answer may come on another one. */
  void suspend() {
    streamNow();
    if (stream != null) {
      stream.end();
    }
  }

  /** Ends a call whose answer might have come on another stream, and cannot any more. */
  void sessionOver() {
    outcome.end(
        OutcomeResult.UNKNOWN,
        sideEffect(SideEffect.UNKNOWN),
        "its session ended before its answer");
  }

  /** The answer went another way; the call is over. */
  void answeredElsewhere(RpcMessage answer) {
    boolean failed = answer instanceof RpcMessage.Failure;
    suspend();
    outcome.end(
        failed ? OutcomeResult.ERROR_ANSWERED : OutcomeResult.ANSWERED,
        failed ? SideEffect.UNKNOWN : sideEffect(SideEffect.DONE),
        "on a resumed stream");
  }

  /**
   * Ends the call with the server's answer.
   *
   * @param more headers beside the content type
   */
  void answered(byte[] bytes, RpcMessage answer, List<Header> more) {
    if (outcome.over()) {
      return;
    }
    streamNow();
    boolean failed = answer instanceof RpcMessage.Failure;
    if (stream != null) {
      stream.message(takeNext(), bytes);
      stream.end();
    } else {
      int status =
          answer instanceof RpcMessage.Failure failure
              ? StatusTable.of(failure.code(), call.modern())
              : 200;
      List<Header> headers = new ArrayList<>(more);
      headers.add(JSON);
      write(new Answer(status, headers, bytes));
    }
    over(failed);
  }

  /** Ends the call with the one form of an answer about a target that is not there. */
  void unknown(RefusedException target, RpcMessage answer) {
    if (outcome.over()) {
      return;
    }
    byte[] body = RefusalBody.of(call, target);
    if (stream != null) {
      stream.message(takeNext(), body);
      stream.end();
    } else {
      write(new Answer(StatusTable.of(target.told(), call), List.of(JSON, NO_STORE), body));
    }
    over(answer instanceof RpcMessage.Failure);
  }

  private void over(boolean failed) {
    OutcomeResult result = failed ? OutcomeResult.ERROR_ANSWERED : OutcomeResult.ANSWERED;
    outcome.end(
        clientGone ? OutcomeResult.CLIENT_GONE : result,
        failed ? SideEffect.UNKNOWN : sideEffect(SideEffect.DONE),
        null);
  }

  /** Ends a call that has no JSON-RPC answer: a notification that was taken, a session's end. */
  void acknowledged(int status) {
    write(Answer.empty(status));
    outcome.end(OutcomeResult.ANSWERED, SideEffect.NONE, null);
  }

  /** Ends a stream that has no final answer. */
  void finished(@Nullable String detail) {
    if (outcome.over()) {
      return;
    }
    stopServer();
    if (stream == null) {
      write(Answer.empty(503));
    } else {
      stream.end();
    }
    outcome.end(OutcomeResult.ANSWERED, SideEffect.NONE, detail);
  }

  /** Ends the call without the server's answer. */
  void failed(RefusedException refusal, OutcomeResult result) {
    if (outcome.over()) {
      return;
    }
    stopServer();
    meters.refused(refusal.reason());
    SideEffect effect =
        result == OutcomeResult.NOT_DISPATCHED ? SideEffect.NONE : sideEffect(SideEffect.UNKNOWN);
    outcome.end(result, effect, refusal.reason().id());
    byte[] body = RefusalBody.of(call, refusal);
    if (stream != null) {
      stream.message(SseMark.NONE, body);
      stream.end();
    } else if (refusal.reason() == Reason.ERA_NOT_SERVED) {
      write(Answer.empty(400));
    } else {
      write(new Answer(StatusTable.of(refusal.told(), call), List.of(JSON), body));
    }
  }

  /** The client went away. */
  void clientGone() {
    clientGone = true;
    if (stream != null) {
      stream.over();
    }
  }

  /** Ends a call that nobody waits for. */
  void cancelled(String detail) {
    if (outcome.over()) {
      return;
    }
    stopServer();
    outcome.end(OutcomeResult.CLIENT_GONE, sideEffect(SideEffect.UNKNOWN), detail);
    if (stream != null) {
      stream.end();
    } else if (!clientGone && !call.exchange().answered()) {
      // After a cancel nothing is said, but the POST still needs an end.
      new ClientStream(call, () -> {}, () -> {}, () -> {}).end();
    }
  }

  private void write(Answer answer) {
    List<Header> headers = new ArrayList<>(answer.headers());
    headers.addAll(FrontDoor.cors(call.exchange().head()));
    call.exchange().answer(new Answer(answer.status(), headers, answer.body()));
  }

  /** A tool that the operator calls read-only has had no effect, whatever became of the call. */
  private SideEffect sideEffect(SideEffect otherwise) {
    return call.effect() == Effect.READ ? SideEffect.NONE : otherwise;
  }

  private void pauseServer() {
    if (upstream != null) {
      upstream.pause();
    }
  }

  private void resumeServer() {
    if (upstream != null) {
      upstream.resume();
    }
  }

  private void stopServer() {
    if (upstream != null) {
      upstream.cancel();
    }
  }
}

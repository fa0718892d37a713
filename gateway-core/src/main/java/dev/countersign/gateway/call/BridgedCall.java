// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.gateway.bridge.LegacyForm;
import dev.countersign.gateway.bridge.ModernForm;
import dev.countersign.gateway.catalogue.ParamHeaders;
import dev.countersign.gateway.catalogue.ToolSchemas;
import dev.countersign.gateway.error.Reason;
import dev.countersign.gateway.error.RefusedException;
import dev.countersign.gateway.http.Answer;
import dev.countersign.gateway.json.JsonKind;
import dev.countersign.gateway.json.JsonValue;
import dev.countersign.gateway.jsonrpc.RpcMessage;
import dev.countersign.gateway.mcp.McpMessage;
import dev.countersign.gateway.mcp.McpMethod;
import dev.countersign.gateway.sse.SseMark;
import dev.countersign.gateway.telemetry.Meters;
import dev.countersign.identity.Caller;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One request of a legacy client to a modern server. What the server needs first is asked on the
 * client's stream, and the request then sent again with the answers; where the server misses
 * headers that nobody here knew of, its tools are listed and the call sent once more. Confined to
 * the call's event loop.
 */
final class BridgedCall implements ModernCalls.Reply, BridgedToolSearch.Whose {
  private static final Logger LOG = LoggerFactory.getLogger(BridgedCall.class);

  private static final int HEADER_MISMATCH = -32020;

  /** Before a request is sent again that nobody was asked anything for; doubles each time. */
  private static final Duration PAUSE = Duration.ofMillis(100);

  private static final int PAUSE_DOUBLED_MAX = 6;

  private final Call call;
  private final ModernForm.Claim claim;
  private final ModernCalls calls;
  private final CallIds ids;
  private final RecordStep records;
  private final Meters meters;
  private final BridgedQuestions questions;
  private ModernCalls.@Nullable Sent sent;
  private @Nullable BridgedToolSearch search;
  private @Nullable ClientStream stream;
  private int underWay;
  private int pauses;
  private boolean paused;
  private boolean finished;

  BridgedCall(
      Call call,
      ModernForm.Claim claim,
      ModernCalls calls,
      CallIds ids,
      RecordStep records,
      Meters meters) {
    this.call = call;
    this.claim = claim;
    this.calls = calls;
    this.ids = ids;
    this.records = records;
    this.meters = meters;
    this.questions = new BridgedQuestions(call, meters, this::tell);
  }

  void begin() {
    ToolSchemas known = call.snapshot().toolSchemas(call.route().server().name());
    ModernCalls.Request first = request(call.id(), known, null);
    underWay++;
    sent = calls.send(call, first, this);
    sent.call().onEnd(this::ended);
    call.life().onCancel(this::cancelled);
    call.exchange().onClosed(this::clientGone);
    call.exchange().onDrain(this::drain);
  }

  private ModernCalls.Request request(
      String callId, ToolSchemas known, ModernForm.@Nullable Again again) {
    McpMessage message = call.message();
    McpMethod method = message.method();
    String target = message.targetName();
    return new ModernCalls.Request(
        callId,
        method,
        method.nameParam() == null ? null : target,
        method == McpMethod.TOOLS_CALL
            ? ParamHeaders.of(
                known.of(call.caller().key(), String.valueOf(target)), message.arguments())
            : List.of(),
        ModernForm.of(message, claim, again));
  }

  /** Sends the request once more, for whatever reason; nobody else looks after what goes wrong. */
  private void sendAgain(ModernForm.@Nullable Again again, Caller caller) {
    if (finished) {
      return;
    }
    underWay++;
    try {
      sent = calls.sendMore(call, caller, request(ids.next(), calls.schemas(call), again), this);
    } catch (RefusedException refusal) {
      underWay--;
      fail(refusal);
      return;
    } catch (RuntimeException failure) {
      LOG.atError().setCause(failure).addKeyValue("call", call.id()).log("a round failed");
      underWay--;
      fail(RefusedException.of(Reason.INTERNAL));
      return;
    }
    sent.call().onEnd(this::ended);
  }

  @Override
  public void begun() {
    openStream();
  }

  @Override
  public void more() {
    underWay++;
  }

  @Override
  public void ended() {
    underWay--;
    endWithParts();
  }

  @Override
  public void said(RpcMessage.Notification notification, byte[] bytes) {
    var unused = tell(bytes);
  }

  /** Sends the client a message before its answer; false when it is not there. */
  private boolean tell(byte[] message) {
    openStream();
    if (stream == null || finished) {
      return false;
    }
    stream.message(SseMark.NONE, message);
    return true;
  }

  private void openStream() {
    if (stream == null && !finished) {
      stream = new ClientStream(call, () -> paused = true, this::resume, () -> {});
    }
  }

  private void resume() {
    paused = false;
    if (sent != null) {
      sent.caughtUp();
    }
  }

  @Override
  public boolean keepsUp() {
    return !paused;
  }

  @Override
  public void answer(Call from, RpcMessage answer, Answer whole) {
    if (finished) {
      return;
    }
    if (answer instanceof RpcMessage.Failure failure) {
      failed(from, failure, whole);
    } else if (answer instanceof RpcMessage.Result result && LegacyForm.asks(answer)) {
      ask(from, result.result());
    } else {
      deliver(answer, whole);
    }
  }

  private void failed(Call from, RpcMessage.Failure failure, Answer whole) {
    if (failure.id() == null) {
      unread(from, whole.status());
    } else if (failure.code() != HEADER_MISMATCH) {
      deliver(failure, whole);
    } else if (from.life().wasSent()
        && call.message().method() == McpMethod.TOOLS_CALL
        && stream == null
        && search == null) {
      // A server that begins a stream has begun with the call.
      search = new BridgedToolSearch(call, claim, calls, ids, meters, this);
      search.begin();
    } else {
      fail(ResultStep.badReply("it wants headers of which nobody can know"));
    }
  }

  /** What was made of the client's request could not even be read for want of room. */
  private void unread(Call from, int status) {
    Reason reason = status == 503 ? Reason.OVERLOADED : Reason.INTERNAL;
    if (from.id().equals(call.id())) {
      records
          .refused(call, reason)
          .whenComplete((recorded, ignored) -> fail(RefusedException.of(reason)));
    } else {
      fail(RefusedException.of(reason));
    }
  }

  @Override
  public void searched(boolean found) {
    if (found) {
      sendAgain(null, call.caller());
    } else {
      fail(ResultStep.badReply("it wants headers that its list of tools does not name"));
    }
  }

  private void ask(Call from, JsonValue result) {
    JsonValue state = result.member("requestState");
    String given = state != null && state.kind() == JsonKind.STRING ? state.text() : null;
    JsonValue requests = result.member("inputRequests");
    if (requests == null || requests.size() == 0) {
      Duration pause = PAUSE.multipliedBy(1L << Math.min(pauses++, PAUSE_DOUBLED_MAX));
      var unused =
          call.exchange()
              .loop()
              .after(pause, () -> sendAgain(new ModernForm.Again("{}", given), call.caller()));
    } else {
      questions.ask(
          requests,
          from,
          (answers, caller) -> sendAgain(new ModernForm.Again(answers, given), caller),
          this::fail);
    }
  }

  @Override
  public void none(int status) {
    fail(BridgeLine.noAnswer(status));
  }

  private void deliver(RpcMessage answer, Answer whole) {
    byte[] bytes = LegacyForm.answer(call.message().method(), answer, whole.body());
    if (!call.exchange().hold().take(bytes.length)) {
      fail(RefusedException.of(Reason.OVERLOADED));
      return;
    }
    if (stream != null) {
      stream.message(SseMark.NONE, bytes);
      stream.end();
    } else {
      pass(call, answer, new Answer(whole.status(), whole.headers(), bytes));
    }
    finish();
  }

  /** Answers with what a modern call was answered; 404 would say that the session is gone. */
  static void pass(Call call, RpcMessage answer, Answer whole) {
    boolean ofEra = answer instanceof RpcMessage.Failure && whole.status() < 500;
    int status = ofEra && (whole.status() == 400 || whole.status() == 404) ? 200 : whole.status();
    call.exchange().answer(new Answer(status, whole.headers(), whole.body()));
  }

  private void fail(RefusedException refusal) {
    if (finished) {
      return;
    }
    if (stream == null) {
      BridgeLine.write(call, refusal, meters);
    } else {
      meters.refused(refusal.reason());
      stream.message(SseMark.NONE, RefusalBody.of(call, refusal));
      stream.end();
    }
    finish();
  }

  /** In the legacy era this is no cancel: what the server does it may end, unless it asks. */
  private void clientGone() {
    if (stream != null) {
      stream.over();
    }
    questions.withdraw("the client left");
    if (search != null) {
      search.stop();
    }
    if (sent != null) {
      sent.gone();
    }
    finish();
  }

  private void cancelled() {
    if (finished) {
      return;
    }
    questions.withdraw("the request was cancelled");
    if (search != null) {
      search.stop();
    }
    if (sent != null) {
      sent.cancel();
    }
    // After a cancel nothing is said, but the POST still needs an end.
    openStream();
    if (stream != null) {
      stream.end();
    }
    finish();
  }

  private void drain() {
    if (sent != null) {
      sent.drain();
    }
  }

  private void finish() {
    finished = true;
    endWithParts();
  }

  /** The client's request is in flight as long as a server is at work for it. */
  private void endWithParts() {
    if (finished && underWay == 0) {
      call.end();
    }
  }
}

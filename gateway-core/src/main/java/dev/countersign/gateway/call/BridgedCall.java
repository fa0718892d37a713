// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.gateway.bridge.LegacyForm;
import dev.countersign.gateway.bridge.ModernForm;
import dev.countersign.gateway.catalogue.ParamHeaders;
import dev.countersign.gateway.error.RefusedException;
import dev.countersign.gateway.http.Answer;
import dev.countersign.gateway.http.Header;
import dev.countersign.gateway.json.JsonKind;
import dev.countersign.gateway.json.JsonValue;
import dev.countersign.gateway.jsonrpc.RpcMessage;
import dev.countersign.gateway.mcp.McpMessage;
import dev.countersign.gateway.mcp.McpMethod;
import dev.countersign.gateway.sse.SseMark;
import dev.countersign.gateway.telemetry.Meters;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One request of a legacy client to a modern server. What the server needs first is asked on the
 * client's stream, and the request then sent again with the answers; where the server misses
 * headers that nobody here knew of, its tools are listed and the call sent once more. Confined to
 * the call's event loop.
 */
final class BridgedCall implements ModernCalls.Reply {
  private static final int HEADER_MISMATCH = -32020;

  /** Before a request is sent again that nobody was asked anything for. */
  private static final Duration PAUSE = Duration.ofMillis(200);

  private final Call call;
  private final ModernForm.Claim claim;
  private final ModernCalls calls;
  private final CallIds ids;
  private final Meters meters;
  private final BridgedQuestions questions;
  private ModernCalls.@Nullable Sent sent;
  private @Nullable ClientStream stream;
  private String lastId;
  private int underWay;
  private boolean paused;
  private boolean gone;
  private boolean finished;
  private boolean listed;

  BridgedCall(Call call, ModernForm.Claim claim, ModernCalls calls, CallIds ids, Meters meters) {
    this.call = call;
    this.claim = claim;
    this.calls = calls;
    this.ids = ids;
    this.meters = meters;
    this.lastId = call.id();
    this.questions = new BridgedQuestions(call, ids, meters, this::tell);
  }

  void begin() {
    send(call.id(), null);
    call.life().onCancel(this::cancelled);
    call.exchange().onClosed(this::clientGone);
  }

  private void send(String callId, ModernForm.@Nullable Again again) {
    McpMessage message = call.message();
    McpMethod method = message.method();
    ModernCalls.Request request =
        new ModernCalls.Request(
            callId,
            method,
            method.nameParam() == null ? null : message.targetName(),
            mirrored(),
            ModernForm.of(message, claim, again));
    underWay++;
    lastId = callId;
    try {
      sent = calls.send(call, request, this);
    } catch (RefusedException refusal) {
      underWay--;
      throw refusal;
    }
    sent.call().onEnd(this::partOver);
  }

  private List<Header> mirrored() {
    McpMessage message = call.message();
    return message.method() == McpMethod.TOOLS_CALL
        ? ParamHeaders.of(
            call.snapshot()
                .toolSchemas(call.route().server().name())
                .of(call.caller().key(), String.valueOf(message.targetName())),
            message.arguments())
        : List.of();
  }

  private void sendAgain(ModernForm.@Nullable Again again) {
    if (finished) {
      return;
    }
    try {
      send(ids.next(), again);
    } catch (RefusedException refusal) {
      fail(refusal);
    }
  }

  @Override
  public void begun() {
    openStream();
  }

  @Override
  public void said(RpcMessage.Notification notification, byte[] bytes) {
    tell(bytes);
  }

  /** Sends the client a message before its answer; false when it is not there. */
  private boolean tell(byte[] message) {
    openStream();
    if (stream == null || gone) {
      return false;
    }
    stream.message(SseMark.NONE, message);
    return true;
  }

  private void openStream() {
    if (stream == null && !gone && !finished) {
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
  public void answer(RpcMessage answer, byte[] bytes, Answer head) {
    if (finished) {
      return;
    }
    if (answer instanceof RpcMessage.Result result && LegacyForm.asks(answer)) {
      ask(result.result());
    } else if (answer instanceof RpcMessage.Failure failure
        && failure.code() == HEADER_MISMATCH
        && call.message().method() == McpMethod.TOOLS_CALL
        && !listed) {
      listed = true;
      new BridgedToolSearch(
              call,
              claim,
              calls,
              ids,
              () -> underWay++,
              this::partOver,
              found -> {
                if (found) {
                  sendAgain(null);
                } else {
                  deliver(bytes, head);
                }
              })
          .begin();
    } else {
      deliver(LegacyForm.answer(call.message().method(), answer, bytes), head);
    }
  }

  private void ask(JsonValue result) {
    JsonValue state = result.member("requestState");
    String given = state != null && state.kind() == JsonKind.STRING ? state.text() : null;
    JsonValue requests = result.member("inputRequests");
    if (gone) {
      finish();
    } else if (requests == null || requests.size() == 0) {
      var unused =
          call.exchange().loop().after(PAUSE, () -> sendAgain(new ModernForm.Again("{}", given)));
    } else {
      questions.ask(
          requests, lastId, answers -> sendAgain(new ModernForm.Again(answers, given)), this::fail);
    }
  }

  @Override
  public void none(int status) {
    fail(BridgeLine.noAnswer(status, null));
  }

  private void deliver(byte[] bytes, Answer head) {
    if (finished) {
      return;
    }
    if (stream != null) {
      stream.message(SseMark.NONE, bytes);
      stream.end();
    } else {
      call.exchange().answer(new Answer(BridgeLine.status(head.status()), head.headers(), bytes));
    }
    finish();
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
    gone = true;
    if (stream != null) {
      stream.over();
    }
    if (questions.open()) {
      questions.withdraw("the client left");
      finish();
    }
  }

  private void cancelled() {
    if (finished) {
      return;
    }
    questions.withdraw("the request was cancelled");
    if (sent != null) {
      sent.cancel();
    }
    if (stream == null && !gone && !call.exchange().answered()) {
      // After a cancel nothing is said, but the POST still needs an end.
      openStream();
    }
    if (stream != null) {
      stream.end();
    }
    finish();
  }

  private void finish() {
    finished = true;
    endWithParts();
  }

  private void partOver() {
    underWay--;
    endWithParts();
  }

  /** The client's request is in flight as long as a server is at work for it. */
  private void endWithParts() {
    if (finished && underWay == 0) {
      call.end();
    }
  }
}

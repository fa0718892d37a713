// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.gateway.bridge.LegacyForm;
import dev.countersign.gateway.bridge.ModernForm;
import dev.countersign.gateway.error.Reason;
import dev.countersign.gateway.error.RefusedException;
import dev.countersign.gateway.http.Answer;
import dev.countersign.gateway.http.Loop;
import dev.countersign.gateway.jsonrpc.RpcId;
import dev.countersign.gateway.jsonrpc.RpcMessage;
import dev.countersign.gateway.mcp.McpMethod;
import dev.countersign.gateway.mcp.SubscriptionFilter;
import dev.countersign.gateway.sse.SseMark;
import dev.countersign.gateway.telemetry.Meters;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The GET stream of a legacy client before a modern server: a {@code subscriptions/listen} for what
 * the session has subscribed to. When that changes, another takes its place as soon as it is
 * acknowledged, so that nothing is missed in between. Confined to the call's event loop, except
 * where said.
 */
final class BridgedStream {
  private static final String ACKNOWLEDGED = "notifications/subscriptions/acknowledged";

  /** Clients wait for the head. */
  private static final Duration HEAD_TIME = Duration.ofSeconds(1);

  /** Before a subscription that failed is asked for again. */
  private static final Duration PAUSE = Duration.ofSeconds(5);

  private final Call call;
  private final BridgedSessions.Kept session;
  private final ModernCalls calls;
  private final CallIds ids;
  private final Meters meters;
  private @Nullable ClientStream stream;
  private @Nullable Part current;
  private @Nullable Part next;
  private Loop.Timer timer = () -> {};
  private boolean changed;
  private int underWay;
  private boolean paused;
  private boolean finished;

  BridgedStream(
      Call call, BridgedSessions.Kept session, ModernCalls calls, CallIds ids, Meters meters) {
    this.call = call;
    this.session = session;
    this.calls = calls;
    this.ids = ids;
    this.meters = meters;
  }

  /**
   * @throws RefusedException with {@link Reason#STREAM_TAKEN}: messages go on one stream of a
   *     session, and there is no telling which one its client would read
   */
  void begin() {
    if (!session.open(this)) {
      throw RefusedException.of(Reason.STREAM_TAKEN);
    }
    call.onEnd(() -> session.close(this));
    Part first = part();
    first.sent = calls.send(call, request(call.id()), first);
    first.sent.call().onEnd(this::partOver);
    call.exchange().onClosed(this::finish);
    call.exchange().onDrain(this::drain);
    Loop.Timer patience = call.exchange().loop().after(HEAD_TIME, this::open);
    call.onEnd(patience::cancel);
    call.onEnd(() -> timer.cancel());
  }

  /** One that is to be acknowledged, in time. */
  private Part part() {
    Part part = new Part();
    next = part;
    changed = false;
    underWay++;
    after(call.limits().upstreamHead(), part::late);
    return part;
  }

  private ModernCalls.Request request(String callId) {
    Set<String> uris = Set.copyOf(Call.established(call.session()).subscriptions());
    byte[] body =
        ModernForm.listen(
            new RpcId.Text("cs-" + callId),
            new SubscriptionFilter(true, true, true, uris, Set.of()),
            session.claim());
    return new ModernCalls.Request(callId, McpMethod.LISTEN, null, List.of(), body);
  }

  /** The session wants to hear of something else; any thread. */
  void subscriptionsChanged() {
    call.exchange()
        .loop()
        .execute(
            () -> {
              changed = true;
              listenAnew();
            });
  }

  private void listenAnew() {
    if (!changed || next != null || finished) {
      return;
    }
    Part part = part();
    try {
      part.sent = calls.sendMore(call, call.caller(), request(ids.next()), part);
    } catch (RefusedException refusal) {
      // What was listened to before goes on, as far as the settings permit it.
      underWay--;
      next = null;
      meters.refused(refusal.reason());
      listenLater();
      return;
    }
    part.sent.call().onEnd(this::partOver);
  }

  /** What the session was told that it hears of must be asked for again, when it failed. */
  private void listenLater() {
    changed = true;
    after(PAUSE, this::listenAnew);
  }

  /** There is one thing at a time that is waited for. */
  private void after(Duration time, Runnable task) {
    timer.cancel();
    timer = call.exchange().loop().after(time, task);
  }

  private void open() {
    if (stream == null && !finished) {
      stream = new ClientStream(call, () -> paused = true, this::resume, () -> {});
    }
  }

  private void resume() {
    paused = false;
    for (Part part : new Part[] {current, next}) {
      if (part != null && part.sent != null) {
        part.sent.caughtUp();
      }
    }
  }

  private void say(byte[] message) {
    open();
    if (stream != null) {
      stream.message(SseMark.NONE, message);
    }
  }

  private void finish() {
    if (finished) {
      return;
    }
    finished = true;
    if (stream != null) {
      stream.end();
    }
    for (Part part : new Part[] {current, next}) {
      if (part != null && part.sent != null) {
        part.sent.cancel();
      }
    }
    endWithParts();
  }

  private void drain() {
    for (Part part : new Part[] {current, next}) {
      if (part != null && part.sent != null) {
        part.sent.drain();
      }
    }
  }

  private void partOver() {
    underWay--;
    endWithParts();
  }

  private void endWithParts() {
    if (finished && underWay == 0) {
      call.end();
    }
  }

  /** One subscription at the server. */
  private final class Part implements ModernCalls.Reply {
    private ModernCalls.@Nullable Sent sent;

    private void late() {
      if (next == this && sent != null) {
        sent.cancel();
        over(Reason.UPSTREAM_TIMEOUT);
      }
    }

    @Override
    public void begun() {
      open();
    }

    @Override
    public void said(RpcMessage.Notification notification, byte[] bytes) {
      if (finished) {
        return;
      }
      if (!notification.method().equals(ACKNOWLEDGED)) {
        say(LegacyForm.notification(notification, bytes));
      } else if (next == this) {
        Part before = current;
        current = this;
        next = null;
        timer.cancel();
        if (before != null && before.sent != null) {
          before.sent.cancel();
        }
        listenAnew();
      }
    }

    @Override
    public void answer(Call from, RpcMessage answer, Answer whole) {
      over(answer instanceof RpcMessage.Failure failure ? reason(failure) : null);
    }

    @Override
    public void none(int status) {
      over(status == 200 ? null : Reason.UPSTREAM_BAD_REPLY);
    }

    private void over(@Nullable Reason why) {
      if (next == this) {
        next = null;
      } else if (current == this) {
        current = null;
      }
      if (finished || next != null) {
        return;
      }
      if (current != null) {
        // What was listened to before is listened to still.
        listenLater();
        return;
      }
      if (stream == null) {
        BridgeLine.write(
            call, RefusedException.of(why == null ? Reason.UPSTREAM_BAD_REPLY : why), meters);
      }
      finish();
    }

    @Override
    public boolean keepsUp() {
      return !paused;
    }
  }

  private static Reason reason(RpcMessage.Failure failure) {
    if (failure.code() == Reason.METHOD_NOT_SERVED.code()) {
      // Such a server has nothing to say on its own.
      return Reason.METHOD_NOT_ALLOWED;
    }
    return failure.code() == Reason.POLICY_REFUSED.code()
        ? Reason.POLICY_REFUSED
        : Reason.UPSTREAM_UNAVAILABLE;
  }
}

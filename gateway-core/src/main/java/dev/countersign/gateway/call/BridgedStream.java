// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.gateway.bridge.LegacyForm;
import dev.countersign.gateway.bridge.ModernForm;
import dev.countersign.gateway.error.Reason;
import dev.countersign.gateway.error.RefusedException;
import dev.countersign.gateway.http.Answer;
import dev.countersign.gateway.jsonrpc.RpcId;
import dev.countersign.gateway.jsonrpc.RpcMessage;
import dev.countersign.gateway.mcp.McpMethod;
import dev.countersign.gateway.mcp.SubscriptionFilter;
import dev.countersign.gateway.sse.SseMark;
import dev.countersign.gateway.telemetry.Meters;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
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

  private final Call call;
  private final BridgedSessions.Kept session;
  private final ModernCalls calls;
  private final CallIds ids;
  private final Meters meters;
  private @Nullable ClientStream stream;
  private @Nullable Part current;
  private @Nullable Part next;
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
    listen(call.id());
    call.exchange().onClosed(this::finish);
    var patience = call.exchange().loop().after(HEAD_TIME, this::open);
    call.onEnd(patience::cancel);
  }

  private void listen(String callId) {
    Part part = new Part();
    next = part;
    changed = false;
    Set<String> uris =
        Call.established(call.session()).subscriptions().stream()
            .sorted()
            .limit(SubscriptionFilter.ENTRIES_MAX)
            .collect(Collectors.toSet());
    byte[] body =
        ModernForm.listen(
            new RpcId.Text("cs-" + callId),
            new SubscriptionFilter(true, true, true, uris, Set.of()),
            session.claim());
    underWay++;
    try {
      part.sent =
          calls.send(
              call, new ModernCalls.Request(callId, McpMethod.LISTEN, null, List.of(), body), part);
    } catch (RefusedException refusal) {
      underWay--;
      throw refusal;
    }
    part.sent.call().onEnd(this::partOver);
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
    if (changed && next == null && !finished) {
      try {
        listen(ids.next());
      } catch (RefusedException noRoom) {
        next = null;
        meters.refused(noRoom.reason());
      }
    }
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
        if (before != null && before.sent != null) {
          before.sent.cancel();
        }
        listenAnew();
      }
    }

    @Override
    public void answer(RpcMessage answer, byte[] bytes, Answer head) {
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
      if (finished || current != null || next != null) {
        // What was listened to before is listened to still.
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

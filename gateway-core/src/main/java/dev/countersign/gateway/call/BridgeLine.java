// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.audit.OutcomeResult;
import dev.countersign.gateway.error.Reason;
import dev.countersign.gateway.error.RefusedException;
import dev.countersign.gateway.http.Answer;
import dev.countersign.gateway.http.Header;
import dev.countersign.gateway.jsonrpc.RpcId;
import dev.countersign.gateway.mcp.CancelledId;
import dev.countersign.gateway.mcp.Era;
import dev.countersign.gateway.mcp.LogLevel;
import dev.countersign.gateway.mcp.McpMessage;
import dev.countersign.gateway.mcp.McpMethod;
import dev.countersign.gateway.mcp.Rewrite;
import dev.countersign.gateway.mcp.SubscriptionFilter;
import dev.countersign.gateway.session.BoundSession;
import dev.countersign.gateway.session.SessionTable;
import dev.countersign.gateway.snapshot.MessageRules.Eras;
import dev.countersign.gateway.snapshot.Route;
import dev.countersign.gateway.snapshot.SnapshotHolder;
import dev.countersign.gateway.telemetry.Meters;
import dev.countersign.gateway.work.WorkPool;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * The way of a legacy client's request before a server that speaks 2026-07-28 alone, where the
 * operator wants the two brought together ({@code servers.<name>.era: bridged}). It becomes modern
 * requests, each of which goes down the call line by itself. What concerns nobody but the session,
 * which is the gateway's own, is settled here.
 */
final class BridgeLine {
  private final ModernCalls calls;
  private final DecisionStep decisions;
  private final RecordStep records;
  private final SessionTable sessions;
  private final CallIds ids;
  private final Meters meters;
  private final BridgedSessions kept = new BridgedSessions();

  BridgeLine(
      Consumer<Call> line,
      DecisionStep decisions,
      RecordStep records,
      SessionTable sessions,
      SnapshotHolder snapshots,
      CallIds ids,
      Meters meters,
      WorkPool work) {
    this.calls = new ModernCalls(line, snapshots, work);
    this.decisions = decisions;
    this.records = records;
    this.sessions = sessions;
    this.ids = ids;
    this.meters = meters;
  }

  /** Whether this is the way of a call. */
  static boolean isFor(Call call) {
    Call.Answering answering = call.answering();
    if (answering != null) {
      // Whoever asked gets the answer, also when the settings have changed since.
      return answering.question().asker() instanceof BridgedQuestions.Waiting;
    }
    return call.hasRoute() && !call.message().era().modern() && isBridged(call.route());
  }

  /** Whether legacy clients are bridged to a server. */
  static boolean isBridged(Route route) {
    return route.server().messages().eras() == Eras.BRIDGED;
  }

  /** Completes once the request is on its way, or settled; fails with why it is not. */
  CompletableFuture<Void> serve(Call call) {
    McpMessage message = call.message();
    switch (message.method()) {
      case INITIALIZE -> new BridgedGreeting(call, calls, sessions, kept, meters).begin();
      case STREAM -> new BridgedStream(call, kept.of(call), calls, ids, meters).begin();
      case TOOLS_LIST,
          TOOLS_CALL,
          PROMPTS_LIST,
          PROMPTS_GET,
          RESOURCES_LIST,
          TEMPLATES_LIST,
          RESOURCES_READ,
          COMPLETE ->
          new BridgedCall(call, kept.of(call).claim(), calls, ids, records, meters).begin();
      case SUBSCRIBE, UNSUBSCRIBE -> {
        return subscription(call, kept.of(call));
      }
      case SET_LEVEL -> {
        BridgedSessions.Kept session = kept.of(call);
        LogLevel level = Rewrite.logLevel(message, call.route().server().messages().logLevelMax());
        return decided(call, () -> session.logLevel(level));
      }
      case SAMPLING, ELICITATION, ROOTS -> {
        return decided(call, () -> answer(call));
      }
      case CANCELLED -> {
        cancel(call);
        settle(call, Answer.empty(202));
      }
      // A modern server is told nothing of this: it has no session, and asks for roots each time.
      case INITIALIZED, PROGRESS, ROOTS_CHANGED -> settle(call, Answer.empty(202));
      case END -> settle(call, Answer.empty(200));
      default -> throw RefusedException.of(Reason.METHOD_NOT_SERVED);
    }
    return CompletableFuture.completedFuture(null);
  }

  private CompletableFuture<Void> subscription(Call call, BridgedSessions.Kept session) {
    String uri = String.valueOf(call.message().targetName());
    Set<String> uris = Call.established(call.session()).subscriptions();
    boolean more = call.message().method() == McpMethod.SUBSCRIBE;
    if (more && uris.size() >= SubscriptionFilter.ENTRIES_MAX && !uris.contains(uri)) {
      // One subscription of the modern era holds no more.
      throw RefusedException.of(Reason.SUBSCRIPTION_LIMIT);
    }
    return decided(
        call,
        () -> {
          if (more ? uris.add(uri) : uris.remove(uri)) {
            session.subscriptionsChanged();
          }
        });
  }

  private static void answer(Call call) {
    Call.Answering answering = Call.established(call.answering());
    if (!(answering.question().asker() instanceof BridgedQuestions.Waiting waiting)) {
      throw new IllegalStateException("a question of a server that has none");
    }
    call.life().result(OutcomeResult.ANSWERED);
    waiting.take(answering.result(), call.caller());
  }

  private static void cancel(Call call) {
    RpcId id = CancelledId.of(call.message().params());
    BoundSession session = call.session();
    Runnable cancellation = id == null || session == null ? null : session.cancellation(id);
    if (cancellation != null) {
      cancellation.run();
    }
  }

  /** What changes the session alone is put to policy, and on record, all the same. */
  private CompletableFuture<Void> decided(Call call, Runnable change) {
    call.resolve();
    return decisions
        .decide(call)
        .thenCompose(permit -> call.exchange().loop().here(records.permitted(call)))
        .thenAccept(
            recorded -> {
              change.run();
              RpcId id = call.message().id();
              settle(call, id == null ? Answer.empty(202) : MessageStep.result(id.json(), "{}"));
            });
  }

  private void settle(Call call, Answer answer) {
    meters.callBegan();
    meters.callEnded(
        call.message().method().wire(),
        call.entrance().label(),
        "answered",
        System.nanoTime() - call.life().beganNanos(),
        call.id());
    write(call, answer);
    call.end();
  }

  /** Answers a client, with what lets a page read it. */
  static void write(Call call, Answer answer) {
    List<Header> headers = new ArrayList<>(answer.headers());
    headers.addAll(FrontDoor.cors(call.exchange().head()));
    call.exchange().answer(new Answer(answer.status(), headers, answer.body()));
  }

  /** Tells a client that there is no answer. */
  static void write(Call call, RefusedException refusal, Meters meters) {
    meters.refused(refusal.reason());
    Endings.write(call, refusal);
  }

  /** A modern answer's status, for a client to whom 404 means that its session is gone. */
  static int status(int modern) {
    return modern == 400 || modern == 404 ? 200 : modern;
  }

  /** What a client is told whose server gave no answer. */
  static RefusedException noAnswer(int status) {
    return status == 400 ? notModern() : ResultStep.badReply("no answer");
  }

  static RefusedException notModern() {
    return ResultStep.badReply("it does not speak " + Era.MODERN_VERSION);
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.gateway.error.RefusedException;
import dev.countersign.gateway.http.Exchange;
import dev.countersign.gateway.http.Loop;
import dev.countersign.gateway.http.RequestHandler;
import dev.countersign.gateway.session.SessionTable;
import dev.countersign.gateway.snapshot.SnapshotHolder;
import dev.countersign.gateway.telemetry.Meters;
import dev.countersign.gateway.work.WorkPool;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The way of one call, in the order of {@code ARCHITECTURE.md}. Every request of an MCP client
 * takes it, whatever its method or era; there is no second way to a server.
 *
 * <p>A step either hands on what the next one needs or ends the call by throwing: {@link
 * RefusedException} with an answer from the catalogue, {@link SettledException} with an answer that
 * needs no server. What policy, the log and the authenticator hand on are proofs ({@code Caller},
 * {@code Permit}, {@code AuditReceipt}); without all three the last step cannot be called.
 */
public final class CallLine implements RequestHandler {
  private final HttpSseLine httpSse;
  private final FrontDoor door;
  private final CallerStep callers;
  private final BodyStep bodies;
  private final MessageStep messages;
  private final SessionStep sessions;
  private final DecisionStep decisions;
  private final RetryStep retries;
  private final TaskStep tasks;
  private final ScopeStep scopes;
  private final CursorStep cursors;
  private final RecordStep records;
  private final ForwardStep forwarding;
  private final Endings endings;
  private final FederatedLine federation;
  private final BridgeLine bridge;

  CallLine(
      HttpSseLine httpSse,
      FrontDoor door,
      CallerStep callers,
      BodyStep bodies,
      MessageStep messages,
      SessionStep sessions,
      RetryStep retries,
      TaskStep tasks,
      DecisionStep decisions,
      ScopeStep scopes,
      CursorStep cursors,
      RecordStep records,
      ForwardStep forwarding,
      Endings endings,
      SessionTable sessionTable,
      SnapshotHolder snapshots,
      CallIds ids,
      Meters meters,
      WorkPool work,
      FederatedParts federated) {
    this.httpSse = httpSse;
    this.door = door;
    this.callers = callers;
    this.bodies = bodies;
    this.messages = messages;
    this.sessions = sessions;
    this.retries = retries;
    this.tasks = tasks;
    this.decisions = decisions;
    this.scopes = scopes;
    this.cursors = cursors;
    this.records = records;
    this.forwarding = forwarding;
    this.endings = endings;
    this.bridge =
        new BridgeLine(
            this::onBehalf, decisions, records, sessionTable, snapshots, ids, meters, work);
    this.federation = new FederatedLine(this::onBehalf, federated);
  }

  @Override
  public void handle(Exchange exchange) {
    callers.cameIn(exchange.loop());
    Call call = enter(exchange);
    if (call == null) {
      return;
    }
    Loop loop = exchange.loop();
    loop.here(callers.prove(call)) // who is it
        .thenCompose(caller -> HttpSseLine.isFor(call) ? httpSse.serve(call) : asked(call))
        .whenComplete((sent, failure) -> endings.of(call, failure)); // or the answer why not
  }

  private CompletableFuture<Void> asked(Call call) {
    return bodies
        .read(call) // verb, types, size
        .thenCompose(body -> parse(call, body)) // what exactly is asked
        .thenAccept(parsed -> sessions.bind(call)) // in which session
        .thenCompose(bound -> call.hasRoute() ? toServer(call) : federation.serve(call));
  }

  private CompletableFuture<Void> parse(Call call, byte[] body) {
    // It may have come long after its head.
    call.goesOn();
    return messages.parse(call, body);
  }

  /** The rest of the way, for a caller's request and for what is made of it for each server. */
  private CompletableFuture<Void> toServer(Call call) {
    if (BridgeLine.isFor(call)) {
      return bridge.serve(call);
    }
    Loop loop = call.exchange().loop();
    return loop.here(retries.resume(call)) // in which round
        .thenAccept(resumed -> tasks.bind(call)) // about whose task
        .thenAccept(bound -> call.resolve()) // of which target
        .thenAccept(resolved -> cursors.open(call)) // from where on
        .thenCompose(opened -> loop.here(decisions.decide(call))) // may it
        .thenCompose(
            permit ->
                loop.here(scopes.cut(call)) // all of it, or parts
                    .thenApply(cut -> call.prepare(permit))) // the bytes that would go out
        .thenCompose(
            request -> loop.here(records.decided(call, request))) // on record, or not at all
        .thenAccept(
            admitted -> forwarding.send(call, admitted)); // out, and the reply back, governed
  }

  /** A request of the gateway's own to one server, on behalf of a caller who has been proven. */
  private void onBehalf(Call call) {
    CompletableFuture.completedFuture(call)
        .thenCompose(bodies::read)
        .thenCompose(body -> messages.parse(call, body))
        .thenAccept(parsed -> sessions.bind(call))
        .thenCompose(bound -> toServer(call))
        .whenComplete((sent, failure) -> endings.of(call, failure));
  }

  /** The head's own checks; null when the exchange has been answered. */
  private @Nullable Call enter(Exchange exchange) {
    try {
      return door.enter(exchange);
    } catch (RefusedException refusal) {
      endings.refuse(exchange, refusal);
      return null;
    }
  }
}

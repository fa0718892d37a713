// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.gateway.admission.OutboundRequest;
import dev.countersign.gateway.http.Exchange;
import dev.countersign.gateway.json.JsonValue;
import dev.countersign.gateway.jsonrpc.RpcId;
import dev.countersign.gateway.mcp.BodyEdit;
import dev.countersign.gateway.mcp.Era;
import dev.countersign.gateway.mcp.McpMessage;
import dev.countersign.gateway.session.BoundSession;
import dev.countersign.gateway.session.OpenQuestion;
import dev.countersign.gateway.snapshot.Entrance;
import dev.countersign.gateway.snapshot.LimitSettings;
import dev.countersign.gateway.snapshot.Route;
import dev.countersign.gateway.snapshot.Snapshot;
import dev.countersign.gateway.task.Task;
import dev.countersign.gateway.work.LoopTime;
import dev.countersign.identity.Caller;
import dev.countersign.identity.RejectReason;
import dev.countersign.policy.Decision;
import dev.countersign.policy.Effect;
import dev.countersign.policy.Permit;
import dev.countersign.policy.TargetKind;
import dev.countersign.policy.Trigger;
import org.jspecify.annotations.Nullable;

/**
 * One MCP request through the gateway: what is known of it so far. Each part is set once, by the
 * step that establishes it; asking for it earlier is a fault of ours and stops the call.
 *
 * <p>Confined to the exchange's event loop.
 */
final class Call {
  private final String id;
  private final Exchange exchange;
  private final Snapshot snapshot;
  private final Entrance entrance;
  private final CallLife life;
  private final ReplyTerms terms = new ReplyTerms();
  private @Nullable Route route;
  private @Nullable Caller caller;
  private @Nullable McpMessage message;
  private @Nullable String commitment;
  private @Nullable BoundSession session;
  private @Nullable String sessionId;
  private @Nullable Effect effect;
  private @Nullable RejectReason rejection;
  private @Nullable RpcId rpcId;
  private boolean modernEra;
  private CallOrigin origin = CallOrigin.FIRST;
  private @Nullable String exposedName;
  private @Nullable LoopTime time;
  private boolean onBehalf;
  private boolean bridged;
  private @Nullable Answering answering;
  private @Nullable Task task;
  private @Nullable BodyEdit edits;
  private @Nullable Decision decision;
  private long decidedNanos;

  Call(String id, Exchange exchange, Snapshot snapshot, Entrance entrance) {
    this.id = id;
    this.exchange = exchange;
    this.snapshot = snapshot;
    this.entrance = entrance;
    this.life = new CallLife(id, exchange.loop());
    this.route = entrance instanceof Route one ? one : null;
  }

  /**
   * A call to one server that this one leads to.
   *
   * @param under the settings that hold for it
   * @param exposed what the client calls the target when the server calls it otherwise, or null
   */
  Call onBehalf(Snapshot under, String callId, Exchange inner, Route to, @Nullable String exposed) {
    Call made = new Call(callId, inner, under, to);
    made.caller = caller();
    made.time = time;
    made.exposedName = exposed;
    made.onBehalf = true;
    made.origin = callId.equals(id) ? origin : origin.under(id);
    return made;
  }

  /**
   * The modern call to the same server that a legacy client's call leads to, in its session.
   *
   * @param under the settings that hold for it
   * @param to the server's route in them
   */
  Call bridged(Snapshot under, String callId, Exchange inner, Route to) {
    Call made = onBehalf(under, callId, inner, to, exposedName);
    made.bridged = true;
    made.session = session;
    made.sessionId = sessionId;
    return made;
  }

  /** The call that a modern server's question to its client is, under this one. */
  Call asking(String callId, McpMessage question) {
    Call made = new Call(callId, exchange, snapshot, route());
    made.caller = caller();
    made.message = question;
    made.modernEra = true;
    made.rpcId = question.id();
    made.bridged = bridged;
    made.session = session;
    made.sessionId = String.valueOf(sessionId);
    made.origin = new CallOrigin(Trigger.INPUT_REQUEST, origin.round(), id);
    return made;
  }

  /** A call that another led to: a question that came with its reply. */
  static Call ledBy(Call parent, String id, McpMessage message) {
    return ledBy(parent, parent.snapshot, parent.route(), id, message);
  }

  /** As {@link #ledBy(Call, String, McpMessage)}, under other settings than the parent's. */
  static Call ledBy(Call parent, Snapshot newest, Route route, String id, McpMessage message) {
    Call call = new Call(id, parent.exchange, newest, route);
    call.caller = parent.caller;
    call.session = parent.session;
    call.sessionId = parent.sessionId;
    call.message = message;
    return call;
  }

  /** The id that joins log, record, error and metrics; a UUIDv7. */
  String id() {
    return id;
  }

  Exchange exchange() {
    return exchange;
  }

  /** Taken once, kept to the last record. */
  Snapshot snapshot() {
    return snapshot;
  }

  /** Where it came in. */
  Entrance entrance() {
    return entrance;
  }

  /** The way to its server; there is one from the start unless there are several to choose from. */
  Route route() {
    return established(route);
  }

  /** Whether its server is known. */
  boolean hasRoute() {
    return route != null;
  }

  LimitSettings limits() {
    return snapshot.settings().limits();
  }

  void rejected(RejectReason reason) {
    rejection = reason;
  }

  /** Why the credential was not accepted, or null when there was none. */
  @Nullable RejectReason rejection() {
    return rejection;
  }

  void caller(Caller proven) {
    caller = proven;
  }

  Caller caller() {
    return established(caller);
  }

  /** Whose time it takes. */
  void takesOf(LoopTime ofItsLoop) {
    time = ofItsLoop;
  }

  /** What its loop does from here on, it does for this call. */
  void goesOn() {
    if (time != null) {
      time.goesOn(caller().key());
    }
  }

  /** Whether the caller is proven. */
  boolean hasCaller() {
    return caller != null;
  }

  void message(McpMessage parsed) {
    message = parsed;
  }

  McpMessage message() {
    return established(message);
  }

  void commitment(@Nullable String toArguments) {
    commitment = toArguments;
  }

  /** What goes on record of the message's arguments. */
  String commitment() {
    return established(commitment);
  }

  /** Whether the message was parsed; refusals before are counted, later ones recorded. */
  boolean hasMessage() {
    return message != null;
  }

  /** The request turned out to be modern; said before it is checked, so that errors fit its era. */
  void modernEra() {
    modernEra = true;
  }

  boolean modern() {
    return modernEra;
  }

  /** Says that this is no first request. */
  void follows(CallOrigin what) {
    origin = what;
  }

  /** What led to it. */
  CallOrigin origin() {
    return origin;
  }

  /** The id of the call that led to it, or its own when none did. */
  String firstId() {
    return origin.parent() == null ? id : origin.parent();
  }

  /** Its beginning and end. */
  CallLife life() {
    return life;
  }

  /** What its reply is held to. */
  ReplyTerms terms() {
    return terms;
  }

  /** What the client calls the target, or null when it has no other name than at the server. */
  @Nullable String exposedName() {
    return exposedName;
  }

  /** Whether it is a part of a request at a path with several servers. */
  boolean isOnBehalf() {
    return onBehalf;
  }

  /** Whether its client speaks an older revision than its server. */
  boolean isBridged() {
    return bridged;
  }

  /** The revision of the protocol that its client speaks. */
  String version() {
    if (session != null) {
      return session.version();
    }
    return message().era().modern() && !bridged
        ? Era.MODERN_VERSION
        : Era.LEGACY_VERSIONS.getFirst();
  }

  void answering(Answering what) {
    answering = what;
  }

  /** The question of a server that it answers; null for all other calls. */
  @Nullable Answering answering() {
    return answering;
  }

  /** What the client is told of the target of this name: the name that it used. */
  String nameFor(String name) {
    return exposedName == null ? name : exposedName;
  }

  /** What is changed of the message on its way out. */
  BodyEdit edits() {
    if (edits == null) {
      edits = new BodyEdit(message().body());
    }
    return edits;
  }

  void task(Task owned) {
    task = owned;
  }

  /** The task of the caller's that this is about; null for all other calls. */
  @Nullable Task task() {
    return task;
  }

  /** What policy and records know the target by; null when it has none. */
  @Nullable String governedName() {
    return task == null ? message().targetName() : task.tool();
  }

  void rpcId(@Nullable RpcId id) {
    rpcId = id;
  }

  /** The request's id as JSON text, or null. */
  @Nullable String rpcIdJson() {
    return rpcId == null ? null : rpcId.json();
  }

  void session(BoundSession bound) {
    session = bound;
    sessionId = bound.id();
  }

  void derivedSession(String derivedId) {
    sessionId = derivedId;
  }

  /** The client's session, or null for modern clients and {@code initialize}. */
  @Nullable BoundSession session() {
    return session;
  }

  /** The session's name in policy and records, or null before there is one. */
  @Nullable String sessionId() {
    return sessionId;
  }

  /** Looks up what the operator says about the target. */
  void resolve() {
    String name = governedName();
    boolean ofTool = message().kind() == TargetKind.TOOL || task != null;
    if (ofTool && name != null) {
      effect = route().effects().of(name);
    }
  }

  /** The operator's label on the tool, or null. */
  @Nullable Effect effect() {
    return effect;
  }

  /** The permit together with the bytes that may go out under it. */
  PermittedRequest prepare(Permit permit) {
    PermittedRequest prepared = new PermittedRequest(permit, Outbound.request(this));
    edits = null;
    return prepared;
  }

  void decision(Decision decided) {
    decision = decided;
    decidedNanos = System.nanoTime();
  }

  /** When policy said so, on the clock of {@link System#nanoTime}. */
  long decidedNanos() {
    return decidedNanos;
  }

  /** What policy said, or null before it was asked. */
  @Nullable Decision decision() {
    return decision;
  }

  /** Runs a task when it has ended, however it ended. */
  void onEnd(Runnable task) {
    life.onEnd(task);
  }

  /** Marks the end; true for the first to say so. */
  boolean end() {
    return life.end();
  }

  /** A part that a step before this one has set. */
  static <T> T established(@Nullable T part) {
    if (part == null) {
      throw new IllegalStateException("a step was skipped");
    }
    return part;
  }

  /**
   * An answer of a client to a server's question.
   *
   * @param result null when it is an error
   */
  record Answering(OpenQuestion question, @Nullable JsonValue result) {}

  /**
   * What policy permitted, ready to be recorded.
   *
   * @param permit why it may go
   * @param request what would go
   */
  record PermittedRequest(Permit permit, OutboundRequest request) {}
}

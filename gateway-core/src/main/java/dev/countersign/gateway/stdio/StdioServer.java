// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.stdio;

import dev.countersign.gateway.json.JsonLimits;
import dev.countersign.gateway.jsonrpc.RpcMessage;
import dev.countersign.gateway.snapshot.CommandSettings;
import dev.countersign.gateway.snapshot.LimitSettings;
import dev.countersign.gateway.upstream.UpstreamFailure;
import dev.countersign.identity.CallerKey;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One configured command and the programs that run for it: starts them on demand, within bounds and
 * not too soon after failures, and ends them. Any thread.
 */
final class StdioServer implements Conversation.Events {
  private static final Logger LOG = LoggerFactory.getLogger(StdioServer.class);

  /** A shared program that has run for so long has not failed at its start. */
  private static final long STEADY_NANOS = Duration.ofMinutes(1).toNanos();

  /** A modern caller's program that is not used for so long makes room for another's. */
  private static final long SPARE_NANOS = Duration.ofSeconds(10).toNanos();

  private static final long ERA_KEPT_NANOS = Duration.ofMinutes(10).toNanos();

  private final String name;
  private final Command command;
  private final StdioObserver observer;
  private final ServerProcess.Graces graces;
  private final BackOff backOff = new BackOff(System::nanoTime);
  private final Map<Key, Open> open = new HashMap<>();
  private final Set<Conversation> running = new HashSet<>();
  private volatile LimitSettings limits;
  private long legacyOnlySince;
  private boolean legacyOnly;
  private boolean closed;

  /** What a conversation is kept under. */
  private sealed interface Key {
    record Session(String id) implements Key {}

    /** Null for all callers together. */
    record Modern(@Nullable CallerKey caller) implements Key {}

    record SharedLegacy() implements Key {}
  }

  /**
   * A conversation that can be used.
   *
   * @param greeted how the handshake of the gateway's own went; an own legacy session has none
   */
  private record Open(Conversation conversation, CompletableFuture<RpcMessage> greeted) {}

  StdioServer(
      String name,
      Command command,
      LimitSettings limits,
      StdioObserver observer,
      ServerProcess.Graces graces) {
    this.name = name;
    this.command = command;
    this.limits = limits;
    this.observer = observer;
    this.graces = graces;
  }

  String name() {
    return name;
  }

  Command command() {
    return command;
  }

  LimitSettings limits() {
    return limits;
  }

  void limits(LimitSettings newest) {
    limits = newest;
  }

  boolean isShared() {
    return command.settings().sharing() == CommandSettings.Sharing.SHARED;
  }

  /** Programs that run, and those that are being ended. */
  synchronized int size() {
    return running.size();
  }

  /** Starts a program for a new legacy session. */
  synchronized Conversation openSession(String id, CallerKey caller) throws NotStartedException {
    return begin(new Key.Session(id), new Conversation.Kind(false, false), caller).conversation;
  }

  /** The program of a legacy session, or null when it is gone. */
  synchronized @Nullable Conversation session(String id) {
    Open found = open.get(new Key.Session(id));
    return found == null ? null : found.conversation;
  }

  /** A program with which callers share a legacy session, and the answer it opened with. */
  synchronized Greeted sharedLegacy() throws NotStartedException {
    Open found = open.get(new Key.SharedLegacy());
    if (found == null) {
      found = begin(new Key.SharedLegacy(), new Conversation.Kind(false, true), null);
    }
    return new Greeted(found.conversation, found.greeted);
  }

  /**
   * The program for a modern caller, and its answer to the question whether it is modern.
   *
   * @return null when it is known not to be
   */
  synchronized @Nullable Greeted modern(CallerKey caller) throws NotStartedException {
    if (legacyOnly && System.nanoTime() - legacyOnlySince < ERA_KEPT_NANOS) {
      return null;
    }
    CallerKey owner = isShared() ? null : caller;
    Key key = new Key.Modern(owner);
    Open found = open.get(key);
    if (found == null) {
      found = begin(key, new Conversation.Kind(true, isShared()), owner);
    }
    return new Greeted(found.conversation, found.greeted);
  }

  /**
   * A conversation and the program's answer to the gateway's own greeting.
   *
   * @param greeting fails when none came in time
   */
  record Greeted(Conversation conversation, CompletableFuture<RpcMessage> greeting) {}

  private Open begin(Key key, Conversation.Kind kind, @Nullable CallerKey owner)
      throws NotStartedException {
    mayStart(owner);
    Conversation conversation =
        new Conversation(
            name,
            command.settings().name(),
            kind,
            owner,
            JsonLimits.DEFAULTS.with(
                limits.eventBytesMax(), limits.depthMax(), Math.max(limits.tokensMax(), 1_000_000)),
            observer,
            this,
            listener ->
                new ServerProcess(
                    name, command, limits.eventBytesMax(), graces, errors(), listener));
    running.add(conversation);
    conversation.start();
    observer.started(name, StdioObserver.Start.STARTED);
    Open begun = new Open(conversation, greet(conversation, key));
    open.put(key, begun);
    return begun;
  }

  private CompletableFuture<RpcMessage> greet(Conversation conversation, Key key) {
    CompletableFuture<RpcMessage> greeting =
        switch (key) {
          case Key.Session session -> new CompletableFuture<>();
          case Key.Modern modern -> Handshake.modern(conversation);
          case Key.SharedLegacy shared -> Handshake.legacy(conversation);
        };
    var unused = greeting.whenComplete((answer, failure) -> greeted(conversation, answer));
    return greeting;
  }

  private void greeted(Conversation conversation, @Nullable RpcMessage answer) {
    if (answer == null) {
      // Ended, or silent: the first is told by itself, and the second must be ended.
      conversation.abandon();
    } else if (conversation.kind().modern() && !Handshake.isModern(answer)) {
      synchronized (this) {
        legacyOnly = true;
        legacyOnlySince = System.nanoTime();
      }
      conversation.stop();
    }
  }

  private void mayStart(@Nullable CallerKey owner) throws NotStartedException {
    if (closed) {
      throw new NotStartedException(
          UpstreamFailure.Kind.UNREACHABLE, "the server is no longer configured so");
    }
    if (!backOff.mayStart()) {
      observer.started(name, StdioObserver.Start.HELD_BACK);
      throw new NotStartedException(
          UpstreamFailure.Kind.UNREACHABLE, "the program failed too often just before");
    }
    int max = command.settings().processesMax();
    long own = running.stream().filter(one -> owner != null && owner.equals(one.owner())).count();
    if (running.size() >= max || own >= Math.max(1, max / 2)) {
      spare();
      observer.started(name, StdioObserver.Start.LIMIT);
      throw new NotStartedException(
          UpstreamFailure.Kind.BUSY, "as many programs run for this server as may");
    }
  }

  /** A modern caller never says goodbye. */
  private void spare() {
    open.entrySet().stream()
        .filter(one -> one.getKey() instanceof Key.Modern)
        .map(one -> one.getValue().conversation)
        .filter(one -> one.idleFor(SPARE_NANOS))
        .findFirst()
        .ifPresent(Conversation::stop);
  }

  private StderrLog errors() {
    return new StderrLog(
        command.secretValues(),
        line -> LOG.atInfo().addKeyValue("server", name).addKeyValue("stderr", line).log("said"),
        () -> observer.line(name, StdioObserver.Line.NOT_LOGGED));
  }

  @Override
  public void served(Conversation conversation) {
    if (!conversation.kind().shared()) {
      backOff.served();
    }
  }

  @Override
  public void gone(Conversation conversation, String how) {
    boolean failed = !conversation.wasStopped() && isFailure(conversation);
    synchronized (this) {
      running.remove(conversation);
      open.values().removeIf(one -> one.conversation == conversation);
      if (failed) {
        if (conversation.ageNanos() >= STEADY_NANOS) {
          backOff.served();
        }
        backOff.failed();
      }
    }
    if (failed) {
      observer.started(name, StdioObserver.Start.FAILED);
    }
    LOG.atLevel(failed ? org.slf4j.event.Level.WARN : org.slf4j.event.Level.INFO)
        .addKeyValue("server", name)
        .addKeyValue("executor", conversation.executor())
        .addKeyValue("how", how)
        .log(failed ? "a program failed" : "a program has ended");
  }

  /** One caller's program may end as that caller likes; it must not keep others from theirs. */
  private static boolean isFailure(Conversation conversation) {
    return conversation.kind().shared() || !conversation.hasServed();
  }

  /** Ends the program of a session. */
  void end(String sessionId) {
    Open ended;
    synchronized (this) {
      ended = open.remove(new Key.Session(sessionId));
    }
    if (ended != null) {
      ended.conversation.stop();
    }
  }

  /** Ends what nobody has used for long. */
  void sweep() {
    long idle = limits.sessionIdle().toNanos();
    for (Conversation one : conversations()) {
      if (!one.kind().shared() && one.idleFor(idle)) {
        one.stop();
      }
    }
  }

  /** Starts nothing more, and ends everything; does not wait for it. */
  void close() {
    synchronized (this) {
      closed = true;
      open.clear();
    }
    conversations().forEach(Conversation::stop);
  }

  /** Ends at once what {@link #close} has left. */
  void kill() {
    conversations().forEach(Conversation::kill);
  }

  private synchronized List<Conversation> conversations() {
    return List.copyOf(running);
  }
}

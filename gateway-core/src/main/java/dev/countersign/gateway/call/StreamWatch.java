// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.gateway.http.Loop;
import dev.countersign.gateway.session.BoundSession;
import dev.countersign.gateway.snapshot.Route;
import dev.countersign.gateway.snapshot.Snapshot;
import dev.countersign.gateway.snapshot.SnapshotHolder;
import dev.countersign.policy.Trigger;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * What can end a long stream from outside: the credential expires, its session ends, the gateway
 * stops, nothing is said for too long, or newer settings no longer permit it. Confined to the
 * call's event loop.
 */
final class StreamWatch {
  private final Call call;
  private final DecisionStep decisions;
  private final TaskStep tasks;
  private final SnapshotHolder snapshots;
  private Snapshot checkedAgainst;
  private boolean changed;
  private long heardNanos = System.nanoTime();

  StreamWatch(Call call, DecisionStep decisions, TaskStep tasks, SnapshotHolder snapshots) {
    this.call = call;
    this.decisions = decisions;
    this.tasks = tasks;
    this.snapshots = snapshots;
    this.checkedAgainst = call.snapshot();
  }

  /**
   * Begins to watch, to the end of the call.
   *
   * @param finish told why the stream has to end
   */
  void begin(Consumer<String> finish) {
    tie(call, finish);
  }

  /** Ties a stream to what can end it whatever is said on it, to the end of the call. */
  static void tie(Call call, Consumer<String> finish) {
    Loop loop = call.exchange().loop();
    call.exchange().onDrain(() -> finish.accept("the gateway is stopping"));
    Duration left = Duration.between(Instant.now(), call.caller().expiresAt());
    Loop.Timer expiry =
        loop.after(
            left.isNegative() ? Duration.ZERO : left,
            () -> finish.accept("the credential expired"));
    call.onEnd(expiry::cancel);
    BoundSession session = call.session();
    if (session != null) {
      Runnable cut = () -> loop.execute(() -> finish.accept("the session ended"));
      session.onEnd(cut);
      call.onEnd(() -> session.forget(cut));
    }
  }

  /** The server said something. */
  void heard() {
    heardNanos = System.nanoTime();
  }

  /** Whether the server has said nothing for longer than a stream may be silent. */
  boolean idle() {
    return System.nanoTime() - heardNanos > call.limits().streamIdle().toNanos();
  }

  /** Whether the same server is still there, and its caller's issuer still believed. */
  private boolean stillServed(Snapshot newest) {
    Route route = newest.route(call.route().path(), call.route().server().name());
    return route != null
        && route.server().url().equals(call.route().server().url())
        && Objects.equals(route.server().command(), call.route().server().command())
        && believed(newest, call);
  }

  /** Whether settings still believe the issuer of a caller. */
  static boolean believed(Snapshot newest, Call call) {
    return newest.settings().identity().issuers().stream()
        .anyMatch(issuer -> issuer.issuer().toString().equals(call.caller().issuer()));
  }

  /** Whether settings came into force since this was last asked. */
  boolean takeChange() {
    boolean was = changed;
    changed = false;
    return was;
  }

  /** The server says that its tools have changed. */
  void toolsChanged() {
    call.snapshot().toolSchemas(call.route().server().name()).forget();
    Snapshot newest = snapshots.current();
    if (newest != null && newest.route(call.route().path(), call.route().server().name()) != null) {
      newest.toolSchemas(call.route().server().name()).forget();
    }
  }

  /** Whether the caller may hear of a resource, under the newest settings. */
  CompletableFuture<Boolean> readable(String uri) {
    return decisions.readable(call, checkedAgainst, uri);
  }

  /** Whether the caller may hear of a task of its own, under the newest settings. */
  CompletableFuture<Boolean> mayFollow(String taskId) {
    return tasks.mayFollow(call, checkedAgainst, Trigger.RECHECK, taskId);
  }

  /** Whether the stream may go on; asks policy again when the settings have changed. */
  CompletableFuture<Boolean> permitted() {
    Snapshot newest = snapshots.current();
    if (newest == null || newest == checkedAgainst) {
      return CompletableFuture.completedFuture(true);
    }
    checkedAgainst = newest;
    changed = true;
    if (!stillServed(newest)) {
      return CompletableFuture.completedFuture(false);
    }
    return decisions.stillPermitted(call, newest);
  }
}

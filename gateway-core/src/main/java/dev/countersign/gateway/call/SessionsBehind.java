// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.gateway.mcp.LogLevel;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The sessions with single servers that stand behind one legacy session on a federated path: those
 * that were opened with it, and those of servers that joined later. As many entries as there are
 * servers. Any thread.
 */
final class SessionsBehind {
  private final ConcurrentHashMap<String, Member> members;
  private final byte @Nullable [] greeting;
  private final ConcurrentHashMap<String, Joining> joining = new ConcurrentHashMap<>();
  private final Set<Runnable> onJoined = ConcurrentHashMap.newKeySet();
  private volatile @Nullable LogLevel level;

  /**
   * A session with one server.
   *
   * @param wireId its sealed id, which never leaves the gateway
   * @param version the revision that this server agreed on
   */
  record Member(String wireId, String version) {}

  /**
   * @param members by server
   * @param greeting the {@code initialize} for servers that join later, or null when none can
   */
  SessionsBehind(Map<String, Member> members, byte @Nullable [] greeting) {
    this.members = new ConcurrentHashMap<>(members);
    this.greeting = greeting;
  }

  /** The session with a server, or null while there is none. */
  @Nullable Member with(String server) {
    return members.get(server);
  }

  /** All of them, by server. */
  Map<String, Member> all() {
    return Map.copyOf(members);
  }

  /** What servers that join later are greeted with, or null when none can. */
  byte @Nullable [] greeting() {
    return greeting;
  }

  /**
   * A server has joined.
   *
   * @return what stood there before, or null
   */
  @Nullable Member add(String server, Member member) {
    Member before = members.put(server, member);
    onJoined.forEach(Runnable::run);
    return before;
  }

  /** A session with a server has ended. */
  void remove(String server, Member member) {
    members.remove(server, member);
  }

  /** Runs a task each time a server has joined, on the thread where it has. */
  void onJoined(Runnable task) {
    onJoined.add(task);
  }

  /** Takes such a task back. */
  void forget(Runnable task) {
    onJoined.remove(task);
  }

  /** The log level that the client wants, of servers that join later, too. */
  void level(LogLevel wanted) {
    level = wanted;
  }

  /** The log level that the client wants, or null when it has said none. */
  @Nullable LogLevel level() {
    return level;
  }

  /** What is known of attempts to have a server join. */
  Joining joining(String server) {
    return joining.computeIfAbsent(server, first -> new Joining());
  }

  /** Attempts to have one server join: one at a time, with pauses after failures. Any thread. */
  static final class Joining {
    private final Pauses pauses = new Pauses();
    private boolean hidden;
    private CompletableFuture<Optional<Member>> newest =
        CompletableFuture.completedFuture(Optional.empty());

    /**
     * The attempt that is under way; this one, if none is and none failed just now; else one that
     * has failed.
     */
    synchronized CompletableFuture<Optional<Member>> begin(
        CompletableFuture<Optional<Member>> attempt) {
      if (newest.isDone() && pauses.over()) {
        newest = attempt;
      }
      return newest;
    }

    /** Whether the last attempt failed because policy kept the server from the caller. */
    synchronized boolean isHidden() {
      return hidden;
    }

    /**
     * The attempt failed.
     *
     * @param byPolicy because policy keeps the server from the caller
     */
    synchronized void failed(boolean byPolicy) {
      hidden = byPolicy;
      pauses.failed();
    }

    /** The server has joined. */
    synchronized void succeeded() {
      hidden = false;
      pauses.reset();
    }
  }
}

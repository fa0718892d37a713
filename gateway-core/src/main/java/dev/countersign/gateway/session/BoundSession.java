// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.session;

import dev.countersign.gateway.input.ClientCapabilities;
import dev.countersign.gateway.jsonrpc.RpcId;
import dev.countersign.identity.CallerKey;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A live legacy session: it belongs to one caller on one route and stands before one session of the
 * server.
 *
 * <p>Any thread.
 */
public final class BoundSession {
  private static final Logger LOG = LoggerFactory.getLogger(BoundSession.class);

  private final String id;
  private final String wireId;
  private final CallerKey caller;
  private final String route;
  private final String version;
  private final @Nullable String upstreamId;
  private final ClientCapabilities capabilities;
  private final Set<String> subscriptions = ConcurrentHashMap.newKeySet();
  private final OpenQuestions questions = new OpenQuestions();
  private final SessionTasks tasks = new SessionTasks();
  private final Elicitations elicitations = new Elicitations();
  private final ResumableStreams resumable;
  private final long createdMillis;
  private volatile long usedMillis;
  private volatile boolean ended;
  private final AtomicLong calls = new AtomicLong();
  private final AtomicInteger streams = new AtomicInteger();
  private final ConcurrentHashMap<RpcId, Runnable> inFlight = new ConcurrentHashMap<>();
  private final Set<Runnable> endTasks = ConcurrentHashMap.newKeySet();

  BoundSession(
      String id,
      String wireId,
      CallerKey caller,
      String route,
      String version,
      @Nullable String upstreamId,
      ClientCapabilities capabilities,
      AtomicInteger resumableOfCaller,
      long nowMillis) {
    this.id = id;
    this.wireId = wireId;
    this.caller = caller;
    this.route = route;
    this.version = version;
    this.upstreamId = upstreamId;
    this.capabilities = capabilities;
    this.resumable = new ResumableStreams(resumableOfCaller);
    this.createdMillis = nowMillis;
    this.usedMillis = nowMillis;
  }

  /** Names it in records and policy; says nothing that opens it. */
  public String id() {
    return id;
  }

  /** The sealed id that its caller presents. */
  public String wireId() {
    return wireId;
  }

  /** Whose it is. */
  public CallerKey caller() {
    return caller;
  }

  /** The protocol revision that was agreed on. */
  public String version() {
    return version;
  }

  /** The server's own session id, or null when it keeps none. */
  public @Nullable String upstreamId() {
    return upstreamId;
  }

  /** What the server was told that its client may be asked for. */
  public ClientCapabilities capabilities() {
    return capabilities;
  }

  /** What its client has been asked and has not answered. */
  public OpenQuestions questions() {
    return questions;
  }

  /** What became of its calls that go on as tasks. */
  public SessionTasks tasks() {
    return tasks;
  }

  /** Pages that its user was sent to. */
  public Elicitations elicitations() {
    return elicitations;
  }

  /** Streams that its client may go on with after they broke. */
  public ResumableStreams resumable() {
    return resumable;
  }

  /** URIs whose changes the client wants to hear of. */
  public Set<String> subscriptions() {
    return subscriptions;
  }

  /** Whether a request of the client is in flight. */
  public boolean inFlight() {
    return !inFlight.isEmpty();
  }

  /** Seconds since it began. */
  public long ageSeconds(long nowMillis) {
    return Math.max(0, (nowMillis - createdMillis) / 1000);
  }

  /** Calls so far. */
  public long calls() {
    return calls.get();
  }

  /** Counts one call. */
  public void countCall() {
    calls.incrementAndGet();
  }

  /**
   * Takes a request id for the time the request is in flight.
   *
   * @param cancel what a {@code notifications/cancelled} for it does
   * @return false when a request with this id is in flight already
   */
  public boolean begin(RpcId requestId, Runnable cancel) {
    return inFlight.putIfAbsent(requestId, cancel) == null;
  }

  /** Gives a request id back. */
  public void finish(RpcId requestId) {
    inFlight.remove(requestId);
  }

  /** What cancels the request of this id, or null when none is in flight. */
  public @Nullable Runnable cancellation(RpcId requestId) {
    return inFlight.get(requestId);
  }

  /** Takes one of the session's streams; false when all are in use. */
  public boolean openStream(int streamsMax) {
    if (streams.incrementAndGet() > streamsMax) {
      streams.decrementAndGet();
      return false;
    }
    return true;
  }

  /** Gives a stream back. */
  public void closeStream() {
    streams.decrementAndGet();
  }

  /** Whether it has ended. */
  public boolean ended() {
    return ended;
  }

  /** Runs a task when the session ends, at once if it has. */
  public void onEnd(Runnable task) {
    endTasks.add(task);
    if (ended && endTasks.remove(task)) {
      task.run();
    }
  }

  /** Takes such a task back. */
  public void forget(Runnable task) {
    endTasks.remove(task);
  }

  String route() {
    return route;
  }

  void use(long nowMillis) {
    usedMillis = nowMillis;
  }

  /** Whether a call or a stream is open. */
  boolean busy() {
    return !inFlight.isEmpty() || streams.get() > 0;
  }

  boolean over(long nowMillis, long idleMillis, long ageMillis) {
    return ended
        || nowMillis - createdMillis >= ageMillis
        || (!busy() && nowMillis - usedMillis >= idleMillis);
  }

  void end() {
    ended = true;
    resumable.end();
    for (Runnable task : List.copyOf(endTasks)) {
      if (endTasks.remove(task)) {
        try {
          task.run();
        } catch (RuntimeException failure) {
          // The other streams of an ended session must close all the same.
          LOG.atError().setCause(failure).log("a task at a session's end failed");
        }
      }
    }
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.session;

import dev.countersign.gateway.input.ClientCapabilities;
import dev.countersign.gateway.seal.Binding;
import dev.countersign.gateway.seal.Purpose;
import dev.countersign.gateway.seal.Seal;
import dev.countersign.gateway.snapshot.LimitSettings;
import dev.countersign.identity.CallerKey;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The live legacy sessions of this gateway. Bounded in all and for each caller; a session ends when
 * its client says so, when it idles, at its age limit, or with the process.
 *
 * <p>Any thread.
 */
public final class SessionTable {
  private final InstantSource clock;
  private final SecureRandom random = new SecureRandom();
  private final Seal seal;
  private final ConcurrentHashMap<String, BoundSession> sessions = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<CallerKey, OfCaller> perCaller = new ConcurrentHashMap<>();
  private final AtomicInteger size = new AtomicInteger();

  /** What one caller has: its sessions, and what they keep of streams. */
  private record OfCaller(int sessions, AtomicInteger resumable) {
    static final OfCaller NONE = new OfCaller(0, new AtomicInteger());

    OfCaller more() {
      return new OfCaller(sessions + 1, resumable);
    }

    @Nullable OfCaller less() {
      return sessions > 1 ? new OfCaller(sessions - 1, resumable) : null;
    }
  }

  /**
   * @param seal seals the ids that clients are given
   */
  public SessionTable(InstantSource clock, Seal seal) {
    this.clock = clock;
    this.seal = seal;
  }

  /**
   * Whether this caller may open another session now; asked before the server is, so that nothing
   * is opened there for a session that cannot be kept.
   */
  public boolean roomFor(CallerKey caller, LimitSettings limits) {
    return size.get() < limits.sessionsMax()
        && perCaller.getOrDefault(caller, OfCaller.NONE).sessions < limits.sessionsPerCallerMax();
  }

  /**
   * Opens a session.
   *
   * @param version the agreed revision
   * @param upstreamId the server's session id, or null
   * @param capabilities what the server was told that the client may be asked for
   * @return null when a bound was reached meanwhile
   */
  public @Nullable BoundSession open(
      CallerKey caller,
      String route,
      String version,
      @Nullable String upstreamId,
      ClientCapabilities capabilities,
      LimitSettings limits) {
    if (size.incrementAndGet() > limits.sessionsMax()) {
      size.decrementAndGet();
      return null;
    }
    OfCaller its =
        perCaller.compute(
            caller, (key, was) -> was == null ? new OfCaller(1, new AtomicInteger()) : was.more());
    if (its.sessions > limits.sessionsPerCallerMax()) {
      uncount(caller);
      return null;
    }
    byte[] id = new byte[16];
    random.nextBytes(id);
    BoundSession session =
        new BoundSession(
            HexFormat.of().formatHex(id),
            seal.seal(Purpose.SESSION, id, Binding.of(caller, route)),
            caller,
            route,
            version,
            upstreamId,
            capabilities,
            its.resumable,
            clock.millis());
    sessions.put(session.id(), session);
    return session;
  }

  /**
   * The live session behind a presented id.
   *
   * @return null when there is none for this caller on this route; unknown, ended and somebody
   *     else's cannot be told apart
   */
  public @Nullable BoundSession find(
      String wireId, CallerKey caller, String route, LimitSettings limits) {
    byte[] id = seal.open(Purpose.SESSION, wireId, Binding.of(caller, route));
    if (id == null) {
      return null;
    }
    BoundSession session = sessions.get(HexFormat.of().formatHex(id));
    if (session == null || !session.caller().equals(caller) || !session.route().equals(route)) {
      return null;
    }
    long now = clock.millis();
    if (over(session, now, limits)) {
      end(session);
      return null;
    }
    session.use(now);
    return session;
  }

  /** Ends a session; its streams are closed. */
  public void end(BoundSession session) {
    if (sessions.remove(session.id(), session)) {
      uncount(session.caller());
      session.end();
    }
  }

  /**
   * Ends what has idled or aged out, and notes what is in use; called more often than sessions
   * idle.
   */
  public void sweep(LimitSettings limits) {
    long now = clock.millis();
    for (BoundSession session : sessions.values()) {
      if (over(session, now, limits)) {
        end(session);
      } else if (session.busy()) {
        session.use(now);
      }
    }
  }

  /** Ends every session. */
  public void endAll() {
    sessions.values().forEach(this::end);
  }

  /** Resources whose changes clients want to hear of. */
  public int subscriptions() {
    return sessions.values().stream().mapToInt(session -> session.subscriptions().size()).sum();
  }

  /** Tasks of legacy sessions. */
  public int tasks() {
    return sessions.values().stream().mapToInt(session -> session.tasks().size()).sum();
  }

  /** Questions of servers that wait for clients. */
  public int questions() {
    return sessions.values().stream().mapToInt(session -> session.questions().size()).sum();
  }

  /** Streams that can be gone on with. */
  public int resumable() {
    return sessions.values().stream().mapToInt(session -> session.resumable().size()).sum();
  }

  /** Live sessions. */
  public int size() {
    return size.get();
  }

  private void uncount(CallerKey caller) {
    size.decrementAndGet();
    perCaller.computeIfPresent(caller, (key, its) -> its.less());
  }

  private static boolean over(BoundSession session, long now, LimitSettings limits) {
    return session.over(now, limits.sessionIdle().toMillis(), limits.sessionAgeMax().toMillis());
  }
}

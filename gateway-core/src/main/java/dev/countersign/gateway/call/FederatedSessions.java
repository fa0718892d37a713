// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.gateway.input.ClientCapabilities;
import dev.countersign.gateway.jsonrpc.RpcId;
import dev.countersign.gateway.session.BoundSession;
import dev.countersign.gateway.session.SessionTable;
import dev.countersign.gateway.snapshot.LimitSettings;
import dev.countersign.identity.CallerKey;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Which sessions with single servers stand behind a legacy session on a federated path. As many
 * entries as there are such sessions. Any thread.
 */
final class FederatedSessions {
  private final SessionTable sessions;
  private final ConcurrentHashMap<String, SessionsBehind> behind = new ConcurrentHashMap<>();

  /** Whose a session is, and by which bounds. */
  private record Holder(CallerKey caller, String path, LimitSettings limits) {}

  FederatedSessions(SessionTable sessions) {
    this.sessions = sessions;
  }

  /**
   * Opens a session before others; they end with it.
   *
   * @param version the revision that the client is told
   * @return null when a bound is reached
   */
  @Nullable BoundSession open(Call call, String version, SessionsBehind others) {
    // The session outlives this call, and must not keep it.
    Holder holder = holder(call);
    BoundSession session =
        sessions.open(
            holder.caller(),
            holder.path(),
            version,
            null,
            ClientCapabilities.NONE,
            holder.limits());
    if (session == null) {
      others.all().values().forEach(member -> end(holder, member));
      return null;
    }
    behind.put(session.id(), others);
    session.onEnd(
        () -> {
          behind.remove(session.id());
          others.all().values().forEach(member -> end(holder, member));
        });
    return session;
  }

  /** Puts one more behind a call's session; it ends with that one, at once if that has ended. */
  void join(Call call, String server, SessionsBehind.Member member) {
    BoundSession session = call.session();
    if (session != null) {
      Holder holder = holder(call);
      behind(session).add(server, member);
      session.onEnd(() -> end(holder, member));
    }
  }

  /** Keeps the sessions behind a call's from idling while that one is used. */
  void use(Call call) {
    behind(call.session()).all().values().forEach(member -> find(holder(call), member));
  }

  /** The sessions behind one; none behind null. */
  SessionsBehind behind(@Nullable BoundSession session) {
    return session == null
        ? SessionsBehind.NONE
        : behind.getOrDefault(session.id(), SessionsBehind.NONE);
  }

  /** The server whose question this id would answer, or null. */
  @Nullable String asker(Call call, RpcId id) {
    for (Map.Entry<String, SessionsBehind.Member> member :
        behind(call.session()).all().entrySet()) {
      BoundSession session = find(holder(call), member.getValue());
      if (session != null && session.questions().has(id)) {
        return member.getKey();
      }
    }
    return null;
  }

  private static Holder holder(Call call) {
    return new Holder(call.caller().key(), call.entrance().path(), call.limits());
  }

  private @Nullable BoundSession find(Holder holder, SessionsBehind.Member member) {
    return sessions.find(member.wireId(), holder.caller(), holder.path(), holder.limits());
  }

  private void end(Holder holder, SessionsBehind.Member member) {
    BoundSession session = find(holder, member);
    if (session != null) {
      sessions.end(session);
    }
  }
}

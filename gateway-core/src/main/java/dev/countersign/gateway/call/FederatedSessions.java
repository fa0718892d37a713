// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.gateway.input.ClientCapabilities;
import dev.countersign.gateway.jsonrpc.RpcId;
import dev.countersign.gateway.session.BoundSession;
import dev.countersign.gateway.session.SessionTable;
import dev.countersign.gateway.snapshot.LimitSettings;
import dev.countersign.identity.CallerKey;
import java.util.ArrayList;
import java.util.List;
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
    others.all().forEach((server, member) -> removeAtEnd(holder, others, server, member));
    session.onEnd(
        () -> {
          behind.remove(session.id());
          others.all().values().forEach(member -> end(holder, member));
        });
    return session;
  }

  /** Puts one more behind a call's session; it ends with that one, at once if that has ended. */
  void join(Call call, SessionsBehind others, String server, SessionsBehind.Member member) {
    Holder holder = holder(call);
    SessionsBehind.Member before = others.add(server, member);
    if (before != null) {
      end(holder, before);
    }
    removeAtEnd(holder, others, server, member);
    BoundSession session = call.session();
    if (session == null || session.ended()) {
      end(holder, member);
    }
  }

  /** Ends one that was opened to stand behind a call's session, and does not. */
  void drop(Call call, SessionsBehind.Member member) {
    end(holder(call), member);
  }

  /** A session that its server does not know any more is no way to it: it has to join anew. */
  private void removeAtEnd(
      Holder holder, SessionsBehind others, String server, SessionsBehind.Member member) {
    BoundSession session = find(holder, member);
    if (session == null) {
      others.remove(server, member);
    } else {
      session.onEnd(() -> others.remove(server, member));
    }
  }

  /** Keeps the sessions behind a call's from idling while that one is used. */
  void use(Call call) {
    behind(call.session()).all().values().forEach(member -> find(holder(call), member));
  }

  /** The sessions behind one; none, and nobody else's, behind null or one that has ended. */
  SessionsBehind behind(@Nullable BoundSession session) {
    SessionsBehind others = session == null ? null : behind.get(session.id());
    return others == null ? new SessionsBehind(Map.of(), null) : others;
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

  /** The one server that awaits progress under this token; null when none does, or several do. */
  @Nullable String awaitsProgress(Call call, String token) {
    List<String> servers = new ArrayList<>();
    behind(call.session())
        .all()
        .forEach(
            (server, member) -> {
              BoundSession session = find(holder(call), member);
              if (session != null && session.questions().awaitsProgress(token)) {
                servers.add(server);
              }
            });
    return servers.size() == 1 ? servers.getFirst() : null;
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

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
  private final ConcurrentHashMap<String, Map<String, Member>> members = new ConcurrentHashMap<>();

  /**
   * A session with one server.
   *
   * @param wireId its sealed id, which never leaves the gateway
   * @param version the revision that this server agreed on
   */
  record Member(String wireId, String version) {}

  /** Whose a session is, and by which bounds. */
  private record Holder(CallerKey caller, String path, LimitSettings limits) {}

  FederatedSessions(SessionTable sessions) {
    this.sessions = sessions;
  }

  /**
   * Opens a session before others; they end with it.
   *
   * @param version the revision that the client is told
   * @param behind by server
   * @return null when a bound is reached
   */
  @Nullable BoundSession open(Call call, String version, Map<String, Member> behind) {
    // The session outlives this call, and must not keep it.
    Holder holder = new Holder(call.caller().key(), call.entrance().path(), call.limits());
    BoundSession session =
        sessions.open(
            holder.caller(),
            holder.path(),
            version,
            null,
            ClientCapabilities.NONE,
            holder.limits());
    if (session == null) {
      behind.values().forEach(member -> end(holder, member));
      return null;
    }
    Map<String, Member> kept = Map.copyOf(behind);
    members.put(session.id(), kept);
    session.onEnd(
        () -> {
          members.remove(session.id());
          kept.values().forEach(member -> end(holder, member));
        });
    return session;
  }

  /** Keeps the sessions behind a call's from idling while that one is used. */
  void use(Call call) {
    behind(call.session()).values().forEach(member -> find(holder(call), member));
  }

  /** The sessions behind one, by server; none behind null. */
  Map<String, Member> behind(@Nullable BoundSession session) {
    return session == null ? Map.of() : members.getOrDefault(session.id(), Map.of());
  }

  /** The server whose question this id would answer, or null. */
  @Nullable String asker(Call call, RpcId id) {
    for (Map.Entry<String, Member> member : behind(call.session()).entrySet()) {
      BoundSession behind = find(holder(call), member.getValue());
      if (behind != null && behind.questions().has(id)) {
        return member.getKey();
      }
    }
    return null;
  }

  private static Holder holder(Call call) {
    return new Holder(call.caller().key(), call.entrance().path(), call.limits());
  }

  private @Nullable BoundSession find(Holder holder, Member member) {
    return sessions.find(member.wireId(), holder.caller(), holder.path(), holder.limits());
  }

  private void end(Holder holder, Member member) {
    BoundSession behind = find(holder, member);
    if (behind != null) {
      sessions.end(behind);
    }
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.gateway.input.ClientCapabilities;
import dev.countersign.gateway.jsonrpc.RpcId;
import dev.countersign.gateway.session.BoundSession;
import dev.countersign.gateway.session.SessionTable;
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
    String path = call.entrance().path();
    BoundSession session =
        sessions.open(
            call.caller().key(), path, version, null, ClientCapabilities.NONE, call.limits());
    if (session == null) {
      behind.values().forEach(member -> end(call, member));
      return null;
    }
    members.put(session.id(), Map.copyOf(behind));
    session.onEnd(
        () -> {
          members.remove(session.id());
          behind.values().forEach(member -> end(call, member));
        });
    return session;
  }

  /** The sessions behind one, by server; none behind null. */
  Map<String, Member> behind(@Nullable BoundSession session) {
    return session == null ? Map.of() : members.getOrDefault(session.id(), Map.of());
  }

  /** The server whose question this id would answer, or null. */
  @Nullable String asker(Call call, RpcId id) {
    for (Map.Entry<String, Member> member : behind(call.session()).entrySet()) {
      BoundSession behind = find(call, member.getValue());
      if (behind != null && behind.questions().has(id)) {
        return member.getKey();
      }
    }
    return null;
  }

  private @Nullable BoundSession find(Call call, Member member) {
    return sessions.find(
        member.wireId(), call.caller().key(), call.entrance().path(), call.limits());
  }

  private void end(Call call, Member member) {
    BoundSession behind = find(call, member);
    if (behind != null) {
      sessions.end(behind);
    }
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.gateway.bridge.ModernForm;
import dev.countersign.gateway.error.Reason;
import dev.countersign.gateway.error.RefusedException;
import dev.countersign.gateway.mcp.LogLevel;
import dev.countersign.gateway.session.BoundSession;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * What is kept of each legacy session before a modern server, which itself knows of none. As many
 * entries as there are such sessions. Any thread.
 */
final class BridgedSessions {
  private final ConcurrentHashMap<String, Kept> sessions = new ConcurrentHashMap<>();

  /** What one session has said that is to be in each of its requests. */
  static final class Kept {
    private final BoundSession session;
    private final String clientInfo;
    private final AtomicReference<@Nullable BridgedStream> stream = new AtomicReference<>();
    private volatile @Nullable LogLevel logLevel;

    private Kept(BoundSession session, String clientInfo) {
      this.session = session;
      this.clientInfo = clientInfo;
    }

    /** What goes into a request of now. */
    ModernForm.Claim claim() {
      return new ModernForm.Claim(session.capabilities(), clientInfo, logLevel);
    }

    void logLevel(LogLevel level) {
      logLevel = level;
    }

    /** Takes the place of the session's stream; false when it is taken. */
    boolean open(BridgedStream opened) {
      return stream.compareAndSet(null, opened);
    }

    void close(BridgedStream opened) {
      stream.compareAndSet(opened, null);
    }

    /** What the session wants to hear of is not what it was. */
    void subscriptionsChanged() {
      BridgedStream open = stream.get();
      if (open != null) {
        open.subscriptionsChanged();
      }
    }
  }

  /** Begins to keep a session, to its end. */
  void add(BoundSession session, String clientInfo) {
    String id = session.id();
    sessions.put(id, new Kept(session, clientInfo));
    session.onEnd(() -> sessions.remove(id));
  }

  /**
   * What is kept of the call's session.
   *
   * @throws RefusedException when it has ended, or began before its server was bridged to
   */
  Kept of(Call call) {
    BoundSession session = call.session();
    Kept kept = session == null ? null : sessions.get(session.id());
    if (kept == null) {
      throw RefusedException.of(Reason.SESSION_UNKNOWN);
    }
    return kept;
  }
}

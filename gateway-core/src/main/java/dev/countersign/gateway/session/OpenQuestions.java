// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.session;

import dev.countersign.gateway.jsonrpc.RpcId;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The questions of one session that wait for its client. Each is taken out once, by what ends it:
 * an answer, its server, its time. Any thread.
 */
public final class OpenQuestions {
  private final ConcurrentHashMap<RpcId, OpenQuestion> open = new ConcurrentHashMap<>();

  /** Adds one; false when as many wait as may. */
  public boolean add(OpenQuestion question, int max) {
    open.put(question.id(), question);
    if (open.size() > max) {
      open.remove(question.id());
      return false;
    }
    return true;
  }

  /** Takes out the one with this id, or null when none waits under it any more. */
  public @Nullable OpenQuestion take(RpcId id) {
    return open.remove(id);
  }

  /** Whether one with this id waits. */
  public boolean has(RpcId id) {
    return open.containsKey(id);
  }

  /** Whether a client may say how far it is under this token, given as JSON text. */
  public boolean awaitsProgress(String token) {
    return open.values().stream().anyMatch(question -> token.equals(question.progressToken()));
  }

  /** How many wait. */
  public int size() {
    return open.size();
  }
}

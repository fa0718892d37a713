// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.gateway.error.Reason;
import dev.countersign.gateway.error.RefusedException;
import java.util.concurrent.ConcurrentHashMap;

/**
 * How many modern streams each session has open; on a path with several servers also with each of
 * them. Any thread.
 */
public final class ListenStreams {
  private final ConcurrentHashMap<String, Integer> open = new ConcurrentHashMap<>();

  /**
   * Takes one for the time of the call.
   *
   * @throws RefusedException with {@link Reason#STREAM_LIMIT}
   */
  void open(Call call) {
    String session =
        call.sessionId() + (call.isOnBehalf() ? " " + call.route().server().name() : "");
    int now = open.merge(session, 1, Integer::sum);
    call.onEnd(() -> open.computeIfPresent(session, (key, was) -> was == 1 ? null : was - 1));
    if (now > call.limits().streamsPerSessionMax()) {
      throw RefusedException.of(Reason.STREAM_LIMIT);
    }
  }

  /** How many there are of all sessions. */
  public int size() {
    return open.values().stream().mapToInt(Integer::intValue).sum();
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.session;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The tasks that calls of one session became, by the server's ids; each until its server forgets
 * it, for {@link #KEPT_MAX} at most. Any thread.
 */
public final class SessionTasks {
  static final Duration KEPT_MAX = Duration.ofHours(24);

  private final Map<String, Row> rows = new LinkedHashMap<>();

  /**
   * One task.
   *
   * @param tool whose work it is
   * @param callId the call that it was
   */
  public record Row(String tool, String callId, long expiresMillis) {}

  /**
   * Keeps one.
   *
   * @param ttl how long its server keeps it, or null for ever
   * @param max how many may be kept
   * @return false when as many are kept as may be
   */
  public synchronized boolean add(
      String id, String tool, String callId, @Nullable Duration ttl, long nowMillis, int max) {
    rows.values().removeIf(row -> row.expiresMillis <= nowMillis);
    if (rows.size() >= max && !rows.containsKey(id)) {
      return false;
    }
    Duration kept = ttl == null || ttl.compareTo(KEPT_MAX) > 0 ? KEPT_MAX : ttl;
    rows.putIfAbsent(id, new Row(tool, callId, nowMillis + kept.toMillis()));
    return true;
  }

  /** The task of this id, or null when the session has none. */
  public synchronized @Nullable Row find(String id, long nowMillis) {
    Row row = rows.get(id);
    return row != null && row.expiresMillis > nowMillis ? row : null;
  }

  /** How many are kept. */
  public synchronized int size() {
    return rows.size();
  }
}

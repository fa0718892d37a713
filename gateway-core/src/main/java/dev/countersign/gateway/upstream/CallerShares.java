// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.upstream;

import dev.countersign.identity.CallerKey;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * What each caller has of one shared connection: the exchanges under way, and those that were
 * broken off in this quarter of a minute and the one before. Servers close connections on which
 * much is reset, so a caller gets half of what a connection may see of it, and one that breaks off
 * a lot does not take the others' calls down. Confined to the connection's loop.
 */
final class CallerShares {
  /** Exchanges under way and broken off that a caller may have on one connection. */
  static final int PER_CALLER_MAX = 50;

  /** Exchanges broken off on one connection, after which it takes no further ones for a while. */
  static final int RESETS_MAX = 100;

  private static final long WINDOW_NANOS = Duration.ofSeconds(15).toNanos();

  private final LongSupplier nanos;
  private final Map<CallerKey, Share> shares = new HashMap<>();
  private long began;
  private final Resets all = new Resets();

  /** Of this window and of the one before, so that a new one does not forgive what was just now. */
  private static final class Resets {
    private int before;
    private int now;

    int sum() {
      return before + now;
    }

    void one() {
      now++;
    }

    void turn() {
      before = now;
      now = 0;
    }
  }

  private static final class Share {
    int open;
    final Resets resets = new Resets();

    boolean isEmpty() {
      return open == 0 && resets.sum() == 0;
    }
  }

  /**
   * @param nanos a clock such as {@link System#nanoTime}
   */
  CallerShares(LongSupplier nanos) {
    this.nanos = nanos;
    this.began = nanos.getAsLong();
  }

  /** Whether the connection may take an exchange of anybody's. */
  boolean hasRoom() {
    turn();
    return all.sum() < RESETS_MAX;
  }

  /** Whether it may take one of this caller's. */
  boolean hasRoom(CallerKey caller) {
    turn();
    Share share = shares.get(caller);
    return share == null || share.open + share.resets.sum() < PER_CALLER_MAX;
  }

  /** How much of a caller's was broken off. */
  int resets(CallerKey caller) {
    turn();
    Share share = shares.get(caller);
    return share == null ? 0 : share.resets.sum();
  }

  void began(CallerKey caller) {
    shares.computeIfAbsent(caller, key -> new Share()).open++;
  }

  void ended(CallerKey caller) {
    shares.computeIfPresent(
        caller,
        (key, share) -> {
          share.open--;
          return share.isEmpty() ? null : share;
        });
  }

  void reset(CallerKey caller) {
    turn();
    all.one();
    shares.computeIfAbsent(caller, key -> new Share()).resets.one();
  }

  private void turn() {
    long now = nanos.getAsLong();
    while (now - began > WINDOW_NANOS && all.sum() > 0) {
      began += WINDOW_NANOS;
      all.turn();
      shares.values().forEach(share -> share.resets.turn());
      shares.values().removeIf(Share::isEmpty);
    }
    if (now - began > WINDOW_NANOS) {
      began = now;
    }
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.upstream;

import dev.countersign.identity.CallerKey;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * What each caller has of one shared connection: the exchanges under way, and those that were
 * broken off in the last half minute. Servers close connections on which much is reset, so a caller
 * gets half of what a connection may see of it, and one that breaks off a lot does not take the
 * others' calls down. Confined to the connection's loop.
 */
final class CallerShares {
  /** Exchanges under way and broken off that a caller may have on one connection. */
  static final int PER_CALLER_MAX = 50;

  /** Exchanges broken off on one connection, after which it takes no further ones for a while. */
  static final int RESETS_MAX = 100;

  private static final long WINDOW_NANOS = Duration.ofSeconds(30).toNanos();

  private final LongSupplier nanos;
  private final Map<CallerKey, Share> shares = new HashMap<>();
  private long began;
  private int resets;

  private static final class Share {
    int open;
    int resets;
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
    return resets < RESETS_MAX;
  }

  /** Whether it may take one of this caller's. */
  boolean hasRoom(CallerKey caller) {
    turn();
    Share share = shares.get(caller);
    return share == null || share.open + share.resets < PER_CALLER_MAX;
  }

  /** How much of a caller's was broken off. */
  int resets(CallerKey caller) {
    turn();
    Share share = shares.get(caller);
    return share == null ? 0 : share.resets;
  }

  void began(CallerKey caller) {
    shares.computeIfAbsent(caller, key -> new Share()).open++;
  }

  void ended(CallerKey caller) {
    shares.computeIfPresent(
        caller,
        (key, share) -> {
          share.open--;
          return share.open == 0 && share.resets == 0 ? null : share;
        });
  }

  void reset(CallerKey caller) {
    turn();
    resets++;
    shares.computeIfAbsent(caller, key -> new Share()).resets++;
  }

  private void turn() {
    long now = nanos.getAsLong();
    if (now - began > WINDOW_NANOS) {
      began = now;
      if (resets > 0) {
        resets = 0;
        shares.values().forEach(share -> share.resets = 0);
        shares.values().removeIf(share -> share.open == 0);
      }
    }
  }
}

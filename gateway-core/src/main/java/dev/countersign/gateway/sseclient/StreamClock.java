// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.sseclient;

import dev.countersign.gateway.http.Loop;
import dev.countersign.gateway.http.ResponseStream;
import dev.countersign.gateway.snapshot.LimitSettings;
import java.time.Duration;
import java.time.Instant;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Looks after a client's stream at every keep-alive interval, and every 15 seconds at least: keeps
 * it alive, and ends what has no session, is not read, or is not served any more; and at its
 * credential's end. Confined to the loop of the stream.
 */
final class StreamClock {
  /** Who has opened no session by then does not want one. */
  private static final Duration OPENING_TIME = Duration.ofSeconds(30);

  private static final Duration INTERVAL_MAX = Duration.ofSeconds(15);

  private final SseClient client;
  private final ResponseStream stream;
  private final Instant expiresAt;
  private final LimitSettings limits;
  private final BooleanSupplier served;
  private final Duration interval;
  private final UnreadTime unread;
  private final long beganNanos = System.nanoTime();
  private Loop.@Nullable Timer timer;
  private Loop.@Nullable Timer expiry;
  private boolean opened;
  private long saidNanos = beganNanos;

  /**
   * @param served whether the newest settings still have such clients
   */
  StreamClock(
      SseClient client, ResponseStream stream, SseClients.Place place, BooleanSupplier served) {
    this.client = client;
    this.stream = stream;
    this.expiresAt = place.expiresAt();
    this.limits = place.limits();
    this.served = served;
    this.unread = new UnreadTime(limits.connectionIdle());
    this.interval =
        limits.keepAlive().compareTo(INTERVAL_MAX) < 0 ? limits.keepAlive() : INTERVAL_MAX;
  }

  void begin() {
    Duration left = Duration.between(Instant.now(), expiresAt);
    expiry = client.loop().after(left.isNegative() ? Duration.ZERO : left, client::end);
    arm();
  }

  private void arm() {
    timer = client.loop().after(interval, this::tick);
  }

  /** There is a session. */
  void opened() {
    opened = true;
  }

  /** The client was told something. */
  void said() {
    saidNanos = System.nanoTime();
  }

  /** The client has read what waited for it. */
  void caughtUp() {
    unread.caughtUp();
  }

  void end() {
    if (timer != null) {
      timer.cancel();
    }
    if (expiry != null) {
      expiry.cancel();
    }
  }

  private void tick() {
    boolean late = !opened && isOver(beganNanos, OPENING_TIME);
    if (late || unread.isTooLong(!stream.writable(), System.nanoTime()) || !served.getAsBoolean()) {
      client.end();
      return;
    }
    if (isOver(saidNanos, limits.keepAlive()) && stream.writable()) {
      stream.keepAlive();
      said();
    }
    arm();
  }

  private static boolean isOver(long sinceNanos, Duration time) {
    return System.nanoTime() - sinceNanos >= time.toNanos();
  }
}

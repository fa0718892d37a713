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
 * Looks after a client's stream at every keep-alive interval: keeps it alive, and ends what has no
 * session, is not read, or is not served any more; and at its credential's end. Confined to the
 * loop of the stream.
 */
final class StreamClock {
  /** Who has opened no session by then does not want one. */
  private static final Duration OPENING_TIME = Duration.ofSeconds(30);

  private final SseClient client;
  private final ResponseStream stream;
  private final Instant expiresAt;
  private final LimitSettings limits;
  private final BooleanSupplier served;
  private final long beganNanos = System.nanoTime();
  private Loop.@Nullable Timer timer;
  private Loop.@Nullable Timer expiry;
  private boolean opened;
  private boolean saidSomething;
  private boolean behind;
  private long behindSinceNanos;

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
  }

  void begin() {
    Duration left = Duration.between(Instant.now(), expiresAt);
    expiry = client.loop().after(left.isNegative() ? Duration.ZERO : left, client::end);
    arm();
  }

  private void arm() {
    timer = client.loop().after(limits.keepAlive(), this::tick);
  }

  /** There is a session. */
  void opened() {
    opened = true;
  }

  /** The client was told something. */
  void said() {
    saidSomething = true;
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
    if (late || isStuck() || !served.getAsBoolean()) {
      client.end();
      return;
    }
    if (!saidSomething && stream.writable()) {
      stream.keepAlive();
    }
    saidSomething = false;
    arm();
  }

  private boolean isStuck() {
    boolean is = !stream.writable();
    if (is && !behind) {
      behindSinceNanos = System.nanoTime();
    }
    behind = is;
    return is && isOver(behindSinceNanos, limits.connectionIdle());
  }

  private static boolean isOver(long sinceNanos, Duration time) {
    return System.nanoTime() - sinceNanos > time.toNanos();
  }
}

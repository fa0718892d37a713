// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import java.time.InstantSource;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Call ids: UUID version 7 (RFC 9562 section 5.7), so that they sort by time. They name a call and
 * open nothing, so they need not be hard to guess.
 */
final class CallIds {
  private final InstantSource clock;

  CallIds(InstantSource clock) {
    this.clock = clock;
  }

  String next() {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    long high = (clock.millis() << 16) | 0x7000L | (random.nextLong() & 0x0fffL);
    long low = (random.nextLong() & 0x3fff_ffff_ffff_ffffL) | 0x8000_0000_0000_0000L;
    return new UUID(high, low).toString();
  }
}

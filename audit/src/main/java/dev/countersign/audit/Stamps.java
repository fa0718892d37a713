// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.audit;

import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/**
 * Time stamps of leaves: RFC 3339, UTC, microseconds, always 27 characters, so that their order as
 * texts is their order in time. A clock that goes back gives the last stamp again.
 *
 * <p>Confined to one thread.
 */
final class Stamps {
  /** The last second that four digits of a year can name. */
  private static final long SECOND_MAX = 253_402_300_799L;

  private static final DateTimeFormatter SECOND =
      DateTimeFormatter.ofPattern("uuuu-MM-dd'T'HH:mm:ss.", Locale.ROOT);

  private final InstantSource clock;
  private long lastMicros;
  private long formattedSecond = -1;
  private String formatted = "";

  /**
   * @param last the newest stamp of the log so far
   */
  Stamps(InstantSource clock, Instant last) {
    this.clock = clock;
    this.lastMicros = micros(last);
  }

  String next() {
    lastMicros = Math.max(lastMicros, micros(clock.instant()));
    long second = lastMicros / 1_000_000;
    if (second != formattedSecond) {
      formatted = SECOND.format(LocalDateTime.ofEpochSecond(second, 0, ZoneOffset.UTC));
      formattedSecond = second;
    }
    StringBuilder stamp = new StringBuilder(27).append(formatted);
    // The 1 in front keeps the leading zeros and is skipped.
    stamp.append(1_000_000 + lastMicros % 1_000_000).deleteCharAt(formatted.length());
    return stamp.append('Z').toString();
  }

  private static long micros(Instant instant) {
    return Math.clamp(instant.getEpochSecond(), 0, SECOND_MAX) * 1_000_000
        + instant.getNano() / 1_000;
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.mcp;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The levels of a server's log messages (RFC 5424), from the one that says most. */
public enum LogLevel {
  DEBUG,
  INFO,
  NOTICE,
  WARNING,
  ERROR,
  CRITICAL,
  ALERT,
  EMERGENCY;

  /** The word for it in messages and settings. */
  public String wire() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The level of this word, or null. */
  public static @Nullable LogLevel of(String word) {
    for (LogLevel level : values()) {
      if (level.wire().equals(word)) {
        return level;
      }
    }
    return null;
  }

  /** Whether it says more than another. */
  public boolean saysMoreThan(LogLevel other) {
    return compareTo(other) < 0;
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.config;

import java.time.Duration;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A duration with its unit. */
final class DurationType extends ScalarType<Duration> {
  private static final String FORM = "(0|[1-9][0-9]{0,8})(ms|s|m|h|d)";
  private static final Pattern PATTERN = Pattern.compile(FORM);

  private final Duration min;
  private final Duration max;

  DurationType(Duration min, Duration max) {
    super("a duration such as 10s, from " + shown(min) + " to " + shown(max));
    this.min = min;
    this.max = max;
  }

  @Override
  @Nullable Duration parse(String text, Place place) {
    Matcher matcher = PATTERN.matcher(text);
    if (!matcher.matches()) {
      return refuse(place.shown(text), place);
    }
    long amount = Long.parseLong(matcher.group(1));
    Duration value =
        switch (matcher.group(2)) {
          case "ms" -> Duration.ofMillis(amount);
          case "s" -> Duration.ofSeconds(amount);
          case "m" -> Duration.ofMinutes(amount);
          case "h" -> Duration.ofHours(amount);
          default -> Duration.ofDays(amount);
        };
    return value.compareTo(min) >= 0 && value.compareTo(max) <= 0 ? value : refuse(text, place);
  }

  @Override
  public Duration standIn() {
    return max;
  }

  @Override
  public Map<String, Object> schema() {
    return Map.of("type", "string", "pattern", "^" + FORM + "$");
  }

  @Override
  public Object written(Duration value) {
    return shown(value);
  }

  private static String shown(Duration duration) {
    if (duration.toMillis() % 1000 != 0) {
      return duration.toMillis() + "ms";
    }
    long seconds = duration.toSeconds();
    if (seconds == 0 || seconds % 60 != 0) {
      return seconds + "s";
    }
    if (seconds % 3600 != 0) {
      return seconds / 60 + "m";
    }
    return seconds % 86_400 != 0 ? seconds / 3600 + "h" : seconds / 86_400 + "d";
  }
}

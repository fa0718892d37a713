// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.config;

import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A number of bytes, with or without a binary unit. */
final class SizeType extends ScalarType<Long> {
  private static final Pattern FORM = Pattern.compile("(0|[1-9]\\d{0,11})(KiB|MiB|GiB)?");

  private final long min;
  private final long max;

  SizeType(long min, long max) {
    super("a size in bytes or such as 64KiB, from " + shown(min) + " to " + shown(max));
    this.min = min;
    this.max = max;
  }

  @Override
  @Nullable Long parse(String text, Place place) {
    Matcher matcher = FORM.matcher(text);
    if (!matcher.matches()) {
      return refuse(place.shown(text), place);
    }
    String unit = matcher.group(2) == null ? "" : matcher.group(2);
    long factor =
        switch (unit) {
          case "KiB" -> 1L << 10;
          case "MiB" -> 1L << 20;
          case "GiB" -> 1L << 30;
          default -> 1;
        };
    long value = Long.parseLong(matcher.group(1)) * factor;
    return value >= min && value <= max ? Long.valueOf(value) : refuse(text, place);
  }

  @Override
  public Long standIn() {
    return min;
  }

  @Override
  public Map<String, Object> schema() {
    return Map.of(
        "anyOf",
        List.of(
            Map.of("type", "integer", "minimum", min, "maximum", max),
            Map.of("type", "string", "pattern", "^(0|[1-9][0-9]{0,11})(KiB|MiB|GiB)$")));
  }

  @Override
  public Object written(Long value) {
    return shown(value);
  }

  private static String shown(long bytes) {
    if (bytes % (1L << 30) == 0) {
      return (bytes >> 30) + "GiB";
    }
    if (bytes % (1L << 20) == 0) {
      return (bytes >> 20) + "MiB";
    }
    return bytes % (1L << 10) == 0 ? (bytes >> 10) + "KiB" : Long.toString(bytes);
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.config;

import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** A whole number. */
final class WholeType extends ScalarType<Integer> {
  // A leading zero means octal to some readers of YAML and nothing to others.
  private static final Pattern FORM = Pattern.compile("0|[1-9]\\d{0,8}");

  private final int min;
  private final int max;

  WholeType(int min, int max) {
    super("a whole number from " + min + " to " + max);
    this.min = min;
    this.max = max;
  }

  @Override
  @Nullable Integer parse(String text, Place place) {
    if (!FORM.matcher(text).matches()) {
      return refuse(place.shown(text), place);
    }
    int value = Integer.parseInt(text);
    return value >= min && value <= max ? Integer.valueOf(value) : refuse(text, place);
  }

  @Override
  public Integer standIn() {
    return min;
  }

  @Override
  public Map<String, Object> schema() {
    return Map.of("type", "integer", "minimum", min, "maximum", max);
  }
}

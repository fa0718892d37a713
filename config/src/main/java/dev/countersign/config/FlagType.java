// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.config;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Yes or no; only in the words that every reader of YAML takes for that. */
final class FlagType extends ScalarType<Boolean> {
  FlagType() {
    super("true or false");
  }

  @Override
  @Nullable Boolean parse(String text, Place place) {
    return switch (text) {
      case "true" -> true;
      case "false" -> false;
      default -> refuse(place.shown(text), place);
    };
  }

  @Override
  public Boolean standIn() {
    return false;
  }

  @Override
  public Map<String, Object> schema() {
    return Map.of("type", "boolean");
  }
}

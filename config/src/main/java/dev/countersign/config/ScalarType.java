// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.config;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.Tag;

/** A type whose values are one text in the file. */
abstract class ScalarType<T> implements Type<T> {
  private final String expected;

  ScalarType(String expected) {
    this.expected = expected;
  }

  /** The value, or null after {@link #refuse}. */
  abstract @Nullable T parse(String text, Place place);

  @Override
  public @Nullable T read(Node node, Place place) {
    if (!(node instanceof ScalarNode scalar) || Place.isEmpty(node)) {
      return refuse(place.shown(node), place);
    }
    // YAML takes no, 1e3 or 010 for something else than the text that stands there.
    if (isText() && isOther(scalar.getTag())) {
      place.problem(place.shown(node) + " without quotes", expected + ", in quotes");
      return null;
    }
    return parse(scalar.getValue(), place);
  }

  private static boolean isOther(Tag tag) {
    return tag.equals(Tag.INT) || tag.equals(Tag.FLOAT) || tag.equals(Tag.BOOL);
  }

  /** Whether any text will do, so that a number or truth value must not pass for one. */
  boolean isText() {
    return false;
  }

  /** Notes that something else was expected. */
  final @Nullable T refuse(String found, Place place) {
    place.problem(found, expected);
    return null;
  }

  @Override
  public String expected() {
    return expected;
  }

  @Override
  public Map<String, Object> schema() {
    return Map.of("type", "string");
  }
}

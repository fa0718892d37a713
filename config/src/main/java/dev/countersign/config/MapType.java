// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.config;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;

/** A mapping whose keys are names that the operator chooses; keeps the order of the file. */
final class MapType<T> implements Type<Map<String, T>> {
  private final String names;
  private final String form;
  private final Type<T> element;
  private final int min;

  /**
   * @param names what the names are, such as "a server's name like [a-z]{1,32}"
   * @param form the regular expression for a whole name
   * @param min 0 or 1 entries at least
   */
  MapType(String names, String form, Type<T> element, int min) {
    this.names = names;
    this.form = form;
    this.element = element;
    this.min = min;
  }

  Type<T> element() {
    return element;
  }

  @Override
  public @Nullable Map<String, T> read(Node node, Place place) {
    if (!(node instanceof MappingNode mapping)) {
      place.problem(place.shown(node), expected());
      return null;
    }
    Map<String, T> values = new LinkedHashMap<>();
    for (Entry entry : Entry.of(mapping, place)) {
      Place at = place.key(entry.name(), entry.key().getStartMark());
      if (!entry.name().matches(form)) {
        at.problem(at.shown(entry.name()), names);
      }
      T value = element.read(entry.value(), at.at(entry.value().getStartMark()));
      values.put(entry.name(), value == null ? element.standIn() : value);
    }
    if (values.size() < min) {
      place.problem("an empty mapping", expected());
    }
    return Collections.unmodifiableMap(values);
  }

  @Override
  public Map<String, T> standIn() {
    return Map.of();
  }

  @Override
  public String expected() {
    return "a mapping from " + names + " to " + element.expected();
  }

  @Override
  public boolean mayBeEmpty() {
    return min == 0;
  }

  @Override
  public Map<String, Object> schema() {
    Map<String, Object> schema = new LinkedHashMap<>();
    schema.put("type", mayBeEmpty() ? List.of("object", "null") : "object");
    schema.put("propertyNames", Map.of("pattern", "^(" + form + ")$"));
    schema.put("additionalProperties", element.schema());
    if (min > 0) {
      schema.put("minProperties", min);
    }
    return schema;
  }
}

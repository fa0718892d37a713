// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;

/** A list; of texts also one of them without a list around it. */
final class ListType<T> implements Type<List<T>> {
  private final Type<T> element;
  private final int min;
  private final String expected;

  /**
   * @param min 0 or 1 elements at least
   */
  ListType(Type<T> element, int min) {
    this.element = element;
    this.min = min;
    this.expected =
        isOfTexts()
            ? element.expected() + ", or a list of such"
            : "a list, each " + element.expected();
  }

  private boolean isOfTexts() {
    return element instanceof ScalarType;
  }

  Type<T> element() {
    return element;
  }

  @Override
  public @Nullable List<T> read(Node node, Place place) {
    if (isOfTexts() && node instanceof ScalarNode) {
      T only = element.read(node, place);
      return only == null ? null : List.of(only);
    }
    if (node instanceof MappingNode || node instanceof ScalarNode) {
      place.problem(place.shown(node), expected);
      return null;
    }
    List<T> elements = new ArrayList<>();
    int index = 0;
    for (Node one : ((SequenceNode) node).getValue()) {
      T value = element.read(one, place.element(index++, one.getStartMark()));
      elements.add(value == null ? element.standIn() : value);
    }
    if (elements.size() < min) {
      place.problem("an empty list", expected);
      return null;
    }
    return List.copyOf(elements);
  }

  @Override
  public List<T> standIn() {
    return List.of();
  }

  @Override
  public String expected() {
    return expected;
  }

  @Override
  public boolean mayBeEmpty() {
    return min == 0;
  }

  @Override
  public Map<String, Object> schema() {
    Map<String, Object> list = new LinkedHashMap<>();
    list.put("type", mayBeEmpty() ? List.of("array", "null") : "array");
    list.put("items", element.schema());
    if (min > 0) {
      list.put("minItems", min);
    }
    return isOfTexts() ? Map.of("anyOf", List.of(element.schema(), list)) : list;
  }

  @Override
  public Object written(List<T> value) {
    return value.stream().map(element::written).toList();
  }
}

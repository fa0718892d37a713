// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.config;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** One of a few words. */
final class ChoiceType<T> extends ScalarType<T> {
  private final Map<String, T> values = new LinkedHashMap<>();
  private final Function<T, String> word;

  /**
   * @param word how a value is written
   */
  ChoiceType(List<T> values, Function<T, String> word) {
    super(said(values.stream().map(word).toList()));
    this.word = word;
    values.forEach(value -> this.values.put(word.apply(value), value));
  }

  private static String said(List<String> words) {
    return words.size() == 1 ? words.getFirst() : "one of " + String.join(", ", words);
  }

  @Override
  @Nullable T parse(String text, Place place) {
    T value = values.get(text);
    return value != null ? value : refuse(place.shown(text), place);
  }

  @Override
  public T standIn() {
    return values.values().iterator().next();
  }

  @Override
  public Map<String, Object> schema() {
    return Map.of("enum", List.copyOf(values.keySet()));
  }

  @Override
  public Object written(T value) {
    return word.apply(value);
  }
}

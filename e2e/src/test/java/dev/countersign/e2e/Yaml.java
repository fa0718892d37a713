// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.e2e;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** A YAML document to ask questions of; what is not there is empty. */
final class Yaml {
  private final @Nullable Object node;

  private Yaml(@Nullable Object node) {
    this.node = node;
  }

  static Yaml read(Path file) throws IOException {
    return new Yaml(
        new org.yaml.snakeyaml.Yaml(new SafeConstructor(new LoaderOptions()))
            .load(Files.readString(file)));
  }

  /** What lies at the end of a path of keys. */
  Yaml at(String... path) {
    @Nullable Object at = node;
    for (String key : path) {
      at = at instanceof Map<?, ?> map ? map.get(key) : null;
    }
    return new Yaml(at);
  }

  boolean isThere() {
    return node != null;
  }

  String text() {
    return String.valueOf(node);
  }

  /** The keys of a map, or the texts of a list. */
  Set<String> names() {
    Set<String> names = new TreeSet<>();
    if (node instanceof Map<?, ?> map) {
      map.keySet().forEach(key -> names.add(String.valueOf(key)));
    }
    names.addAll(texts());
    return names;
  }

  /** The texts of a list, in order. */
  List<String> texts() {
    return items().stream().map(Yaml::text).toList();
  }

  /** The items of a list. */
  List<Yaml> items() {
    List<Yaml> items = new ArrayList<>();
    if (node instanceof List<?> list) {
      list.forEach(item -> items.add(new Yaml(item)));
    }
    return items;
  }

  @Override
  public String toString() {
    return text();
  }
}

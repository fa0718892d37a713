// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.config;

import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.SequenceNode;

/**
 * What one mapping of the file says for its declared keys. All of them are read, and all that is
 * wrong is noted, before the first is asked for.
 */
final class Section {
  private static final int NAME_CHARS_MAX = 64;

  private final Keys keys;
  private final Place place;
  private final Map<String, Node> nodes = new HashMap<>();
  private final Map<String, Object> values = new HashMap<>();

  private Section(Keys keys, Place place) {
    this.keys = keys;
    this.place = place;
  }

  /** Reads a mapping. */
  static Section read(MappingNode mapping, Keys keys, Place place) {
    Section section = new Section(keys, place);
    for (Entry entry : Entry.of(mapping, place)) {
      if (keys.names().contains(entry.name())) {
        section.nodes.put(entry.name(), entry.value());
      } else {
        place
            .key(entry.name(), entry.key().getStartMark())
            .problem("an unknown key", section.nearest(entry.name()));
      }
    }
    keys.all().forEach(section::take);
    return section;
  }

  /** A section that is not in the file. */
  static Section absent(Keys keys, Place place) {
    Section section = new Section(keys, place);
    keys.all().forEach(section::take);
    return section;
  }

  /** A section in whose place is something else, which was noted. */
  static Section unread(Keys keys, Place place) {
    Section section = new Section(keys, place);
    for (Key<?> key : keys.all()) {
      if (key.type() instanceof SectionType below) {
        section.values.put(key.name(), unread(below.keys(), place.key(key)));
      }
    }
    return section;
  }

  private <T> void take(Key<T> key) {
    Node node = nodes.get(key.name());
    T value;
    if (node != null && !(Place.isEmpty(node) && key.type().mayBeEmpty())) {
      value = key.type().read(node, place(key));
    } else {
      if (key.required()) {
        place(key).problem("nothing", key.type().expected());
      }
      value = key.otherwise() != null ? key.otherwise() : key.type().absent(place(key));
    }
    if (value != null) {
      values.put(key.name(), value);
    }
    if (key.fixed() && (value != null || node == null)) {
      place
          .reading()
          .fixed(place(key), value == null ? "nothing" : key.type().written(value).toString());
    }
  }

  private String nearest(String name) {
    return keys.names().stream()
        .filter(
            known ->
                name.length() <= NAME_CHARS_MAX && distance(known, name) <= (name.length() + 2) / 3)
        .min(Comparator.comparingInt(known -> distance(known, name)))
        .map(known -> "perhaps \"" + known + "\"")
        .orElse("one of " + String.join(", ", keys.names()));
  }

  /** Levenshtein distance. */
  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int above = row[j];
        int change = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
        row[j] = Math.min(Math.min(row[j] + 1, row[j - 1] + 1), diagonal + change);
        diagonal = above;
      }
    }
    return row[b.length()];
  }

  /** A key's value, its default, or a stand-in after a problem. */
  <T> T get(Key<T> key) {
    T value = find(key);
    return value != null ? value : key.type().standIn();
  }

  /** A key's value or its default; null when it is not there or not right. */
  // A value was put under its key's name by take, so it has its key's type.
  @SuppressWarnings("unchecked")
  <T> @Nullable T find(Key<T> key) {
    if (!keys.all().contains(key)) {
      throw new IllegalStateException("not a key of this section: " + key.name());
    }
    return (T) values.get(key.name());
  }

  /** Whether the file says anything for a key, right or wrong. */
  boolean has(Key<?> key) {
    return nodes.containsKey(key.name());
  }

  /** Where the section is. */
  Place place() {
    return place;
  }

  /** Where a key's value is; where the section is when there is none. */
  Place place(Key<?> key) {
    Node node = nodes.get(key.name());
    return node == null ? place.key(key) : place.key(key, node.getStartMark());
  }

  /** Where an element of a key's list is, or its only value. */
  Place place(Key<?> key, int index) {
    return nodes.get(key.name()) instanceof SequenceNode list && index < list.getValue().size()
        ? place(key).element(index, list.getValue().get(index).getStartMark())
        : place(key);
  }
}

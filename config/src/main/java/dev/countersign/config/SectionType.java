// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.config;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;

/** A mapping of declared keys. */
final class SectionType implements Type<Section> {
  private final Keys keys;
  private final boolean always;

  private SectionType(Keys keys, boolean always) {
    this.keys = keys;
    this.always = always;
  }

  /** A section that has its defaults when it is not there. */
  static SectionType always(Keys keys) {
    return new SectionType(keys, true);
  }

  /** A section whose absence means something. */
  static SectionType ifThere(Keys keys) {
    return new SectionType(keys, false);
  }

  Keys keys() {
    return keys;
  }

  @Override
  public Section read(Node node, Place place) {
    if (node instanceof MappingNode mapping) {
      return Section.read(mapping, keys, place);
    }
    place.problem(place.shown(node), expected());
    return Section.unread(keys, place);
  }

  @Override
  public @Nullable Section absent(Place place) {
    return always ? Section.absent(keys, place) : null;
  }

  @Override
  public Section standIn() {
    throw new IllegalStateException("a section is always read");
  }

  @Override
  public String expected() {
    return "a mapping of " + String.join(", ", keys.names());
  }

  @Override
  public boolean mayBeEmpty() {
    return always;
  }

  /** Whether something in it has to be there, and with it the section. */
  boolean isNeeded() {
    return always && keys.all().stream().anyMatch(SectionType::isNeeded);
  }

  /** Whether a key has to be there. */
  static boolean isNeeded(Key<?> key) {
    return key.required() || (key.type() instanceof SectionType section && section.isNeeded());
  }

  @Override
  public Map<String, Object> schema() {
    Map<String, Object> properties = new LinkedHashMap<>();
    keys.all().forEach(key -> properties.put(key.name(), property(key)));
    Map<String, Object> schema = new LinkedHashMap<>();
    schema.put("type", always && !isNeeded() ? List.of("object", "null") : "object");
    schema.put("properties", properties);
    List<String> needed =
        keys.all().stream().filter(SectionType::isNeeded).<String>map(Key::name).toList();
    if (!needed.isEmpty()) {
      schema.put("required", needed);
    }
    schema.put("additionalProperties", false);
    return schema;
  }

  private static <T> Map<String, Object> property(Key<T> key) {
    Map<String, Object> property = new LinkedHashMap<>();
    property.put("description", key.meaning());
    property.putAll(key.type().schema());
    T otherwise = key.otherwise();
    if (otherwise != null) {
      property.put("default", key.type().written(otherwise));
    }
    return property;
  }
}

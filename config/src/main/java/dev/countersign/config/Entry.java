// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.config;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;

/**
 * One key and its value in a mapping of the file.
 *
 * @param name the key's text
 * @param key where it is
 */
record Entry(String name, Node key, Node value) {
  /** The entries of a mapping, each name once; further ones are noted as problems. */
  static List<Entry> of(MappingNode mapping, Place place) {
    Map<String, Entry> entries = new LinkedHashMap<>();
    for (NodeTuple tuple : mapping.getValue()) {
      Node key = tuple.getKeyNode();
      if (!(key instanceof ScalarNode scalar)) {
        place.at(key.getStartMark()).problem("a key that is no text", "a name");
        continue;
      }
      Entry entry = new Entry(scalar.getValue(), key, tuple.getValueNode());
      Entry first = entries.putIfAbsent(entry.name(), entry);
      if (first != null) {
        place
            .key(entry.name(), key.getStartMark())
            .problem(
                "the key a second time",
                "each key once (first on line " + (first.key.getStartMark().getLine() + 1) + ")");
      }
    }
    return List.copyOf(entries.values());
  }
}

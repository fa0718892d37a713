// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.policy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Globs as data that the shipped policy can look up without trying each: exact texts in a map,
 * others under their literal prefix together with the lengths that occur.
 */
final class PatternIndex {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private final TreeMap<String, ArrayNode> exact = new TreeMap<>();
  private final TreeMap<String, ArrayNode> prefixes = new TreeMap<>();
  private final TreeSet<Integer> lengths = new TreeSet<>();

  /** Adds what a text that matches the glob shall hit. */
  void add(String glob, JsonNode hit) {
    int star = glob.indexOf('*');
    if (star < 0) {
      exact.computeIfAbsent(glob, key -> JSON.arrayNode()).add(hit);
      return;
    }
    String prefix = glob.substring(0, star);
    String rest = glob.substring(star);
    ObjectNode candidate = JSON.objectNode();
    switch (rest) {
      case "*" -> candidate.put("rest", "segment");
      case "**" -> candidate.put("rest", "any");
      default -> candidate.put("rest", "regex").put("regex", regex(rest));
    }
    candidate.set("hit", hit);
    lengths.add(prefix.codePointCount(0, prefix.length()));
    prefixes.computeIfAbsent(prefix, key -> JSON.arrayNode()).add(candidate);
  }

  JsonNode json() {
    ObjectNode index = JSON.objectNode();
    index.set("exact", object(exact));
    ArrayNode sizes = index.putArray("lengths");
    lengths.forEach(sizes::add);
    index.set("prefixes", object(prefixes));
    return index;
  }

  private static ObjectNode object(Map<String, ArrayNode> map) {
    ObjectNode object = JSON.objectNode();
    map.forEach(object::set);
    return object;
  }

  /** The rest of a glob in the syntax that RE2 and Java share, anchored at both ends. */
  static String regex(String rest) {
    StringBuilder regex = new StringBuilder("^(?s:");
    int at = 0;
    while (at < rest.length()) {
      char c = rest.charAt(at);
      if (rest.startsWith("**", at)) {
        regex.append(".*");
        at += 2;
      } else if (c == '*') {
        regex.append("[^/:]*");
        at++;
      } else {
        boolean word = Character.isLetterOrDigit(c) || c == '_' || c > 0x7f;
        regex.append(word ? "" : "\\").append(c);
        at++;
      }
    }
    return regex.append(")$").toString();
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.policy;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Globs as data that {@code patterns.rego} searches by look-up: each under what stands before its
 * first star, or under all of it when it has none; those with something after a star then under
 * what stands after their last. Beside each map stands which lengths its keys have, so a search
 * cuts the text once for each length, however many patterns there are.
 */
final class PatternIndex {
  /** The length of a pattern without a star: all of the text, whatever its length. */
  private static final int WHOLE = -1;

  private static final int PREFIX_LENGTHS_MAX = 128;
  private static final int SUFFIX_LENGTHS_MAX = 32;
  private static final int CANDIDATES_MAX = 32;
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private final NavigableMap<String, Prefix> prefixes = new TreeMap<>();
  private final NavigableSet<Integer> lengths = new TreeSet<>();

  /** The patterns that begin alike, each with what it hits. */
  private static final class Prefix {
    /** Those that end there, or with a star. */
    private final NavigableMap<String, NavigableSet<Integer>> plain = new TreeMap<>();

    /** The others, by what stands after their last star. */
    private final NavigableMap<String, NavigableMap<String, NavigableSet<Integer>>> inner =
        new TreeMap<>();
  }

  /** Adds what a text that matches the pattern hits. */
  void add(String pattern, int hit) {
    Glob glob = Glob.parse(pattern);
    lengths.add(glob.isExact() ? WHOLE : length(glob.prefix()));
    Prefix prefix = prefixes.computeIfAbsent(glob.prefix(), key -> new Prefix());
    NavigableMap<String, NavigableSet<Integer>> alike =
        glob.isExact() || glob.isPrefix()
            ? prefix.plain
            : prefix.inner.computeIfAbsent(glob.suffix(), key -> new TreeMap<>());
    alike.computeIfAbsent(pattern, key -> new TreeSet<>()).add(hit);
  }

  /** Why a search could become slow, in words; empty when it cannot. */
  List<String> problems() {
    List<String> problems = new ArrayList<>();
    if (lengths.size() > PREFIX_LENGTHS_MAX) {
      problems.add(
          "patterns have over "
              + PREFIX_LENGTHS_MAX
              + " different lengths of what stands before their first star");
    }
    prefixes.forEach(
        (text, prefix) -> {
          if (lengths(prefix.inner.keySet()).size() > SUFFIX_LENGTHS_MAX) {
            problems.add(
                "patterns have over "
                    + SUFFIX_LENGTHS_MAX
                    + " different lengths of what stands after their last star, and all begin with "
                    + Texts.quoted(text));
          }
          for (NavigableMap<String, ?> alike : prefix.inner.values()) {
            if (alike.size() > CANDIDATES_MAX) {
              problems.add(
                  "over "
                      + CANDIDATES_MAX
                      + " patterns differ only between their first and last star, such as "
                      + Texts.quoted(alike.firstKey()));
            }
          }
        });
    return problems;
  }

  ObjectNode json() {
    ObjectNode index = JSON.objectNode();
    index.set("lengths", numbers(lengths));
    ObjectNode texts = index.putObject("texts");
    prefixes.forEach((text, prefix) -> texts.set(text, candidates(text, prefix)));
    return index;
  }

  private static ArrayNode candidates(String text, Prefix prefix) {
    ArrayNode candidates = JSON.arrayNode();
    prefix.plain.forEach(
        (pattern, hits) -> {
          Glob glob = Glob.parse(pattern);
          candidates
              .addObject()
              .put("gap", glob.isExact() ? "none" : glob.gaps().getFirst().wire())
              .put("length", length(text))
              .set("hits", numbers(hits));
        });
    if (!prefix.inner.isEmpty()) {
      ObjectNode inner = candidates.addObject().put("gap", "inner").put("length", length(text));
      inner.set("lengths", numbers(lengths(prefix.inner.keySet())));
      ObjectNode texts = inner.putObject("texts");
      prefix.inner.forEach(
          (suffix, alike) -> {
            ArrayNode patterns = texts.putArray(suffix);
            alike.forEach(
                (pattern, hits) ->
                    patterns.add(inner(Glob.parse(pattern)).set("hits", numbers(hits))));
          });
    }
    return candidates;
  }

  /**
   * The stars of a pattern and what stands between them. The pieces before the star that takes what
   * is left are searched from the left; those after it, turned round, from the right.
   */
  private static ObjectNode inner(Glob glob) {
    int stars = glob.gaps().size();
    int rest = glob.gaps().lastIndexOf(Glob.Gap.ANY);
    if (rest < 0) {
      rest = stars - 1;
    }
    ObjectNode inner = JSON.objectNode().put("gap", glob.gaps().get(rest).wire());
    if (stars > 1) {
      ArrayNode left = inner.putArray("left");
      for (int i = 0; i < rest; i++) {
        left.add(piece(glob.gaps().get(i), glob.pieces().get(i + 1)));
      }
      ArrayNode right = inner.putArray("right");
      for (int i = stars - 1; i > rest; i--) {
        String turned = new StringBuilder(glob.pieces().get(i)).reverse().toString();
        right.add(piece(glob.gaps().get(i), turned));
      }
    }
    return inner;
  }

  private static ObjectNode piece(Glob.Gap gap, String text) {
    return JSON.objectNode().put("gap", gap.wire()).put("text", text).put("length", length(text));
  }

  private static NavigableSet<Integer> lengths(Collection<String> texts) {
    NavigableSet<Integer> lengths = new TreeSet<>();
    texts.forEach(text -> lengths.add(length(text)));
    return lengths;
  }

  /** In characters as Rego counts them. */
  private static int length(String text) {
    return text.codePointCount(0, text.length());
  }

  private static ArrayNode numbers(Collection<Integer> numbers) {
    ArrayNode array = JSON.arrayNode();
    numbers.forEach(array::add);
    return array;
  }
}

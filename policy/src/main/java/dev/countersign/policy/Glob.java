// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.policy;

import java.util.ArrayList;
import java.util.List;

/**
 * A pattern over a whole text, case-sensitive: {@code *} stands for anything up to the next slash
 * or colon, {@code **} for anything at all; nothing else is special.
 *
 * <p>Only what can be matched in one pass over the text is admitted, so that neither a pattern nor
 * a text can make the policy slow: between two {@code **} there is no {@code *}.
 *
 * @param pieces the literal texts, one more than there are stars; only the first and the last can
 *     be empty
 * @param gaps the stars between them
 */
record Glob(List<String> pieces, List<Gap> gaps) {
  static final int CHARS_MAX = 1024;
  static final int STARS_MAX = 5;

  /** A star. */
  enum Gap {
    /** One: up to the next separator. */
    SEGMENT("segment"),
    /** Two: anything. */
    ANY("any");

    private final String wire;

    Gap(String wire) {
      this.wire = wire;
    }

    /** The word in the policy's data. */
    String wire() {
      return wire;
    }
  }

  /** What is wrong with a pattern, in words; empty when nothing is. */
  static List<String> problems(String text) {
    if (text.isEmpty()) {
      return List.of("a pattern is empty");
    }
    if (text.length() > CHARS_MAX || !Texts.isPlain(text)) {
      return List.of(
          "a pattern has control characters or is over "
              + CHARS_MAX
              + " characters: "
              + Texts.quoted(text));
    }
    if (text.contains("***")) {
      return List.of("a pattern has three stars in a row: " + Texts.quoted(text));
    }
    List<Gap> gaps = parse(text).gaps();
    if (gaps.size() > STARS_MAX) {
      return List.of("a pattern has over " + STARS_MAX + " stars: " + Texts.quoted(text));
    }
    int first = gaps.indexOf(Gap.ANY);
    int last = gaps.lastIndexOf(Gap.ANY);
    if (first >= 0 && gaps.subList(first, last).contains(Gap.SEGMENT)) {
      return List.of("a pattern has a * between two **, make it ** too: " + Texts.quoted(text));
    }
    return List.of();
  }

  static Glob parse(String text) {
    List<String> pieces = new ArrayList<>();
    List<Gap> gaps = new ArrayList<>();
    int from = 0;
    int star = text.indexOf('*');
    while (star >= 0) {
      pieces.add(text.substring(from, star));
      boolean any = text.startsWith("**", star);
      gaps.add(any ? Gap.ANY : Gap.SEGMENT);
      from = star + (any ? 2 : 1);
      star = text.indexOf('*', from);
    }
    pieces.add(text.substring(from));
    return new Glob(List.copyOf(pieces), List.copyOf(gaps));
  }

  boolean isExact() {
    return gaps.isEmpty();
  }

  /** Whether its only star is at the end. */
  boolean isPrefix() {
    return gaps.size() == 1 && suffix().isEmpty();
  }

  /** What a matching text begins with. */
  String prefix() {
    return pieces.getFirst();
  }

  /** What a matching text ends with, if there is a star. */
  String suffix() {
    return pieces.getLast();
  }
}

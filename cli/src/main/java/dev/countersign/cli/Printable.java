// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

/**
 * Text of callers and servers made fit for a terminal: what would move the cursor, change colours
 * or the order of characters, or not be seen at all, is written as an escape instead.
 */
final class Printable {
  private Printable() {}

  /** One line; escapes are those of JSON, so JSON text stays JSON of the same meaning. */
  static String line(String text) {
    return escaped(text, false);
  }

  /** As {@link #line}, for text that is to have several lines. */
  static String lines(String text) {
    return escaped(text, true);
  }

  private static String escaped(String text, boolean keepLineFeeds) {
    StringBuilder safe = new StringBuilder(text.length());
    text.codePoints()
        .forEach(
            c -> {
              if (isVisible(c) || (keepLineFeeds && c == '\n')) {
                safe.appendCodePoint(c);
              } else {
                for (char half : Character.toChars(c)) {
                  safe.append(String.format("\\u%04x", (int) half));
                }
              }
            });
    return safe.toString();
  }

  private static boolean isVisible(int c) {
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.PRIVATE_USE,
          Character.SURROGATE,
          Character.UNASSIGNED ->
          false;
      case Character.SPACE_SEPARATOR -> c == ' ';
      default -> true;
    };
  }
}

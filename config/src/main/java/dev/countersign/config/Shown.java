// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.config;

import java.util.Locale;
import java.util.regex.Pattern;

/** How text from a file is shown in problems: quoted, bounded, harmless, and never if it may be a secret. */
final class Shown {
  private static final int CHARS_MAX = 80;
  private static final String HIDDEN = "a value that looks like a secret and is not shown";

  /** Starts of well-known tokens and keys. */
  private static final Pattern KNOWN_SECRET =
      Pattern.compile(
          "(?i)(^|[^a-z0-9])(sk-|pk-|gh[oprsu]_|github_pat_|glpat-|xox[a-z]-|hvs\\.|npm_|akia|asia|aiza|eyj)"
              + "[a-z0-9_.-]{8,}|-----begin|(^|\\s)(bearer|basic)\\s+\\S{8,}");

  /** A long run of letters and digits in both cases, as random keys are. */
  private static final Pattern RANDOM =
      Pattern.compile("(?=[^A-Z]*[A-Z])(?=[^a-z]*[a-z])(?=[^0-9]*[0-9])[A-Za-z0-9+/_=-]{24,}");

  private static final Pattern PLAIN_KEY = Pattern.compile("[A-Za-z0-9_-]{1,64}");

  private Shown() {}

  /** The text in quotes, or words in its stead. */
  static String quoted(String text) {
    return looksSecret(text) ? HIDDEN : "\"" + printable(text) + "\"";
  }

  /** The key path one step further down. */
  static String child(String path, String key) {
    String shown = key;
    if (looksSecret(key)) {
      shown = "\"…\"";
    } else if (!PLAIN_KEY.matcher(key).matches()) {
      shown = "\"" + printable(key) + "\"";
    }
    return path.isEmpty() ? shown : path + "." + shown;
  }

  /** The path of a list's element. */
  static String element(String path, int index) {
    return path + "[" + index + "]";
  }

  static boolean looksSecret(String text) {
    return KNOWN_SECRET.matcher(text).find() || RANDOM.matcher(text).matches();
  }

  /** Without control, format and quote characters, and cut. */
  static String printable(String text) {
    StringBuilder shown = new StringBuilder();
    int at = 0;
    while (at < text.length() && shown.length() < CHARS_MAX) {
      int c = text.codePointAt(at);
      at += Character.charCount(c);
      if (c == '"' || c == '\\') {
        shown.append('\\').appendCodePoint(c);
      } else if (unprintable(c)) {
        shown.append(String.format(Locale.ROOT, "\\u{%x}", c));
      } else {
        shown.appendCodePoint(c);
      }
    }
    return at < text.length() ? shown.append('…').toString() : shown.toString();
  }

  private static boolean unprintable(int c) {
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.UNASSIGNED,
          Character.PRIVATE_USE ->
          true;
      default -> false;
    };
  }
}

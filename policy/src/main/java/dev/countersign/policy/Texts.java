// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.policy;

/** What may stand in a name, a pattern or a message. */
final class Texts {
  private static final int QUOTED_CHARS_MAX = 80;

  private Texts() {}

  /** Whether a text has neither control characters (C0, DEL, C1) nor halves of characters. */
  static boolean isPlain(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (isControl(c)) {
        return false;
      }
      if (Character.isSurrogate(c)) {
        if (!Character.isHighSurrogate(c)
            || i + 1 == text.length()
            || !Character.isLowSurrogate(text.charAt(i + 1))) {
          return false;
        }
        i++;
      }
    }
    return true;
  }

  private static boolean isControl(char c) {
    return c < 0x20 || (c >= 0x7f && c < 0xa0);
  }

  /** A text from outside as a message may show it: quoted, without control characters, short. */
  static String quoted(String text) {
    StringBuilder quoted = new StringBuilder("\"");
    for (int i = 0; i < text.length() && i < QUOTED_CHARS_MAX; i++) {
      char c = text.charAt(i);
      quoted.append(isControl(c) || Character.isSurrogate(c) ? '?' : c);
    }
    return quoted.append(text.length() > QUOTED_CHARS_MAX ? "…\"" : "\"").toString();
  }
}

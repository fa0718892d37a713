// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

/** What names and values of HTTP/2 field lines may hold (RFC 9113 section 8.2.1). */
final class Http2Fields {
  private static final String TOKEN_MARKS = "!#$%&'*+-.^_`|~";

  private Http2Fields() {}

  /** A token without upper-case letters. */
  static boolean nameIsValid(String name) {
    return isToken(name) && name.chars().noneMatch(c -> c >= 'A' && c <= 'Z');
  }

  /** RFC 9110 section 5.6.2. */
  static boolean isToken(String text) {
    return !text.isEmpty()
        && text.chars()
            .allMatch(
                c ->
                    (c >= 'a' && c <= 'z')
                        || (c >= 'A' && c <= 'Z')
                        || (c >= '0' && c <= '9')
                        || TOKEN_MARKS.indexOf(c) >= 0);
  }

  /** No control characters but tabs, as in HTTP/1.1, and no white space around it. */
  static boolean valueIsValid(String value) {
    return value.chars().allMatch(c -> (c >= ' ' && c != 0x7f) || c == '\t')
        && (value.isEmpty()
            || (!isBlank(value.charAt(0)) && !isBlank(value.charAt(value.length() - 1))));
  }

  /** Something, of visible ASCII. */
  static boolean isVisible(String text) {
    return !text.isEmpty() && text.chars().allMatch(c -> c > ' ' && c < 0x7f);
  }

  static boolean isDigits(String text, int most) {
    return !text.isEmpty()
        && text.length() <= most
        && text.chars().allMatch(c -> c >= '0' && c <= '9');
  }

  private static boolean isBlank(char c) {
    return c == ' ' || c == '\t';
  }
}

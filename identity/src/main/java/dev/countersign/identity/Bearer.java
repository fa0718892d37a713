// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.identity;

/**
 * Reads an {@code Authorization} value: the scheme {@code Bearer} in any case, one run of spaces,
 * one token68 (RFC 6750 section 2.1, RFC 9110 section 11.2). Nothing else is repaired or skipped.
 */
final class Bearer {
  private static final String SCHEME = "Bearer";

  // A table, because comparing character by character costs more than the digest that follows.
  private static final boolean[] TOKEN68 =
      table("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/");

  private Bearer() {}

  /**
   * Where the token begins, if what follows is one: {@link #token} has to be asked, but for a value
   * that was a token before.
   */
  static int start(String authorization, int tokenBytesMax) throws RejectedException {
    int schemeEnd = authorization.indexOf(' ');
    int start = schemeEnd < 0 ? authorization.length() : schemeEnd;
    if (start != SCHEME.length() || !authorization.regionMatches(true, 0, SCHEME, 0, start)) {
      if (start == 0) {
        throw RejectedException.malformed("the credential has no scheme");
      }
      throw new RejectedException(
          RejectReason.UNSUPPORTED_SCHEME, "the credential is not a bearer token");
    }
    while (start < authorization.length() && authorization.charAt(start) == ' ') {
      start++;
    }
    if (authorization.length() - start > tokenBytesMax) {
      throw new RejectedException(RejectReason.TOO_LARGE, "the token is over the size limit");
    }
    return start;
  }

  static String token(String authorization, int start) throws RejectedException {
    if (!isToken68(authorization, start)) {
      throw RejectedException.malformed("the credential is not one token");
    }
    return authorization.substring(start);
  }

  private static boolean isToken68(String text, int start) {
    int at = start;
    while (at < text.length() && isToken68(text.charAt(at))) {
      at++;
    }
    boolean some = at > start;
    while (at < text.length() && text.charAt(at) == '=') {
      at++;
    }
    return some && at == text.length();
  }

  private static boolean isToken68(char c) {
    return c < TOKEN68.length && TOKEN68[c];
  }

  private static boolean[] table(String characters) {
    boolean[] table = new boolean[128];
    characters.chars().forEach(c -> table[c] = true);
    return table;
  }
}

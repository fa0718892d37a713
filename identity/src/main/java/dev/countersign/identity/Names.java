// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.identity;

/** What may name a caller, and how callers are named. */
final class Names {
  private static final int TRUST_DOMAIN_CHARS_MAX = 255;
  private static final String SPIFFE = "spiffe://";

  private Names() {}

  /**
   * The id of a subject: its SPIFFE ID only when the issuer's entry lets it speak for that trust
   * domain, else {@code oidc:alias:subject}, so that no issuer can pass its names off as another's.
   */
  static String callerId(IssuerSettings issuer, String subject) {
    return speaksFor(issuer, subject) ? subject : "oidc:" + issuer.name() + ':' + subject;
  }

  /** Whether a subject is a SPIFFE ID of the trust domain its issuer may speak for. */
  static boolean speaksFor(IssuerSettings issuer, String subject) {
    String trustDomain = issuer.trustDomain();
    return trustDomain != null && isSpiffeIdOf(subject, trustDomain);
  }

  /** SPIFFE-ID section 2.1. */
  static boolean isTrustDomain(String text) {
    return !text.isEmpty()
        && text.length() <= TRUST_DOMAIN_CHARS_MAX
        && text.chars().allMatch(c -> isLower(c) || isDigit(c) || c == '.' || c == '-' || c == '_');
  }

  /** SPIFFE-ID sections 2.2 and 2.3: a path of segments, none of them empty or a relative step. */
  private static boolean isSpiffeIdOf(String subject, String trustDomain) {
    String start = SPIFFE + trustDomain + '/';
    if (!subject.startsWith(start)) {
      return false;
    }
    for (String segment : subject.substring(start.length()).split("/", -1)) {
      if (segment.isEmpty()
          || segment.equals(".")
          || segment.equals("..")
          || !segment.chars().allMatch(Names::isSegmentChar)) {
        return false;
      }
    }
    return true;
  }

  /**
   * Whether a person reading the text in a log or console sees what it is: no control or format
   * characters (which hide or reorder), no line breaks, no halves of surrogate pairs, not blank.
   */
  static boolean isPrintable(String text) {
    return !text.isBlank()
        && text.codePoints()
            .noneMatch(
                c ->
                    switch (Character.getType(c)) {
                      case Character.CONTROL,
                          Character.FORMAT,
                          Character.SURROGATE,
                          Character.LINE_SEPARATOR,
                          Character.PARAGRAPH_SEPARATOR,
                          Character.UNASSIGNED ->
                          true;
                      default -> false;
                    });
  }

  /** RFC 6749 section 3.3, scope-token. */
  static boolean isScope(String text) {
    return !text.isEmpty() && text.chars().allMatch(c -> c > 0x20 && isQuotable(c));
  }

  /** What RFC 6750 section 3 lets stand between the quotes of a challenge's parameters. */
  static boolean isQuotable(int c) {
    return c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
  }

  private static boolean isSegmentChar(int c) {
    return isLower(c) || (c >= 'A' && c <= 'Z') || isDigit(c) || c == '.' || c == '-' || c == '_';
  }

  private static boolean isLower(int c) {
    return c >= 'a' && c <= 'z';
  }

  private static boolean isDigit(int c) {
    return c >= '0' && c <= '9';
  }
}

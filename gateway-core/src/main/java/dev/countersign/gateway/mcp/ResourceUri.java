// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.mcp;

import java.util.Locale;

/**
 * Which resource URIs are taken: only those that are their own normal form (RFC 3986 section 6.2.2)
 * in scheme, authority and path. Policy compares URIs as texts, so two spellings of one resource
 * would be two resources to policy and one to a server that normalizes.
 */
public final class ResourceUri {
  private ResourceUri() {}

  /**
   * Whether the text is a URI with one spelling only. What comes after {@code ?} is not normalized
   * by anyone and is compared as text; there is no fragment, which names no resource of its own.
   */
  public static boolean isNormal(String uri) {
    int colon = uri.indexOf(':');
    if (colon < 1 || !isScheme(uri, colon) || !uri.chars().allMatch(ResourceUri::mayStand)) {
      return false;
    }
    int query = uri.indexOf('?');
    String path = uri.substring(colon + 1, query < 0 ? uri.length() : query);
    if (path.startsWith("//")) {
      int slash = path.indexOf('/', 2);
      String authority = slash < 0 ? path.substring(2) : path.substring(2, slash);
      if (!authority.equals(authority.toLowerCase(Locale.ROOT))
          || (uri.startsWith("file:") && !authority.isEmpty())) {
        return false;
      }
      path = slash < 0 ? "" : path.substring(slash);
    }
    return query != uri.length() - 1 && escapesAreNormal(path) && segmentsAreNormal(path);
  }

  /** RFC 3986 appendix A, without {@code #}. */
  private static boolean mayStand(int c) {
    return c > ' ' && c < 0x7f && "\"<>\\^`{|}#".indexOf(c) < 0;
  }

  private static boolean isScheme(String uri, int colon) {
    for (int i = 0; i < colon; i++) {
      char c = uri.charAt(i);
      boolean letter = c >= 'a' && c <= 'z';
      if (!letter && (i == 0 || !((c >= '0' && c <= '9') || c == '+' || c == '-' || c == '.'))) {
        return false;
      }
    }
    return true;
  }

  private static boolean segmentsAreNormal(String path) {
    for (String segment : path.split("/", -1)) {
      if (segment.equals(".") || segment.equals("..")) {
        return false;
      }
    }
    return !path.contains("//") && path.indexOf('[') < 0 && path.indexOf(']') < 0;
  }

  /**
   * Every escape has upper-case digits and stands for what cannot stand in a path itself: not for a
   * character that may (RFC 3986 {@code pchar}), a slash, a backslash or a control character, and
   * not for the percent sign of a second escape.
   */
  private static boolean escapesAreNormal(String text) {
    for (int at = text.indexOf('%'); at >= 0; at = text.indexOf('%', at + 3)) {
      int high = at + 2 < text.length() ? hex(text.charAt(at + 1)) : -1;
      int low = high < 0 ? -1 : hex(text.charAt(at + 2));
      if (low < 0) {
        return false;
      }
      int octet = high * 16 + low;
      boolean twice = octet == '%' && at + 4 < text.length() && hex(text.charAt(at + 3)) >= 0;
      if (isPathCharacter(octet)
          || twice
          || octet < ' '
          || octet == 0x7f
          || octet == '/'
          || octet == '\\') {
        return false;
      }
    }
    return true;
  }

  private static boolean isPathCharacter(int c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || "-._~!$&'()*+,;=:@".indexOf(c) >= 0;
  }

  private static int hex(char c) {
    return c >= 'a' && c <= 'f' ? -1 : Character.digit(c, 16);
  }
}

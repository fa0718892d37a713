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
   * Whether the text is a URI with one spelling only; what comes after {@code ?} or {@code #} is
   * free.
   */
  public static boolean isNormal(String uri) {
    int colon = uri.indexOf(':');
    return colon > 0
        && isScheme(uri, colon)
        && uri.indexOf('\\') < 0
        && pathIsNormal(uri.substring(colon + 1));
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

  private static boolean pathIsNormal(String afterScheme) {
    int end = afterScheme.length();
    for (char c : new char[] {'?', '#'}) {
      int at = afterScheme.indexOf(c);
      end = at >= 0 ? Math.min(end, at) : end;
    }
    String path = afterScheme.substring(0, end);
    if (path.startsWith("//")) {
      int slash = path.indexOf('/', 2);
      String authority = slash < 0 ? path.substring(2) : path.substring(2, slash);
      if (!authority.equals(authority.toLowerCase(Locale.ROOT))) {
        return false;
      }
      path = slash < 0 ? "" : path.substring(slash);
    }
    if (!escapesAreNormal(afterScheme.substring(0, end))) {
      return false;
    }
    for (String segment : path.split("/", -1)) {
      if (segment.equals(".") || segment.equals("..")) {
        return false;
      }
    }
    return !path.contains("//");
  }

  /**
   * Every escape has upper-case digits and stands for what cannot stand there itself: not for a
   * letter, a digit, one of {@code -._~}, a slash, a backslash or a control character, and not for
   * the percent sign of a second escape.
   */
  private static boolean escapesAreNormal(String text) {
    for (int at = text.indexOf('%'); at >= 0; at = text.indexOf('%', at + 3)) {
      int high = at + 2 < text.length() ? hex(text.charAt(at + 1)) : -1;
      int low = high < 0 ? -1 : hex(text.charAt(at + 2));
      if (low < 0) {
        return false;
      }
      int octet = high * 16 + low;
      boolean unreserved =
          (octet >= 'a' && octet <= 'z')
              || (octet >= 'A' && octet <= 'Z')
              || (octet >= '0' && octet <= '9')
              || "-._~".indexOf(octet) >= 0;
      boolean twice = octet == '%' && at + 4 < text.length() && hex(text.charAt(at + 3)) >= 0;
      if (unreserved || twice || octet < ' ' || octet == 0x7f || octet == '/' || octet == '\\') {
        return false;
      }
    }
    return true;
  }

  private static int hex(char c) {
    return c >= 'a' && c <= 'f' ? -1 : Character.digit(c, 16);
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The rules about header names that hold for a request whatever version of HTTP it came in. */
final class HeadRules {
  /**
   * Headers that many stacks join or pick from when repeated; here they, and all whose names begin
   * with {@code mcp-}, come once or not at all.
   */
  private static final Set<String> SINGLE =
      Set.of(
          "host",
          "origin",
          "authorization",
          "proxy-authorization",
          "dpop",
          "content-type",
          "content-length",
          "content-encoding",
          "transfer-encoding",
          "expect",
          "last-event-id");

  private HeadRules() {}

  /** What is wrong with the names, in words for the peer, or null. */
  static @Nullable String repeatFault(List<Header> headers) {
    Map<String, String> seen = HashMap.newHashMap(headers.size());
    for (Header header : headers) {
      String name = header.name().toLowerCase(Locale.ROOT);
      String dashed = name.replace('_', '-');
      boolean single = SINGLE.contains(dashed) || dashed.startsWith("mcp-");
      String spelled = seen.putIfAbsent(dashed, name);
      if ((single && !name.equals(dashed)) || (spelled != null && !spelled.equals(name))) {
        return "a header's name differs from a known one only by an underscore";
      }
      if (single && spelled != null) {
        return "a header that may come once was repeated: \"" + name + "\"";
      }
    }
    return null;
  }

  /** Whether a target is a path, perhaps with a query, or the asterisk. */
  static boolean originForm(String target) {
    return (target.startsWith("/") || target.equals("*")) && target.indexOf('#') < 0;
  }
}

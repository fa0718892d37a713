// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.config;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** {@code federation}. */
final class FederationSection {
  static final Keys KEYS =
      new Keys(
          "Several servers behind one path: with this section clients also reach them together at"
              + " `/mcp`, where names begin with their server's, as in `files__read`. Tokens for it"
              + " are of an audience of its own.");

  private static final Key<List<String>> SERVERS =
      KEYS.add(
          Key.optional(
                  "servers",
                  new ListType<>(new TextType("a server's name", "[a-z][a-z0-9-]{0,31}"), 1),
                  "Which of the servers, in the order of lists.")
              .otherwise("all")
              .example("[files, github]"));

  private FederationSection() {}

  static List<String> build(@Nullable Section in, Set<String> servers) {
    if (in == null) {
      return List.of();
    }
    List<String> chosen = in.find(SERVERS);
    if (chosen == null) {
      return List.copyOf(servers);
    }
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < chosen.size(); i++) {
      String name = chosen.get(i);
      if (!servers.contains(name)) {
        in.place(SERVERS, i)
            .problem("the server " + Place.quoted(name), "one of " + String.join(", ", servers));
      } else if (!seen.add(name)) {
        in.place(SERVERS, i).problem(Place.quoted(name) + " a second time", "each once");
      }
    }
    return chosen;
  }
}

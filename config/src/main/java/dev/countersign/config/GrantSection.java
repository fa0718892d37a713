// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.config;

import dev.countersign.policy.Effect;
import dev.countersign.policy.Grant;
import dev.countersign.policy.Grants;
import java.util.List;
import java.util.Set;

/** One of {@code policy.grants}. */
final class GrantSection {
  static final Keys KEYS = new Keys("What some callers may do.");

  private static final Key<String> NAME =
      KEYS.add(
          Key.optional(
                  "name",
                  new TextType(
                      "a name of 1 to 128 characters",
                      "[^\\x00-\\x1f\\x7f-\\x9f\\s][^\\x00-\\x1f\\x7f-\\x9f]{0,127}"),
                  "Names the rule in decisions and records.")
              .otherwise("grant-0, grant-1, …")
              .example("research"));
  static final Key<List<String>> CALLER =
      KEYS.add(
          Key.required(
                  "caller",
                  new ListType<>(PatternType.callers(), 1),
                  "Who: patterns of callers' ids, such as `oidc:<issuer's name>:<subject>`.")
              .example("\"oidc:idp:*\""));
  static final Key<List<String>> ALLOW =
      KEYS.add(
          targets("allow", "What they may do, and what servers may ask of them.")
              .example("[\"files/read_*\"]"));
  static final Key<List<String>> APPROVE =
      KEYS.add(
          targets("approve", "What they may do once a person has approved it.")
              .example("[\"github/create_*\"]"));
  private static final Key<List<String>> DENY =
      KEYS.add(
          targets("deny", "What they may not do, whatever else allows it.")
              .example("[\"github/delete_*\"]"));
  private static final Key<List<String>> APPROVERS =
      KEYS.add(
          Key.defaulted(
                  "approvers",
                  new ListType<>(
                      new TextType(
                          "an approver of 1 to 1024 characters",
                          "[^\\x00-\\x1f\\x7f-\\x9f\\s][^\\x00-\\x1f\\x7f-\\x9f]{0,1023}"),
                      0),
                  List.of(),
                  "Who may approve. Required with `approve`, and only with it.")
              .example("[\"group:sec\"]"));
  private static final Key<List<Effect>> EFFECTS =
      KEYS.add(
          Key.defaulted(
                  "effects",
                  new ListType<>(ServerSection.EFFECT, 0),
                  List.of(),
                  "Limits `allow` and `approve` to tools that are labelled so.")
              .otherwise("any, and none")
              .example("[read]"));

  private GrantSection() {}

  private static Key<List<String>> targets(String name, String meaning) {
    return Key.defaulted(name, new ListType<>(PatternType.targets(), 0), List.of(), meaning);
  }

  static Grant build(Section in, int index, Set<String> servers) {
    String name = in.find(NAME);
    Grant grant =
        new Grant(
            name == null ? "grant-" + index : name,
            in.get(CALLER),
            in.get(ALLOW),
            in.get(APPROVE),
            in.get(DENY),
            in.get(APPROVERS),
            Set.copyOf(in.get(EFFECTS)),
            in.place().line());
    List.of(ALLOW, APPROVE, DENY).forEach(key -> knownServers(in, key, servers));
    parts(in);
    return grant;
  }

  /** What has to stand together; the schema cannot say it. */
  private static void parts(Section in) {
    boolean permits = in.has(ALLOW) || in.has(APPROVE);
    if (!permits && !in.has(DENY)) {
      in.place().problem("a grant of nothing", "allow, approve or deny");
    }
    if (in.has(APPROVE) && !in.has(APPROVERS)) {
      in.place(APPROVERS).problem("nothing", "who may approve");
    }
    if (in.has(APPROVERS) && !in.has(APPROVE)) {
      in.place(APPROVERS).problem("approvers without approve", "something to approve");
    }
    if (in.has(EFFECTS) && !permits) {
      in.place(EFFECTS).problem("effects of a deny", "allow or approve: a deny is not limited");
    }
  }

  private static void knownServers(Section in, Key<List<String>> key, Set<String> servers) {
    List<String> targets = in.get(key);
    for (int i = 0; i < targets.size(); i++) {
      String server = Grants.server(targets.get(i));
      if (server != null && !server.contains("*") && !servers.contains(server)) {
        in.place(key, i)
            .problem("the server " + Place.quoted(server), "one of " + String.join(", ", servers));
      }
    }
  }

  static void nameClash(Section in, String name) {
    in.place(NAME).problem(Place.quoted(name) + " a second time", "a name of its own");
  }
}

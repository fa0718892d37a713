// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.config;

import dev.countersign.policy.Grant;
import dev.countersign.policy.Grants;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** {@code policy}. */
final class PolicySection {
  static final Keys KEYS = new Keys("Who may do what. What no grant allows is refused.");

  private static final Key<String> ENGINE =
      KEYS.add(
          Key.defaulted(
              "engine",
              new ChoiceType<>(List.of("opa"), word -> word),
              "opa",
              "What decides: the shipped policy in the embedded OPA."));
  private static final Key<List<Section>> GRANTS =
      KEYS.add(
          Key.defaulted(
              "grants",
              new ListType<>(SectionType.ifThere(GrantSection.KEYS), 0),
              List.of(),
              "What callers may do; a deny wins over every allow, and the order says nothing."));

  private PolicySection() {}

  static List<Grant> build(Section in, Set<String> servers, Set<String> issuers) {
    in.get(ENGINE);
    List<Section> sections = in.get(GRANTS);
    List<Grant> grants = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (Section one : sections) {
      Grant grant = GrantSection.build(one, grants.size(), servers);
      if (!names.add(grant.name())) {
        GrantSection.nameClash(one, grant.name());
      }
      grants.add(grant);
    }
    // Of single grants everything has been said by now; this is about their sum.
    if (in.place().reading().problems().isEmpty()) {
      Grants.problems(grants)
          .forEach(problem -> in.place(GRANTS).problem(problem, "grants that can be compiled"));
      GrantWarnings.note(grants, sections, issuers);
      if (grants.isEmpty()) {
        in.place(GRANTS).warning("no grants", "at least one: every call is refused");
      }
    }
    return grants;
  }
}

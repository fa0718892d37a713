// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.config;

import dev.countersign.policy.Grant;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Grants that can be compiled and are still hardly meant so. */
final class GrantWarnings {
  /** Comparing every grant with every deny ends here; larger files are not looked through. */
  private static final long COMPARISONS_MAX = 4_000_000;

  private static final Pattern ISSUER = Pattern.compile("oidc:([^:*]+)(:|$)");

  private GrantWarnings() {}

  /**
   * @param sections where the grants are, in the same order
   * @param issuers names of issuers
   */
  static void note(List<Grant> grants, List<Section> sections, Set<String> issuers) {
    List<Grant> denies = grants.stream().filter(grant -> !grant.deny().isEmpty()).toList();
    long comparisons = (long) patterns(denies) * patterns(grants);
    for (int i = 0; i < grants.size(); i++) {
      Section section = sections.get(i);
      strangers(grants.get(i), section, issuers);
      for (Key<List<String>> key : List.of(GrantSection.ALLOW, GrantSection.APPROVE)) {
        everything(grants.get(i), section, key);
        if (comparisons <= COMPARISONS_MAX) {
          shadowed(grants.get(i), denies, section, key);
        }
      }
    }
  }

  private static int patterns(List<Grant> grants) {
    return grants.stream()
        .mapToInt(
            grant ->
                grant.callers().size()
                    + grant.allow().size()
                    + grant.approve().size()
                    + grant.deny().size())
        .sum();
  }

  /** Callers of an issuer that is not there, as far as its name has no stars. */
  private static void strangers(Grant grant, Section in, Set<String> issuers) {
    for (int i = 0; i < grant.callers().size(); i++) {
      Matcher named = ISSUER.matcher(grant.callers().get(i));
      if (named.lookingAt() && !issuers.contains(named.group(1))) {
        in.place(GrantSection.CALLER, i)
            .warning(
                "the issuer " + Place.quoted(named.group(1)),
                "one of " + String.join(", ", issuers) + ": this never matches");
      }
    }
  }

  private static void everything(Grant grant, Section in, Key<List<String>> key) {
    List<String> targets = in.get(key);
    for (int i = 0; i < targets.size(); i++) {
      if (grant.callers().contains("**") && targets.get(i).endsWith("/**")) {
        in.place(key, i).warning("everything of a server for every caller", "a narrower grant");
      }
    }
  }

  private static void shadowed(Grant grant, List<Grant> denies, Section in, Key<List<String>> key) {
    List<String> targets = in.get(key);
    for (int i = 0; i < targets.size(); i++) {
      String target = targets.get(i);
      for (Grant deny : denies) {
        if (coversAll(deny.callers(), grant.callers()) && coversAny(deny.deny(), target)) {
          in.place(key, i)
              .warning(
                  Place.quoted(target) + ", which " + Place.quoted(deny.name()) + " denies",
                  "a target that is not denied: this never matches");
          break;
        }
      }
    }
  }

  private static boolean coversAll(List<String> wide, List<String> narrow) {
    return narrow.stream().allMatch(pattern -> coversAny(wide, pattern));
  }

  private static boolean coversAny(List<String> wide, String narrow) {
    return wide.stream().anyMatch(pattern -> covers(pattern, narrow));
  }

  /**
   * Whether everything that the narrow pattern matches is matched by the wide one. Sees it where
   * they are equal, or where the wide one has stars at its end alone; else says no.
   */
  static boolean covers(String wide, String narrow) {
    int star = wide.indexOf('*');
    if (star < 0 || wide.equals(narrow)) {
      return wide.equals(narrow);
    }
    String stars = wide.substring(star);
    if (!narrow.startsWith(wide.substring(0, star))) {
      return false;
    }
    String rest = narrow.substring(star);
    return stars.equals("**")
        || (stars.equals("*")
            && !rest.contains("**")
            && rest.indexOf('/') < 0
            && rest.indexOf(':') < 0);
  }
}

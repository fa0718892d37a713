// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.policy.opa;

import dev.countersign.policy.AccessRequest;
import dev.countersign.policy.Effect;
import dev.countersign.policy.Grant;
import dev.countersign.policy.TargetKind;
import java.util.List;
import java.util.Set;

/**
 * Grants as the slow and obvious program that the documentation describes: every grant is tried,
 * and every pattern by trying all that its stars can stand for.
 */
final class GrantsModel {
  private GrantsModel() {}

  /** The decision's word and its rule. */
  static String decide(List<Grant> grants, AccessRequest request) {
    List<Grant> own =
        grants.stream()
            .filter(
                grant ->
                    grant.callers().stream().anyMatch(glob -> matches(glob, request.caller().id())))
            .toList();
    if (request.target().kind() == TargetKind.SERVER) {
      return own.stream()
          .filter(grant -> namesServer(grant, request.server().name()))
          .findFirst()
          .map(grant -> "allow grants/" + grant.name())
          .orElse("deny default-deny");
    }
    for (Grant grant : own) {
      if (covers(grant.deny(), request)) {
        return "deny grants/" + grant.name();
      }
    }
    for (Grant grant : own) {
      if (covers(grant.allow(), request) && fits(grant.effects(), request)) {
        return "allow grants/" + grant.name();
      }
    }
    for (Grant grant : own) {
      if (covers(grant.approve(), request) && fits(grant.effects(), request)) {
        return "approve grants/" + grant.name();
      }
    }
    return "deny default-deny";
  }

  private static boolean namesServer(Grant grant, String server) {
    return grant.allow().stream().anyMatch(text -> namesServer(text, server))
        || grant.approve().stream().anyMatch(text -> namesServer(text, server));
  }

  private static boolean namesServer(String text, String server) {
    String plain = text.replaceFirst("^(resource|prompt):", "");
    return matches(plain.substring(0, plain.indexOf('/')), server);
  }

  private static boolean covers(List<String> patterns, AccessRequest request) {
    String kind =
        switch (request.target().kind()) {
          case TOOL, SERVER -> "";
          case RESOURCE, RESOURCE_TEMPLATE -> "resource:";
          case PROMPT -> "prompt:";
        };
    String target = request.server().name() + "/" + request.target().name();
    for (String pattern : patterns) {
      boolean plain = !pattern.startsWith("resource:") && !pattern.startsWith("prompt:");
      if (kind.isEmpty() ? plain && matches(pattern, target) : pattern.startsWith(kind)) {
        if (kind.isEmpty() || matches(pattern.substring(kind.length()), target)) {
          return true;
        }
      }
    }
    return false;
  }

  private static boolean fits(Set<Effect> effects, AccessRequest request) {
    Effect effect = request.target().effect();
    return effects.isEmpty() || (effect != null && effects.contains(effect));
  }

  /** Whether a glob matches a text as a whole. */
  static boolean matches(String glob, String text) {
    if (glob.isEmpty()) {
      return text.isEmpty();
    }
    boolean any = glob.startsWith("**");
    if (any || glob.startsWith("*")) {
      String after = glob.substring(any ? 2 : 1);
      for (int end = 0; end <= text.length(); end++) {
        if (matches(after, text.substring(end))) {
          return true;
        }
        if (!any && end < text.length() && "/:".indexOf(text.charAt(end)) >= 0) {
          return false;
        }
      }
      return false;
    }
    return !text.isEmpty()
        && glob.charAt(0) == text.charAt(0)
        && matches(glob.substring(1), text.substring(1));
  }
}

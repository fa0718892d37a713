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

  /** Only what is offered lets its server be seen, and not what the server may ask. */
  private static boolean namesServer(String text, String server) {
    return List.of("", "resource:", "prompt:").contains(word(text))
        && matches(plain(text).substring(0, plain(text).indexOf('/')), server);
  }

  /** What stands before the server, with its colon: nothing in patterns of tools. */
  static String word(String pattern) {
    String before = pattern.substring(0, pattern.indexOf('/'));
    return before.substring(0, before.indexOf(':') + 1);
  }

  /** The pattern without that. */
  static String plain(String pattern) {
    return pattern.substring(word(pattern).length());
  }

  private static boolean covers(List<String> patterns, AccessRequest request) {
    String word =
        switch (request.target().kind()) {
          case TOOL, SERVER -> "";
          case RESOURCE, RESOURCE_TEMPLATE -> "resource:";
          case PROMPT -> "prompt:";
          case SAMPLING -> "sampling:";
          case ELICITATION -> "elicitation:";
          case ROOTS -> "roots:";
          case TASK -> "task:";
        };
    String target = request.server().name() + "/" + request.target().name();
    return patterns.stream()
        .anyMatch(pattern -> word(pattern).equals(word) && matches(plain(pattern), target));
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

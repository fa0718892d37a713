// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.config;

import dev.countersign.policy.Grant;
import dev.countersign.policy.Grants;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A pattern of a grant. Whether it is one is for policy to say, which has to compile it. */
final class PatternType extends ScalarType<String> {
  private final String form;
  private final String standIn;
  private final Function<String, Grant> probe;

  private PatternType(String expected, String form, String standIn, Function<String, Grant> probe) {
    super(expected);
    this.form = form;
    this.standIn = standIn;
    this.probe = probe;
  }

  static PatternType callers() {
    return new PatternType(
        "a pattern of callers' ids such as \"oidc:idp:*\"",
        "[^\\x00-\\x1f]{1,1024}",
        "stand-in",
        text -> grant(text, "s/t"));
  }

  static PatternType targets() {
    return new PatternType(
        "a pattern " + Grants.TARGET_FORM,
        "((resource:|prompt:|task:)?[a-z0-9*-]{1,64}/[^\\x00-\\x1f]{1,1024}"
            + "|sampling:[a-z0-9*-]{1,64}/(createMessage|\\*{1,2})"
            + "|elicitation:[a-z0-9*-]{1,64}/(form|url/[a-z0-9.*-]{1,253}|\\*{1,2})"
            + "|roots:[a-z0-9*-]{1,64}/(list|\\*{1,2}))",
        "*/stand-in",
        text -> grant("c", text));
  }

  private static Grant grant(String caller, String target) {
    return new Grant(
        "probe", List.of(caller), List.of(target), List.of(), List.of(), List.of(), Set.of(), -1);
  }

  @Override
  boolean isText() {
    return true;
  }

  @Override
  @Nullable String parse(String text, Place place) {
    List<String> problems = Grants.problems(probe.apply(text));
    if (problems.isEmpty()) {
      return text;
    }
    String problem = problems.getFirst();
    return refuse(problem.startsWith("expected") ? place.shown(text) : problem, place);
  }

  @Override
  public String standIn() {
    return standIn;
  }

  @Override
  public Map<String, Object> schema() {
    return Map.of("type", "string", "pattern", "^" + form + "$");
  }
}

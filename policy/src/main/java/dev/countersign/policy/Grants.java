// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.policy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Grants: what is wrong with them, and what the shipped policy reads of them. */
public final class Grants {
  /** How patterns of targets may be spelt, in words. */
  public static final String TARGET_FORM = TargetPattern.FORM;

  private static final int GRANTS_MAX = 100_000;
  private static final int PATTERNS_MAX = 10_000;
  private static final int NAME_CHARS_MAX = 128;
  private static final ObjectMapper JSON = new ObjectMapper();

  private Grants() {}

  /** The pattern of the server's name in a pattern of targets, or null when that is none. */
  public static @Nullable String server(String target) {
    TargetPattern pattern = TargetPattern.parse(target);
    return pattern == null ? null : pattern.server();
  }

  /** What is wrong with one grant, in words; empty when nothing is. */
  public static List<String> problems(Grant grant) {
    List<String> problems = new ArrayList<>();
    if (grant.name().isBlank()
        || grant.name().length() > NAME_CHARS_MAX
        || !Texts.isPlain(grant.name())) {
      problems.add(
          "a grant's name is blank, has control characters or is over "
              + NAME_CHARS_MAX
              + " characters: "
              + Texts.quoted(grant.name()));
    }
    partProblems(grant, problems);
    approverProblems(grant.approvers(), problems);
    grant.callers().forEach(glob -> problems.addAll(Glob.problems(glob)));
    for (List<String> targets : List.of(grant.allow(), grant.approve(), grant.deny())) {
      targets.forEach(target -> targetProblems(target, problems));
    }
    return problems;
  }

  private static void partProblems(Grant grant, List<String> problems) {
    if (grant.callers().isEmpty()) {
      problems.add("a grant needs a caller");
    }
    if (grant.allow().isEmpty() && grant.approve().isEmpty()) {
      if (grant.deny().isEmpty()) {
        problems.add("a grant needs allow, approve or deny");
      }
      if (!grant.effects().isEmpty()) {
        problems.add("effects limit allow and approve, and do not limit deny");
      }
    }
    if (!grant.approve().isEmpty() && grant.approvers().isEmpty()) {
      problems.add("approve needs approvers");
    }
    if (grant.approve().isEmpty() && !grant.approvers().isEmpty()) {
      problems.add("approvers without approve have nothing to approve");
    }
    int patterns = grant.allow().size() + grant.approve().size() + grant.deny().size();
    if (patterns > PATTERNS_MAX || grant.callers().size() > PATTERNS_MAX) {
      problems.add("a grant has over " + PATTERNS_MAX + " patterns");
    }
  }

  private static void approverProblems(List<String> approvers, List<String> problems) {
    for (String approver : approvers) {
      if (approver.isBlank() || approver.length() > Glob.CHARS_MAX || !Texts.isPlain(approver)) {
        problems.add(
            "an approver is blank, too long or has control characters: " + Texts.quoted(approver));
      }
    }
  }

  private static void targetProblems(String text, List<String> problems) {
    List<String> globProblems = Glob.problems(text);
    if (!globProblems.isEmpty()) {
      problems.addAll(globProblems);
      return;
    }
    TargetPattern target = TargetPattern.parse(text);
    String problem =
        target == null
            ? "expected " + TargetPattern.FORM + ", found: " + Texts.quoted(text)
            : target.problem();
    if (problem != null) {
      problems.add(problem);
    }
  }

  /**
   * What is wrong with grants as a set, in words, and with each of them; empty when nothing is.
   * Beside the problems of the single grants it finds names that are there twice, and more patterns
   * of a costly sort than can be searched quickly.
   */
  public static List<String> problems(List<Grant> grants) {
    List<String> problems = new ArrayList<>();
    Set<String> names = new HashSet<>();
    for (Grant grant : grants) {
      problems(grant).forEach(problem -> problems.add(in(grant) + problem));
      if (!names.add(grant.name())) {
        problems.add(in(grant) + "another grant has this name");
      }
    }
    if (grants.size() > GRANTS_MAX) {
      problems.add("there are over " + GRANTS_MAX + " grants");
    }
    if (problems.isEmpty()) {
      problems.addAll(new GrantTables(grants).problems());
    }
    return problems;
  }

  private static String in(Grant grant) {
    String line = grant.line() < 0 ? "" : " (line " + grant.line() + ")";
    return "grant " + Texts.quoted(grant.name()) + line + ": ";
  }

  /**
   * The data document of the shipped policy: {@code {"grants":…}}, the same bytes for the same
   * grants.
   *
   * @throws IllegalArgumentException when the grants have {@linkplain #problems(List) problems}
   */
  public static byte[] data(List<Grant> grants) {
    List<String> problems = problems(grants);
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException(problems.getFirst());
    }
    try {
      return JSON.writeValueAsBytes(new GrantTables(grants).json());
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("grants could not be written", e);
    }
  }

  /**
   * Names the shipped policy with these grants.
   *
   * @throws IllegalArgumentException when the grants have {@linkplain #problems(List) problems}
   */
  public static String revision(List<Grant> grants) {
    return PolicyModule.shipped().revision(data(grants));
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.policy;

import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The pattern of a target as grants write it: {@code server/tool}, or the word of another kind, a
 * colon, and {@code server/name}. Each pattern is of one kind alone, whatever its stars stand for.
 *
 * @param kind what it is a pattern of; resources are meant with their templates
 * @param server the pattern of the server's name
 * @param name the pattern of the target's name
 */
record TargetPattern(TargetKind kind, String server, String name) {
  /** How patterns may be spelt, in words. */
  static final String FORM =
      "server/tool or kind:server/name, the kind being resource, prompt, task, sampling,"
          + " elicitation or roots";

  private static final Map<String, TargetKind> KINDS =
      Map.of(
          "resource", TargetKind.RESOURCE,
          "prompt", TargetKind.PROMPT,
          "task", TargetKind.TASK,
          "sampling", TargetKind.SAMPLING,
          "elicitation", TargetKind.ELICITATION,
          "roots", TargetKind.ROOTS);
  private static final Pattern SERVER = Pattern.compile("[a-z0-9*-]{1,64}");
  private static final Pattern SAMPLING = Pattern.compile("createMessage|\\*{1,2}");
  private static final Pattern ELICITATION =
      Pattern.compile("form|url/[a-z0-9.*-]{1,253}|\\*{1,2}");
  private static final Pattern ROOTS = Pattern.compile("list|\\*{1,2}");

  /** Takes a pattern apart, or null when it has an unknown kind, no server or no name. */
  static @Nullable TargetPattern parse(String text) {
    int slash = text.indexOf('/');
    if (slash < 0 || slash == text.length() - 1) {
      return null;
    }
    int colon = text.lastIndexOf(':', slash);
    TargetKind kind = colon < 0 ? TargetKind.TOOL : KINDS.get(text.substring(0, colon));
    String server = text.substring(colon + 1, slash);
    if (kind == null || server.isEmpty()) {
      return null;
    }
    return new TargetPattern(kind, server, text.substring(slash + 1));
  }

  /** What is wrong with it, in words; or null. */
  @Nullable String problem() {
    if (server.contains("**") || !SERVER.matcher(server).matches()) {
      return "a server's name has a-z, 0-9, - and single stars, found: " + Texts.quoted(server);
    }
    return switch (kind) {
      case SAMPLING -> named(SAMPLING, "a sampling other than createMessage");
      case ELICITATION -> named(ELICITATION, "an elicitation other than form and url/host");
      case ROOTS -> named(ROOTS, "roots other than list");
      case SERVER, TOOL, RESOURCE, RESOURCE_TEMPLATE, PROMPT, TASK -> null;
    };
  }

  /** A name that the kind cannot have would look like a grant, or a deny, and never match. */
  private @Nullable String named(Pattern names, String other) {
    return names.matcher(name).matches() ? null : other + ": " + Texts.quoted(name);
  }

  /** Over server and name, with a slash between them. */
  String pattern() {
    return server + "/" + name;
  }

  /**
   * Whether it is of something that a server offers, which it takes a greeting and lists to find.
   * What a server may ask of a client gives the client nothing.
   */
  boolean isOffered() {
    return kind == TargetKind.TOOL || kind == TargetKind.RESOURCE || kind == TargetKind.PROMPT;
  }
}

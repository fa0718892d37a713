// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.policy;

import org.jspecify.annotations.Nullable;

/**
 * The pattern of a target as grants write it: {@code server/tool}, {@code resource:server/uri} or
 * {@code prompt:server/name}.
 *
 * @param kind what it is a pattern of: tools, prompts, or resources and their templates
 * @param server the pattern of the server's name
 * @param pattern the pattern of server and name, with a slash between them
 */
record TargetPattern(TargetKind kind, String server, String pattern) {
  private static final String RESOURCE = "resource:";
  private static final String PROMPT = "prompt:";

  /** Takes a pattern apart, or null when it has no server or no name. */
  static @Nullable TargetPattern parse(String text) {
    TargetKind kind = TargetKind.TOOL;
    String pattern = text;
    if (text.startsWith(RESOURCE)) {
      kind = TargetKind.RESOURCE;
      pattern = text.substring(RESOURCE.length());
    } else if (text.startsWith(PROMPT)) {
      kind = TargetKind.PROMPT;
      pattern = text.substring(PROMPT.length());
    }
    int slash = pattern.indexOf('/');
    if (slash <= 0 || slash == pattern.length() - 1) {
      return null;
    }
    return new TargetPattern(kind, pattern.substring(0, slash), pattern);
  }
}

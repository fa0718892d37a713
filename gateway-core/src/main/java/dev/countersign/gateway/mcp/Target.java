// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.mcp;

import dev.countersign.gateway.error.Reason;
import dev.countersign.gateway.error.RefusedException;
import dev.countersign.gateway.json.JsonKind;
import dev.countersign.gateway.json.JsonValue;
import dev.countersign.policy.TargetKind;
import org.jspecify.annotations.Nullable;

/**
 * What a request is about, as its params say.
 *
 * @param kind what sort of thing
 * @param name 1 to 2,048 characters without control characters, a resource's URI in normal form;
 *     null for the server as a whole
 */
public record Target(TargetKind kind, @Nullable String name) {
  /** No tool name, prompt name or URI needs more. */
  private static final int NAME_CHARS_MAX = 2048;

  /**
   * Reads it.
   *
   * @throws RefusedException with {@link Reason#PARAMS_INVALID}
   */
  public static Target of(McpMethod method, @Nullable JsonValue params) {
    if (method == McpMethod.COMPLETE) {
      return completed(params);
    }
    String member = method.nameParam();
    return member == null
        ? new Target(method.kind(), null)
        : new Target(method.kind(), name(method.kind(), params, "params", member));
  }

  /** A completion enumerates what a prompt or a template takes, so it is a use of that. */
  private static Target completed(@Nullable JsonValue params) {
    JsonValue ref = params == null ? null : params.member("ref");
    String type = ref == null || ref.kind() != JsonKind.OBJECT ? null : text(ref.member("type"));
    return switch (type) {
      case "ref/prompt" ->
          new Target(TargetKind.PROMPT, name(TargetKind.PROMPT, ref, "params.ref", "name"));
      case "ref/resource" ->
          new Target(
              TargetKind.RESOURCE_TEMPLATE,
              name(TargetKind.RESOURCE_TEMPLATE, ref, "params.ref", "uri"));
      case null, default ->
          throw RefusedException.of(
              Reason.PARAMS_INVALID, "params.ref.type must be ref/prompt or ref/resource");
    };
  }

  private static String name(TargetKind kind, @Nullable JsonValue in, String where, String member) {
    String text = in == null ? null : text(in.member(member));
    String path = where + "." + member;
    if (text == null) {
      throw RefusedException.of(Reason.PARAMS_INVALID, path + " must be a string");
    }
    if (text.isEmpty()
        || text.length() > NAME_CHARS_MAX
        || text.codePoints().anyMatch(Character::isISOControl)) {
      throw RefusedException.of(
          Reason.PARAMS_INVALID, path + " is empty, too long or has control characters");
    }
    if (kind == TargetKind.RESOURCE && !ResourceUri.isNormal(text)) {
      throw RefusedException.of(Reason.PARAMS_INVALID, path + " is not a URI in normal form");
    }
    return text;
  }

  private static @Nullable String text(@Nullable JsonValue value) {
    return value != null && value.kind() == JsonKind.STRING ? value.text() : null;
  }
}

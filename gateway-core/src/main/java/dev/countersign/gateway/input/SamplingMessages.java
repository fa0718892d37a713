// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.input;

import dev.countersign.gateway.json.JsonKind;
import dev.countersign.gateway.json.JsonValue;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The messages of a sampling and the one it results in (MCP 2025-11-25, "Sampling"): known roles
 * and contents, and after each use of a tool its results and nothing else.
 */
final class SamplingMessages {
  private static final String TOOL_USE = "tool_use";
  private static final String TOOL_RESULT = "tool_result";
  private static final Set<String> CONTENTS =
      Set.of("text", "image", "audio", TOOL_USE, TOOL_RESULT);

  private SamplingMessages() {}

  static void check(@Nullable JsonValue messages, int max) {
    if (messages == null || messages.kind() != JsonKind.ARRAY) {
      throw new InputRefusedException("no messages");
    }
    List<JsonValue> all = messages.elements();
    if (all.isEmpty() || all.size() > max) {
      throw new InputRefusedException("no messages, or more than a sampling may hold");
    }
    Set<String> open = Set.of();
    for (JsonValue message : all) {
      boolean assistant = role(message).equals("assistant");
      List<JsonValue> contents = contents(message);
      Set<String> results = ids(contents, TOOL_RESULT, "toolUseId");
      boolean onlyResults = contents.stream().allMatch(c -> type(c).equals(TOOL_RESULT));
      if (!results.equals(open) || (!results.isEmpty() && (assistant || !onlyResults))) {
        throw new InputRefusedException("uses of tools without their results");
      }
      open = ids(contents, TOOL_USE, "id");
      if (!open.isEmpty() && !assistant) {
        throw new InputRefusedException("a use of a tool by the user");
      }
    }
    if (!open.isEmpty()) {
      throw new InputRefusedException("uses of tools without their results");
    }
  }

  static void checkAnswer(JsonValue result, boolean withTools) {
    if (!role(result).equals("assistant")) {
      throw new InputRefusedException("an answer of another role");
    }
    JsonValue model = result.member("model");
    if (model == null || model.kind() != JsonKind.STRING) {
      throw new InputRefusedException("an answer without its model");
    }
    List<JsonValue> contents = contents(result);
    if (!ids(contents, TOOL_RESULT, "toolUseId").isEmpty()
        || (!withTools && !ids(contents, TOOL_USE, "id").isEmpty())) {
      throw new InputRefusedException("an answer that uses tools nobody gave");
    }
  }

  private static String role(JsonValue message) {
    JsonValue role = message.member("role");
    if (role == null
        || role.kind() != JsonKind.STRING
        || !(role.text().equals("user") || role.text().equals("assistant"))) {
      throw new InputRefusedException("a message without a role");
    }
    return role.text();
  }

  private static List<JsonValue> contents(JsonValue message) {
    JsonValue content = message.member("content");
    if (content == null) {
      throw new InputRefusedException("a message without content");
    }
    List<JsonValue> contents =
        content.kind() == JsonKind.ARRAY ? content.elements() : List.of(content);
    for (JsonValue one : contents) {
      if (!CONTENTS.contains(type(one))) {
        throw new InputRefusedException("content of an unknown type");
      }
    }
    return contents;
  }

  private static String type(JsonValue content) {
    JsonValue type = content.member("type");
    return type != null && type.kind() == JsonKind.STRING ? type.text() : "";
  }

  private static Set<String> ids(List<JsonValue> contents, String type, String key) {
    Set<String> ids = new HashSet<>();
    for (JsonValue content : contents) {
      if (type(content).equals(type)) {
        JsonValue id = content.member(key);
        if (id == null || id.kind() != JsonKind.STRING || !ids.add(id.text())) {
          throw new InputRefusedException("uses of tools that cannot be told apart");
        }
      }
    }
    return ids;
  }
}

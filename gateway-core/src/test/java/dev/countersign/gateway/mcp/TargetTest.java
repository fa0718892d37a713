// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.mcp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.countersign.gateway.error.Reason;
import dev.countersign.gateway.error.RefusedException;
import dev.countersign.gateway.json.JsonValue;
import dev.countersign.policy.TargetKind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TargetTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\0',
      value = {
        "TOOLS_CALL | {\"name\":\"a\"} | TOOL | a",
        "PROMPTS_GET | {\"name\":\"a\"} | PROMPT | a",
        "RESOURCES_READ | {\"uri\":\"file:///a\"} | RESOURCE | file:///a",
        "COMPLETE | {\"ref\":{\"type\":\"ref/prompt\",\"name\":\"a\"}} | PROMPT | a",
        "COMPLETE | {\"ref\":{\"type\":\"ref/resource\",\"uri\":\"f:///{a}\"}}"
            + " | RESOURCE_TEMPLATE | f:///{a}",
      })
  void isWhatTheParamsName(McpMethod method, String params, TargetKind kind, String name) {
    assertThat(Target.of(method, json(params))).isEqualTo(new Target(kind, name));
  }

  @Test
  void isTheServerWhereNothingIsNamed() {
    assertThat(Target.of(McpMethod.TOOLS_LIST, null))
        .isEqualTo(new Target(TargetKind.SERVER, null));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "{\"ref\":[]}",
        "{\"ref\":{\"name\":\"a\"}}",
        "{\"ref\":{\"type\":\"ref/tool\",\"name\":\"a\"}}",
        "{\"ref\":{\"type\":\"ref/prompt\",\"uri\":\"a\"}}",
        "{\"ref\":{\"type\":\"ref/prompt\",\"name\":\"\"}}",
        "{\"ref\":{\"type\":\"ref/resource\",\"name\":\"a\"}}",
        "{\"ref\":{\"type\":\"ref/resource\",\"uri\":\"a\\u0000\"}}",
        "{\"ref\":{\"type\":1,\"name\":\"a\"}}"
      })
  void refusesCompletionsOfNothing(String params) {
    JsonValue read = json(params);
    assertThatThrownBy(() -> Target.of(McpMethod.COMPLETE, read))
        .isInstanceOfSatisfying(
            RefusedException.class,
            refusal -> assertThat(refusal.reason()).isEqualTo(Reason.PARAMS_INVALID));
  }

  private static JsonValue json(String text) {
    return Messages.json(text);
  }
}

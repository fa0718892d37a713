// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.gateway.input.InputQuestion;
import dev.countersign.gateway.input.InputRefusedException;
import dev.countersign.gateway.input.InputRules;
import dev.countersign.gateway.json.JsonDocument;
import dev.countersign.gateway.json.JsonLimits;
import dev.countersign.gateway.json.JsonRefusedException;
import dev.countersign.gateway.json.JsonValue;
import dev.countersign.gateway.rounds.RequestState;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Keeps of a question what its answer is checked against, and checks it when it comes. */
final class AnswerCheck {
  /** A sampling's answer is checked by whether tools were offered, not by what was said before. */
  private static final String SAMPLING =
      "{\"messages\":[{\"role\":\"user\",\"content\":{\"type\":\"text\",\"text\":\"-\"}}],"
          + "\"maxTokens\":1";

  private AnswerCheck() {}

  /** As much of a question's parameters as is needed later. */
  static @Nullable String params(InputQuestion question, @Nullable JsonValue params) {
    return switch (question.target().kind()) {
      case SAMPLING ->
          SAMPLING
              + (params != null
                      && (params.member("tools") != null || params.member("toolChoice") != null)
                  ? ",\"tools\":[]}"
                  : "}");
      case ELICITATION -> params == null ? null : new String(params.raw(), StandardCharsets.UTF_8);
      default -> null;
    };
  }

  /**
   * Checks an answer.
   *
   * @throws InputRefusedException when the server must not get it
   */
  static void check(RequestState.Asked asked, JsonValue answer, InputRules rules) {
    InputQuestion.of(asked.method(), parsed(asked.params()), rules).checkAnswer(answer);
  }

  private static @Nullable JsonValue parsed(@Nullable String params) {
    if (params == null) {
      return null;
    }
    try {
      byte[] bytes = params.getBytes(StandardCharsets.UTF_8);
      return JsonDocument.parse(bytes, JsonLimits.DEFAULTS).root();
    } catch (JsonRefusedException e) {
      throw new IllegalStateException("a state of our own holds no JSON", e);
    }
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.input;

import dev.countersign.gateway.json.JsonKind;
import dev.countersign.gateway.json.JsonValue;
import org.jspecify.annotations.Nullable;

/** What a user answered: accept, decline or cancel, and with a form what was filled in. */
final class ElicitationAnswer {
  private ElicitationAnswer() {}

  /**
   * Checks an answer.
   *
   * @param form what was to be filled in, or null when the user was sent to a page
   */
  static void check(JsonValue result, @Nullable ElicitationForm form) {
    JsonValue action = result.member("action");
    String word = action != null && action.kind() == JsonKind.STRING ? action.text() : "";
    JsonValue content = result.member("content");
    switch (word) {
      case "accept" -> {
        if (form != null) {
          form.check(content);
        } else if (content != null) {
          throw new InputRefusedException("content where nothing was to be filled in");
        }
      }
      case "decline", "cancel" -> {
        if (content != null && content.size() > 0) {
          throw new InputRefusedException("content of what was not accepted");
        }
      }
      default -> throw new InputRefusedException("an unknown action");
    }
  }
}

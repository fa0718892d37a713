// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.input;

import dev.countersign.gateway.json.JsonDocument;
import dev.countersign.gateway.json.JsonLimits;
import dev.countersign.gateway.json.JsonRefusedException;
import dev.countersign.gateway.json.JsonValue;
import java.nio.charset.StandardCharsets;

/** JSON with single quotes for double ones. */
final class Json {
  private Json() {}

  static JsonValue of(String text) {
    try {
      return JsonDocument.parse(
              text.replace('\'', '"').getBytes(StandardCharsets.UTF_8), JsonLimits.DEFAULTS)
          .root();
    } catch (JsonRefusedException e) {
      throw new IllegalArgumentException(text, e);
    }
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.mcp;

import dev.countersign.gateway.json.JsonKind;
import dev.countersign.gateway.json.JsonValue;
import java.nio.charset.StandardCharsets;

/**
 * What a result says about keeping it (MCP 2026-07-28, "Caching"). Policy decides for each caller
 * what is in it, so it is nobody else's, and it must not be kept longer than what policy went by.
 */
final class CacheHints {
  private static final byte[] PRIVATE = bytes("\"private\"");

  private CacheHints() {}

  /** Makes a result private where it says anything; legacy results need not. */
  static void narrow(BodyEdit edit, JsonValue result) {
    JsonValue scope = result.member("cacheScope");
    if (scope != null) {
      edit.replace(scope.start(), scope.end(), PRIVATE);
    }
  }

  /**
   * Makes a modern result private, and says so where it must say something and did not.
   *
   * @param ttlMillisMax it may be kept so long and no longer
   */
  static void state(BodyEdit edit, JsonValue result, long ttlMillisMax) {
    narrow(edit, result);
    JsonValue ttl = result.member("ttlMs");
    if (ttl != null) {
      long millis = millis(ttl);
      if (millis < 0 || millis > ttlMillisMax) {
        edit.replace(ttl.start(), ttl.end(), bytes(Long.toString(millis < 0 ? 0 : ttlMillisMax)));
      }
    }
    StringBuilder missing = new StringBuilder();
    if (ttl == null) {
      missing.append(",\"ttlMs\":0");
    }
    if (result.member("cacheScope") == null) {
      missing.append(",\"cacheScope\":\"private\"");
    }
    if (!missing.isEmpty()) {
      String members = result.members().isEmpty() ? missing.substring(1) : missing.toString();
      edit.replace(result.end() - 1, result.end() - 1, bytes(members));
    }
  }

  /** Milliseconds, or -1 when it is not a whole number that is none less than zero. */
  private static long millis(JsonValue ttl) {
    return ttl.kind() == JsonKind.NUMBER ? Math.max(-1, ttl.integer().orElse(-1)) : -1;
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}

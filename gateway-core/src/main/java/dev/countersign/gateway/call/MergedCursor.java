// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.gateway.error.RefusedException;
import dev.countersign.gateway.json.CanonicalJson;
import dev.countersign.gateway.json.JsonDocument;
import dev.countersign.gateway.json.JsonKind;
import dev.countersign.gateway.json.JsonLimits;
import dev.countersign.gateway.json.JsonMember;
import dev.countersign.gateway.json.JsonRefusedException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Where a merged list goes on: the cursor of each server that has more, by its name. Servers that
 * are not in it have nothing more to show. It needs no seal of its own: each part is sealed for its
 * caller and server.
 */
record MergedCursor(Map<String, String> byServer) {
  private static final int BYTES_MAX = 64 << 10;

  static MergedCursor of(Map<String, String> byServer) {
    return new MergedCursor(byServer);
  }

  /**
   * Reads a client's cursor.
   *
   * @throws RefusedException when it is none
   */
  static MergedCursor read(String text) {
    try {
      byte[] bytes = Base64.getUrlDecoder().decode(text);
      JsonDocument document =
          JsonDocument.parse(bytes, JsonLimits.DEFAULTS.with(BYTES_MAX, 4, 10_000));
      if (document.root().kind() == JsonKind.OBJECT) {
        Map<String, String> cursors = new LinkedHashMap<>();
        for (JsonMember member : document.root().members()) {
          if (member.value().kind() == JsonKind.STRING) {
            cursors.put(member.name(), member.value().text());
          }
        }
        return new MergedCursor(cursors);
      }
    } catch (IllegalArgumentException | JsonRefusedException e) {
      // Said below in the words for every cursor that is none of ours.
    }
    throw CursorStep.noCursor();
  }

  String text() {
    String json =
        byServer.entrySet().stream()
            .map(
                cursor ->
                    CanonicalJson.quoted(cursor.getKey())
                        + ":"
                        + CanonicalJson.quoted(cursor.getValue()))
            .collect(Collectors.joining(",", "{", "}"));
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(json.getBytes(StandardCharsets.UTF_8));
  }
}

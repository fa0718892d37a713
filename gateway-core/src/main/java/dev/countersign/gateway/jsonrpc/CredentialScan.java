// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.jsonrpc;

import dev.countersign.gateway.json.JsonDocument;
import dev.countersign.gateway.json.JsonKind;
import dev.countersign.gateway.json.JsonMember;
import dev.countersign.gateway.json.JsonValue;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Finds the caller's own credential inside its message: the whole token, or the parts of it that
 * are enough to use or to know it, verbatim or written with escapes.
 */
public final class CredentialScan {
  /** Shorter pieces would be found in innocent text. */
  private static final int PIECE_CHARS_MIN = 16;

  private CredentialScan() {}

  /** Whether any name or string of the message holds the token, its payload or its signature. */
  public static boolean contains(JsonDocument document, String token) {
    List<String> pieces = pieces(token);
    for (String piece : pieces) {
      if (indexOf(document.bytes(), piece.getBytes(StandardCharsets.UTF_8)) >= 0) {
        return true;
      }
    }
    // Tokens are ASCII, so only an escape can hide one.
    return indexOf(document.bytes(), new byte[] {'\\'}) >= 0 && decoded(document.root(), pieces);
  }

  /** As {@link #contains(JsonDocument, String)}, for one text. */
  public static boolean contains(String text, String token) {
    return text.length() >= PIECE_CHARS_MIN && holds(text, pieces(token));
  }

  private static List<String> pieces(String token) {
    List<String> pieces = new ArrayList<>();
    String[] parts = token.split("\\.", -1);
    if (parts.length == 3) {
      for (int i = 1; i < 3; i++) {
        if (parts[i].length() >= PIECE_CHARS_MIN) {
          pieces.add(parts[i]);
        }
      }
    }
    if (pieces.isEmpty() && token.length() >= PIECE_CHARS_MIN) {
      pieces.add(token);
    }
    return pieces;
  }

  /** Recursion is bounded by the document's depth limit. */
  private static boolean decoded(JsonValue value, List<String> pieces) {
    if (value.kind() == JsonKind.STRING) {
      return holds(value.text(), pieces);
    }
    for (JsonMember member : value.members()) {
      if (holds(member.name(), pieces) || decoded(member.value(), pieces)) {
        return true;
      }
    }
    for (JsonValue element : value.elements()) {
      if (decoded(element, pieces)) {
        return true;
      }
    }
    return false;
  }

  private static boolean holds(String text, List<String> pieces) {
    for (String piece : pieces) {
      if (text.contains(piece)) {
        return true;
      }
    }
    return false;
  }

  private static int indexOf(byte[] in, byte[] wanted) {
    byte first = wanted[0];
    for (int at = 0; at <= in.length - wanted.length; at++) {
      if (in[at] == first) {
        int i = 1;
        while (i < wanted.length && in[at + i] == wanted[i]) {
          i++;
        }
        if (i == wanted.length) {
          return at;
        }
      }
    }
    return -1;
  }
}

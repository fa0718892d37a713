// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.jsonrpc;

import dev.countersign.gateway.json.JsonDocument;
import dev.countersign.gateway.json.JsonKind;
import dev.countersign.gateway.json.JsonMember;
import dev.countersign.gateway.json.JsonValue;
import java.util.List;

/**
 * Finds the caller's own credential inside its message: the whole token, or the parts of it that
 * are enough to use or to know it, verbatim or written with escapes. Immutable; any thread.
 */
public final class CredentialScan {
  /** Shorter pieces would be found in innocent text. */
  private static final int PIECE_CHARS_MIN = 16;

  private final List<Piece> pieces;

  private CredentialScan(List<Piece> pieces) {
    this.pieces = pieces;
  }

  /** A scan for the token in the value of an {@code Authorization} header, after its scheme. */
  public static CredentialScan ofHeader(String authorization) {
    int start = authorization.indexOf(' ') + 1;
    while (start < authorization.length() && authorization.charAt(start) == ' ') {
      start++;
    }
    return of(authorization, start);
  }

  /** A scan for a token: for the payload and the signature of a JWS, for all of another. */
  public static CredentialScan of(String token) {
    return of(token, 0);
  }

  private static CredentialScan of(String text, int start) {
    int end = text.length();
    int first = text.indexOf('.', start);
    int second = first < 0 ? -1 : text.indexOf('.', first + 1);
    if (second >= 0 && text.indexOf('.', second + 1) < 0) {
      Piece payload = new Piece(text, first + 1, second);
      Piece signature = new Piece(text, second + 1, end);
      if (payload.counts() || signature.counts()) {
        return new CredentialScan(
            !signature.counts()
                ? List.of(payload)
                : payload.counts() ? List.of(payload, signature) : List.of(signature));
      }
    }
    Piece whole = new Piece(text, start, end);
    return new CredentialScan(whole.counts() ? List.of(whole) : List.of());
  }

  /** A part of a text that is not copied out of it. */
  private record Piece(String text, int start, int end) {
    boolean counts() {
      return length() >= PIECE_CHARS_MIN;
    }

    int length() {
      return end - start;
    }

    char charAt(int index) {
      return text.charAt(start + index);
    }

    @Override
    public String toString() {
      return text.substring(start, end);
    }
  }

  /** Whether any name or string of the message holds the token, its payload or its signature. */
  public boolean finds(JsonDocument document) {
    byte[] bytes = document.bytes();
    for (int i = 0; i < pieces.size(); i++) {
      if (holds(bytes, pieces.get(i))) {
        return true;
      }
    }
    // Tokens are ASCII, so only an escape can hide one.
    return hasEscape(bytes) && decoded(document.root());
  }

  /** As {@link #finds(JsonDocument)}, for one text. */
  public boolean finds(String text) {
    for (int i = 0; i < pieces.size(); i++) {
      if (text.contains(pieces.get(i).toString())) {
        return true;
      }
    }
    return false;
  }

  /** Recursion is bounded by the document's depth limit. */
  private boolean decoded(JsonValue value) {
    if (value.kind() == JsonKind.STRING) {
      return finds(value.text());
    }
    for (JsonMember member : value.members()) {
      if (finds(member.name()) || decoded(member.value())) {
        return true;
      }
    }
    for (JsonValue element : value.elements()) {
      if (decoded(element)) {
        return true;
      }
    }
    return false;
  }

  private static boolean hasEscape(byte[] in) {
    for (byte b : in) {
      if (b == '\\') {
        return true;
      }
    }
    return false;
  }

  /** Tokens are ASCII: one byte is one character. */
  private static boolean holds(byte[] in, Piece piece) {
    char first = piece.charAt(0);
    for (int at = 0; at <= in.length - piece.length(); at++) {
      if (in[at] == first && standsAt(in, at, piece)) {
        return true;
      }
    }
    return false;
  }

  private static boolean standsAt(byte[] in, int at, Piece piece) {
    for (int i = 1; i < piece.length(); i++) {
      if (in[at + i] != piece.charAt(i)) {
        return false;
      }
    }
    return true;
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.json;

import java.nio.charset.StandardCharsets;

/**
 * The one pass of {@link JsonDocument#parse}: how values stand in each other, within the limits. No
 * recursion; used once.
 */
final class JsonParser {
  private final byte[] in;
  private final JsonLimits limits;
  private final JsonLexer lexer;
  private final JsonIndex index;
  private int lossy = -1;

  JsonParser(byte[] in, JsonLimits limits) {
    this.in = in;
    this.limits = limits;
    this.lexer = new JsonLexer(in);
    this.index = new JsonIndex(in.length, limits.tokensMax());
  }

  JsonDocument parse() throws JsonRefusedException {
    if (in.length > limits.bytesMax()) {
      throw new JsonRefusedException(JsonFault.SIZE, limits.bytesMax());
    }
    if (in.length >= 3 && in[0] == (byte) 0xef && in[1] == (byte) 0xbb && in[2] == (byte) 0xbf) {
      throw new JsonRefusedException(JsonFault.BYTE_ORDER_MARK, 0);
    }
    values();
    lexer.white();
    if (!lexer.atEnd()) {
      throw lexer.refused(JsonFault.TRAILING_DATA);
    }
    return new JsonDocument(in, index.entries(), lossy);
  }

  /** Reads the root value; {@code open} holds the containers that are not closed yet. */
  private void values() throws JsonRefusedException {
    int[] open = new int[limits.depthMax()];
    int depth = 0;
    do {
      lexer.white();
      byte first = lexer.next();
      if (first == '{' || first == '[') {
        if (depth == open.length) {
          throw lexer.refused(JsonFault.DEPTH);
        }
        open[depth++] = index.add(first == '{' ? JsonKind.OBJECT : JsonKind.ARRAY, lexer.at());
        lexer.skip();
        lexer.white();
        if (lexer.peek() == (first == '{' ? '}' : ']')) {
          lexer.skip();
          close(open[--depth]);
        } else {
          if (first == '{') {
            name();
          }
          continue;
        }
      } else {
        scalar(first);
      }
      depth = afterValue(open, depth);
    } while (depth > 0);
  }

  /** Closes what ends after a value; leaves the parser before the next value, or at depth 0. */
  private int afterValue(int[] open, int depthBefore) throws JsonRefusedException {
    int depth = depthBefore;
    while (depth > 0) {
      int container = open[depth - 1];
      boolean object = index.kind(container) == JsonKind.OBJECT;
      lexer.white();
      if (lexer.next() == ',') {
        lexer.skip();
        if (object) {
          lexer.white();
          name();
        }
        return depth;
      }
      lexer.mark(object ? '}' : ']');
      close(container);
      depth--;
    }
    return 0;
  }

  private void name() throws JsonRefusedException {
    if (lexer.next() != '"') {
      throw lexer.refused(JsonFault.SYNTAX);
    }
    string(true);
    lexer.white();
    lexer.mark(':');
  }

  private void scalar(byte first) throws JsonRefusedException {
    switch (first) {
      case '"' -> string(false);
      case 't' -> word("true", JsonKind.TRUE);
      case 'f' -> word("false", JsonKind.FALSE);
      case 'n' -> word("null", JsonKind.NULL);
      default -> number();
    }
  }

  private void word(String word, JsonKind kind) throws JsonRefusedException {
    int node = index.add(kind, lexer.at());
    lexer.word(word);
    index.end(node, lexer.at());
  }

  private void string(boolean isName) throws JsonRefusedException {
    int node = index.add(JsonKind.STRING, lexer.at());
    if (lexer.string(isName)) {
      index.markEscaped(node);
    }
    index.end(node, lexer.at());
  }

  private void number() throws JsonRefusedException {
    int start = lexer.at();
    int node = index.add(JsonKind.NUMBER, start);
    int digits = lexer.number();
    if (lexer.at() - start > limits.numberCharsMax()) {
      throw new JsonRefusedException(JsonFault.BAD_NUMBER, start);
    }
    index.end(node, lexer.at());
    if (digits > ExactNumbers.SAFE_DIGITS) {
      checkExact(start);
    }
  }

  private void checkExact(int start) throws JsonRefusedException {
    String text = new String(in, start, lexer.at() - start, StandardCharsets.US_ASCII);
    if (!ExactNumbers.inRange(text)) {
      throw lexer.refused(JsonFault.BAD_NUMBER);
    }
    if (lossy < 0 && !ExactNumbers.survives(text)) {
      lossy = start;
    }
  }

  private void close(int container) throws JsonRefusedException {
    index.close(container, lexer.at());
    if (index.kind(container) == JsonKind.OBJECT) {
      MemberNames.check(in, index, container);
    }
  }
}

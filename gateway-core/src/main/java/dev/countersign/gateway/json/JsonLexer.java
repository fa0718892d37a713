// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.json;

/**
 * Reads one token after the other (RFC 8259 sections 6 and 7, RFC 3629); knows where it is and
 * nothing of what is around it.
 */
final class JsonLexer {
  private final byte[] in;
  private int at;

  JsonLexer(byte[] in) {
    this.in = in;
  }

  /** Where the next token, or what is wrong, begins. */
  int at() {
    return at;
  }

  boolean atEnd() {
    return at >= in.length;
  }

  /** Goes past a byte that {@link #next} or {@link #peek} has shown. */
  void skip() {
    at++;
  }

  void white() {
    while (at < in.length
        && (in[at] == ' ' || in[at] == '\n' || in[at] == '\r' || in[at] == '\t')) {
      at++;
    }
  }

  /** The byte here; there must be one. */
  byte next() throws JsonRefusedException {
    if (at >= in.length) {
      throw refused(JsonFault.SYNTAX);
    }
    return in[at];
  }

  /** The byte here, or -1 at the end; no byte of the grammar is -1. */
  int peek() {
    return at < in.length ? in[at] : -1;
  }

  /** Reads a mark that must be here. */
  void mark(char wanted) throws JsonRefusedException {
    if (next() != wanted) {
      throw refused(JsonFault.SYNTAX);
    }
    at++;
  }

  void word(String word) throws JsonRefusedException {
    for (int i = 0; i < word.length(); i++) {
      mark(word.charAt(i));
    }
  }

  /** Reads a string from its opening quote; returns whether it has escapes. */
  boolean string(boolean isName) throws JsonRefusedException {
    boolean escaped = false;
    at++;
    while (true) {
      byte b = next();
      if (b == '"') {
        at++;
        return escaped;
      }
      if (b == '\\') {
        escaped = true;
        escape(isName);
      } else if (b >= 0x20) {
        at++;
      } else if (b >= 0) {
        throw refused(JsonFault.CONTROL_CHARACTER);
      } else {
        multiByte(b & 0xff);
      }
    }
  }

  private void escape(boolean isName) throws JsonRefusedException {
    at++;
    byte escape = next();
    at++;
    switch (escape) {
      case '"', '\\', '/', 'b', 'f', 'n', 'r', 't' -> {}
      case 'u' -> unicode(isName);
      default -> {
        at--;
        throw refused(JsonFault.SYNTAX);
      }
    }
  }

  private void unicode(boolean isName) throws JsonRefusedException {
    int unit = hex();
    if (unit == 0 && isName) {
      throw refused(JsonFault.NUL_IN_NAME);
    }
    if (Character.isHighSurrogate((char) unit)) {
      if (at + 1 >= in.length || in[at] != '\\' || in[at + 1] != 'u') {
        throw refused(JsonFault.LONE_SURROGATE);
      }
      at += 2;
      if (!Character.isLowSurrogate((char) hex())) {
        throw refused(JsonFault.LONE_SURROGATE);
      }
    } else if (Character.isLowSurrogate((char) unit)) {
      throw refused(JsonFault.LONE_SURROGATE);
    }
  }

  private int hex() throws JsonRefusedException {
    if (at + 4 > in.length) {
      at = in.length;
      throw refused(JsonFault.SYNTAX);
    }
    int unit = hex4(in, at);
    if (unit < 0) {
      throw refused(JsonFault.SYNTAX);
    }
    at += 4;
    return unit;
  }

  /** Four hexadecimal digits as a number, or -1. */
  static int hex4(byte[] bytes, int from) {
    int unit = 0;
    for (int i = from; i < from + 4; i++) {
      int digit = Character.digit(bytes[i], 16);
      if (digit < 0) {
        return -1;
      }
      unit = unit << 4 | digit;
    }
    return unit;
  }

  /** RFC 3629 section 4: the well-formed sequences, and no others. */
  private void multiByte(int lead) throws JsonRefusedException {
    int more;
    int low = 0x80;
    int high = 0xbf;
    if (lead >= 0xc2 && lead <= 0xdf) {
      more = 1;
    } else if (lead >= 0xe0 && lead <= 0xef) {
      more = 2;
      low = lead == 0xe0 ? 0xa0 : 0x80;
      high = lead == 0xed ? 0x9f : 0xbf;
    } else if (lead >= 0xf0 && lead <= 0xf4) {
      more = 3;
      low = lead == 0xf0 ? 0x90 : 0x80;
      high = lead == 0xf4 ? 0x8f : 0xbf;
    } else {
      throw refused(JsonFault.BAD_UTF8);
    }
    at++;
    for (int i = 0; i < more; i++) {
      int b = at < in.length ? in[at] & 0xff : -1;
      if (b < low || b > high) {
        throw refused(JsonFault.BAD_UTF8);
      }
      low = 0x80;
      high = 0xbf;
      at++;
    }
  }

  /**
   * Reads a number.
   *
   * @return how many digits it has when it has no exponent, else a number over any bound
   */
  int number() throws JsonRefusedException {
    if (peek() == '-') {
      at++;
    }
    int digitsFrom = at;
    if (next() == '0') {
      at++;
    } else {
      digits();
    }
    int digits = at - digitsFrom;
    if (peek() == '.') {
      at++;
      int from = at;
      digits();
      digits += at - from;
    }
    if (peek() == 'e' || peek() == 'E') {
      at++;
      if (peek() == '+' || peek() == '-') {
        at++;
      }
      digits();
      return Integer.MAX_VALUE;
    }
    return digits;
  }

  private void digits() throws JsonRefusedException {
    int from = at;
    while (at < in.length && in[at] >= '0' && in[at] <= '9') {
      at++;
    }
    if (at == from) {
      throw refused(JsonFault.SYNTAX);
    }
  }

  /** A fault of this kind, here. */
  JsonRefusedException refused(JsonFault fault) {
    return new JsonRefusedException(fault, at);
  }
}

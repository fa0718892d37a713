// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.json;

import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;

/** The one pass of {@link JsonDocument#parse}. No recursion; used once. */
final class JsonParser {
  /** Up to here names are compared in pairs; beyond, a hash set whose chains become trees. */
  private static final int PAIRWISE_NAMES_MAX = 12;

  /** Integers and decimals of so many digits and no exponent survive a double. */
  private static final int SAFE_DIGITS = 15;

  private final byte[] in;
  private final JsonLimits limits;
  private int[] index;
  private int nodes;
  private int at;
  private int lossy = -1;

  JsonParser(byte[] in, JsonLimits limits) {
    this.in = in;
    this.limits = limits;
    this.index = new int[JsonDocument.STRIDE * Math.clamp(in.length / 8, 16, 1024)];
  }

  JsonDocument parse() throws JsonRefusedException {
    if (in.length > limits.bytesMax()) {
      throw new JsonRefusedException(JsonFault.SIZE, limits.bytesMax());
    }
    if (in.length >= 3 && in[0] == (byte) 0xef && in[1] == (byte) 0xbb && in[2] == (byte) 0xbf) {
      throw new JsonRefusedException(JsonFault.BYTE_ORDER_MARK, 0);
    }
    values();
    white();
    if (at < in.length) {
      throw refused(JsonFault.TRAILING_DATA);
    }
    return new JsonDocument(in, index, lossy);
  }

  /** Reads the root value; {@code open} holds the containers that are not closed yet. */
  private void values() throws JsonRefusedException {
    int[] open = new int[limits.depthMax()];
    int depth = 0;
    do {
      white();
      byte first = next();
      if (first == '{' || first == '[') {
        if (depth == open.length) {
          throw refused(JsonFault.DEPTH);
        }
        JsonKind kind = first == '{' ? JsonKind.OBJECT : JsonKind.ARRAY;
        open[depth++] = add(kind, at++);
        white();
        if (peek() == (first == '{' ? '}' : ']')) {
          at++;
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
      boolean object = kind(container) == JsonKind.OBJECT;
      white();
      byte mark = next();
      at++;
      if (mark == ',') {
        if (object) {
          white();
          name();
        }
        return depth;
      }
      if (mark != (object ? '}' : ']')) {
        at--;
        throw refused(JsonFault.SYNTAX);
      }
      close(container);
      depth--;
    }
    return 0;
  }

  private void name() throws JsonRefusedException {
    if (next() != '"') {
      throw refused(JsonFault.SYNTAX);
    }
    string(true);
    white();
    if (next() != ':') {
      throw refused(JsonFault.SYNTAX);
    }
    at++;
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
    int node = add(kind, at);
    for (int i = 0; i < word.length(); i++) {
      if (next() != word.charAt(i)) {
        throw refused(JsonFault.SYNTAX);
      }
      at++;
    }
    finish(node);
  }

  private void string(boolean isName) throws JsonRefusedException {
    int node = add(JsonKind.STRING, at++);
    while (true) {
      byte b = next();
      if (b == '"') {
        at++;
        finish(node);
        return;
      }
      if (b == '\\') {
        index[node * JsonDocument.STRIDE] |= JsonDocument.ESCAPED;
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

  private void number() throws JsonRefusedException {
    int start = at;
    int node = add(JsonKind.NUMBER, start);
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
    boolean simple = true;
    if (peek() == '.') {
      at++;
      int from = at;
      digits();
      digits += at - from;
    }
    if (peek() == 'e' || peek() == 'E') {
      simple = false;
      at++;
      if (peek() == '+' || peek() == '-') {
        at++;
      }
      digits();
    }
    if (at - start > limits.numberCharsMax()) {
      at = start;
      throw refused(JsonFault.BAD_NUMBER);
    }
    finish(node);
    if (!(simple && digits <= SAFE_DIGITS)) {
      checkExact(start);
    }
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

  /** Whether the number is the same after it was a double and printed with the fewest digits. */
  private void checkExact(int start) throws JsonRefusedException {
    String text = new String(in, start, at - start, StandardCharsets.US_ASCII);
    double value = Double.parseDouble(text);
    if (Double.isInfinite(value)) {
      throw refused(JsonFault.BAD_NUMBER);
    }
    if (lossy < 0 && !exact(text, value)) {
      lossy = start;
    }
  }

  private static boolean exact(String text, double value) {
    if (value == 0) {
      // Its exponent may be beyond what BigDecimal reads, so only the digits are looked at.
      return text.chars().takeWhile(c -> c != 'e' && c != 'E').noneMatch(c -> c >= '1' && c <= '9');
    }
    StringBuilder fewest = new StringBuilder(24);
    CanonicalJson.number(value, fewest);
    return new BigDecimal(text).compareTo(new BigDecimal(fewest.toString())) == 0;
  }

  private void close(int container) throws JsonRefusedException {
    finish(container);
    index[container * JsonDocument.STRIDE + 3] = nodes;
    if (kind(container) == JsonKind.OBJECT) {
      checkNames(container);
    }
  }

  private void checkNames(int object) throws JsonRefusedException {
    int names = 0;
    boolean escapes = false;
    for (int name = object + 1; name < nodes; name = after(name + 1)) {
      names++;
      escapes |= (index[name * JsonDocument.STRIDE] & JsonDocument.ESCAPED) != 0;
    }
    if (names < 2) {
      return;
    }
    if (names <= PAIRWISE_NAMES_MAX && !escapes) {
      for (int a = object + 1; a < nodes; a = after(a + 1)) {
        for (int b = after(a + 1); b < nodes; b = after(b + 1)) {
          if (Arrays.equals(in, start(a), end(a), in, start(b), end(b))) {
            throw new JsonRefusedException(JsonFault.DUPLICATE_KEY, start(b));
          }
        }
      }
    } else {
      Set<String> seen = HashSet.newHashSet(names);
      for (int name = object + 1; name < nodes; name = after(name + 1)) {
        if (!seen.add(JsonDocument.unescape(in, start(name) + 1, end(name) - 1))) {
          throw new JsonRefusedException(JsonFault.DUPLICATE_KEY, start(name));
        }
      }
    }
  }

  @SuppressWarnings("EnumOrdinal") // the index lives no longer than the process
  private int add(JsonKind kind, int start) throws JsonRefusedException {
    if (nodes == limits.tokensMax()) {
      throw refused(JsonFault.TOKENS);
    }
    int base = nodes * JsonDocument.STRIDE;
    if (base == index.length) {
      index = Arrays.copyOf(index, index.length * 2);
    }
    index[base] = kind.ordinal();
    index[base + 1] = start;
    index[base + 3] = nodes + 1;
    return nodes++;
  }

  private void finish(int node) {
    index[node * JsonDocument.STRIDE + 2] = at;
  }

  private JsonKind kind(int node) {
    return JsonDocument.KINDS[index[node * JsonDocument.STRIDE] & 0xff];
  }

  private int start(int node) {
    return index[node * JsonDocument.STRIDE + 1];
  }

  private int end(int node) {
    return index[node * JsonDocument.STRIDE + 2];
  }

  private int after(int node) {
    return index[node * JsonDocument.STRIDE + 3];
  }

  private void white() {
    while (at < in.length
        && (in[at] == ' ' || in[at] == '\n' || in[at] == '\r' || in[at] == '\t')) {
      at++;
    }
  }

  private byte next() throws JsonRefusedException {
    if (at >= in.length) {
      throw refused(JsonFault.SYNTAX);
    }
    return in[at];
  }

  /** The byte here, or -1 at the end; no byte of the grammar is -1. */
  private int peek() {
    return at < in.length ? in[at] : -1;
  }

  private JsonRefusedException refused(JsonFault fault) {
    return new JsonRefusedException(fault, at);
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.json;

import java.nio.charset.StandardCharsets;

/**
 * A JSON text (RFC 8259) that is also I-JSON (RFC 7493) in all but number range, with an index over
 * its bytes. The bytes are kept as they are, so what was read here is what can be forwarded.
 *
 * <p>The index is one flat array of nodes in document order; an object's children are name, value,
 * name, value. Nothing is decoded before it is asked for.
 */
public final class JsonDocument {
  /** Ints in the index for each node: kind and flags, start, end, node after its subtree. */
  static final int STRIDE = 4;

  static final int ESCAPED = 0x100;
  private static final int KIND_MASK = 0xff;
  static final JsonKind[] KINDS = JsonKind.values();

  private final byte[] bytes;
  private final int[] index;
  private final int lossyNumberOffset;

  JsonDocument(byte[] bytes, int[] index, int lossyNumberOffset) {
    this.bytes = bytes;
    this.index = index;
    this.lossyNumberOffset = lossyNumberOffset;
  }

  /**
   * Reads a whole text in one pass.
   *
   * @param bytes kept, not copied; must not be changed afterwards
   * @throws JsonRefusedException when it is not strict JSON or over a limit
   */
  public static JsonDocument parse(byte[] bytes, JsonLimits limits) throws JsonRefusedException {
    return new JsonParser(bytes, limits).parse();
  }

  /** The value. */
  public JsonValue root() {
    return new JsonValue(this, 0);
  }

  /** What the index takes in memory: of texts of many small values, several times what they do. */
  public long indexBytes() {
    return (long) index.length * Integer.BYTES;
  }

  /** The text. */
  public byte[] bytes() {
    return bytes;
  }

  /** Whether a number in it would be another one after it went through a double. */
  public boolean hasLossyNumber() {
    return lossyNumberOffset >= 0;
  }

  /** Where the first such number is, or -1. */
  public int lossyNumberOffset() {
    return lossyNumberOffset;
  }

  JsonKind kind(int node) {
    return KINDS[index[node * STRIDE] & KIND_MASK];
  }

  boolean escaped(int node) {
    return (index[node * STRIDE] & ESCAPED) != 0;
  }

  int start(int node) {
    return index[node * STRIDE + 1];
  }

  int end(int node) {
    return index[node * STRIDE + 2];
  }

  int after(int node) {
    return index[node * STRIDE + 3];
  }

  /** A string node's text. */
  String text(int node) {
    int from = start(node) + 1;
    int to = end(node) - 1;
    return escaped(node)
        ? unescape(bytes, from, to)
        : new String(bytes, from, to - from, StandardCharsets.UTF_8);
  }

  /** Undoes escapes that the parser has checked. */
  static String unescape(byte[] bytes, int from, int to) {
    StringBuilder text = new StringBuilder(to - from);
    int plain = from;
    int at = from;
    while (at < to) {
      if (bytes[at] != '\\') {
        at++;
        continue;
      }
      text.append(new String(bytes, plain, at - plain, StandardCharsets.UTF_8));
      byte escape = bytes[at + 1];
      at += 2;
      switch (escape) {
        case 'b' -> text.append('\b');
        case 'f' -> text.append('\f');
        case 'n' -> text.append('\n');
        case 'r' -> text.append('\r');
        case 't' -> text.append('\t');
        case 'u' -> {
          text.append((char) JsonLexer.hex4(bytes, at));
          at += 4;
        }
        default -> text.append((char) escape);
      }
      plain = at;
    }
    return text.append(new String(bytes, plain, to - plain, StandardCharsets.UTF_8)).toString();
  }
}

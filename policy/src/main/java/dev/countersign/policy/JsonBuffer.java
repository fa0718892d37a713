// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.policy;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Compact JSON as UTF-8 in a buffer that is used again: the policy input is written once for each
 * decision, on the fast path, and nothing else is made on the way. Commas are its own business,
 * well-formedness beyond that the writer's.
 *
 * <p>Confined to one thread.
 */
final class JsonBuffer {
  private static final int BYTES_AT_START = 512;
  private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] TRUE = "true".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] FALSE = "false".getBytes(StandardCharsets.US_ASCII);

  private final int bytesMax;
  private byte[] bytes;
  private int length;

  /**
   * @param bytesMax how long it may become; one byte more is an {@link IllegalArgumentException}
   */
  JsonBuffer(int bytesMax) {
    this.bytesMax = bytesMax;
    this.bytes = new byte[Math.min(BYTES_AT_START, bytesMax)];
  }

  /** The buffer; what was written is its first {@link #length} bytes. */
  byte[] bytes() {
    return bytes;
  }

  int length() {
    return length;
  }

  void reset() {
    length = 0;
  }

  void open(char bracket) {
    separate();
    put(bracket);
  }

  void close(char bracket) {
    put(bracket);
  }

  /** The name of a member; made of plain ASCII by the caller. */
  void name(String name) {
    separate();
    put('"');
    ascii(name);
    put('"');
    put(':');
  }

  /** Makes the text just written the name of a member. */
  void colon() {
    put(':');
  }

  void number(long value) {
    separate();
    ascii(Long.toString(value));
  }

  void literal(boolean value) {
    byte[] word = value ? TRUE : FALSE;
    raw(word, 0, word.length);
  }

  /** JSON text from elsewhere, verbatim. */
  void raw(byte[] document, int start, int end) {
    separate();
    reserve(end - start);
    System.arraycopy(document, start, bytes, length, end - start);
    length += end - start;
  }

  /**
   * A text.
   *
   * @throws IllegalArgumentException when it has half of a character, which UTF-8 cannot say
   */
  void text(String text) {
    separate();
    put('"');
    int i = 0;
    while (i < text.length()) {
      char c = text.charAt(i);
      if (c < 0x80) {
        escaped(c);
        i++;
      } else {
        int codePoint = text.codePointAt(i);
        multibyte(codePoint);
        i += Character.charCount(codePoint);
      }
    }
    put('"');
  }

  private void ascii(String text) {
    for (int i = 0; i < text.length(); i++) {
      put(text.charAt(i));
    }
  }

  private void escaped(char c) {
    if (c == '"' || c == '\\') {
      put('\\');
      put(c);
    } else if (c >= 0x20) {
      put(c);
    } else {
      ascii("\\u00");
      put((char) HEX[c >> 4]);
      put((char) HEX[c & 0xf]);
    }
  }

  private void multibyte(int c) {
    if (c < 0x800) {
      put((char) (0xc0 | (c >> 6)));
    } else if (c < 0x10000) {
      if (Character.isSurrogate((char) c)) {
        throw new IllegalArgumentException("a text has half of a character");
      }
      put((char) (0xe0 | (c >> 12)));
      continuation(c >> 6);
    } else {
      put((char) (0xf0 | (c >> 18)));
      continuation(c >> 12);
      continuation(c >> 6);
    }
    continuation(c);
  }

  private void continuation(int bits) {
    put((char) (0x80 | (bits & 0x3f)));
  }

  private void separate() {
    if (length > 0) {
      byte last = bytes[length - 1];
      if (last != '{' && last != '[' && last != ':') {
        put(',');
      }
    }
  }

  private void put(char octet) {
    if (length == bytes.length) {
      reserve(1);
    }
    bytes[length++] = (byte) octet;
  }

  private void reserve(int count) {
    if (count > bytesMax - length) {
      throw new IllegalArgumentException("it is over " + bytesMax + " bytes");
    }
    if (count > bytes.length - length) {
      bytes = Arrays.copyOf(bytes, Math.min(bytesMax, Math.max(length + count, 2 * bytes.length)));
    }
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.audit;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Canonical JSON lines under construction, in one array that is used again for every group.
 *
 * <p>Writes what RFC 8785 prescribes for texts (section 3.2.2.2) and for whole numbers within 2^53
 * (3.2.2.3). The order of members (3.2.3) is the caller's: it writes them sorted. A text's limit
 * counts its bytes as they stand in the line, so that the sum of the limits bounds the line.
 *
 * <p>Confined to one thread.
 */
final class LineBuffer {
  private static final long NUMBER_MAX = (1L << 53) - 1;
  private static final byte[] CUT = "…".getBytes(StandardCharsets.UTF_8);
  private static final byte[] HEX = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

  private static final boolean[] PLAIN = new boolean[0x80];

  static {
    Arrays.fill(PLAIN, 0x20, 0x80, true);
    PLAIN['"'] = false;
    PLAIN['\\'] = false;
  }

  private final byte[] bytes;
  private int size;

  /**
   * @param capacity the group's bound and one line more; writing past it is a bug and throws
   */
  LineBuffer(int capacity) {
    this.bytes = new byte[capacity];
  }

  byte[] array() {
    return bytes;
  }

  int size() {
    return size;
  }

  /** Forgets what was written after a mark that {@link #size} gave. */
  void rewind(int mark) {
    size = mark;
  }

  /** What was written after a mark. */
  ByteBuffer from(int mark) {
    return ByteBuffer.wrap(bytes, mark, size - mark);
  }

  LineBuffer beginObject() {
    put('{');
    return this;
  }

  LineBuffer beginObject(String name) {
    name(name);
    put('{');
    return this;
  }

  LineBuffer endObject() {
    put('}');
    return this;
  }

  void endLine() {
    put('\n');
  }

  /** Writes a member, or nothing for null. */
  LineBuffer member(String name, @Nullable String text, int bytesMax) {
    if (text != null) {
      name(name);
      quoted(text, bytesMax);
    }
    return this;
  }

  LineBuffer member(String name, boolean value) {
    name(name);
    ascii(value ? "true" : "false");
    return this;
  }

  /** Writes a member whose name comes from outside this package. */
  LineBuffer named(String name, long number) {
    comma();
    quoted(name, LeafEncoder.WORD);
    put(':');
    number(number);
    return this;
  }

  /** Writes a number; one that a double could not hold exactly becomes the nearest that it can. */
  LineBuffer member(String name, long number) {
    name(name);
    number(number);
    return this;
  }

  private void number(long number) {
    ascii(Long.toString(Math.clamp(number, -NUMBER_MAX, NUMBER_MAX)));
  }

  /** Writes a list of texts; of a longer one the last element only says that it was cut. */
  LineBuffer member(String name, List<String> texts, int elementsMax, int bytesMax) {
    name(name);
    put('[');
    boolean cut = texts.size() > elementsMax;
    int count = cut ? elementsMax - 1 : texts.size();
    for (int i = 0; i < count; i++) {
      comma();
      quoted(texts.get(i), bytesMax);
    }
    if (cut) {
      comma();
      quoted("…", CUT.length);
    }
    put(']');
    return this;
  }

  /** Names are this package's own, plain ASCII and short. */
  private void name(String name) {
    comma();
    put('"');
    ascii(name);
    put('"');
    put(':');
  }

  private void comma() {
    byte last = bytes[size - 1];
    if (last != '{' && last != '[') {
      put(',');
    }
  }

  private void quoted(String text, int bytesMax) {
    put('"');
    int end = size + bytesMax;
    int i = plain(text, Math.min(text.length(), bytesMax));
    // The last place where the mark of a cut would still fit.
    int cutAt = Math.min(size, end - CUT.length);
    for (; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c < 0x80) {
        single(c);
      } else if (Character.isSurrogate(c)) {
        i += pair(text, i);
      } else {
        multiple(c);
      }
      if (size > end) {
        size = cutAt;
        System.arraycopy(CUT, 0, bytes, size, CUT.length);
        size += CUT.length;
        break;
      }
      if (size <= end - CUT.length) {
        cutAt = size;
      }
    }
    put('"');
  }

  /**
   * Writes characters as long as they stand for themselves, which most texts do to their end.
   *
   * @return how many
   */
  private int plain(String text, int charsMax) {
    byte[] to = bytes;
    int at = size;
    int i = 0;
    for (; i < charsMax; i++) {
      char c = text.charAt(i);
      if (c >= 0x80 || !PLAIN[c]) {
        break;
      }
      to[at + i] = (byte) c;
    }
    size = at + i;
    return i;
  }

  private void single(char c) {
    switch (c) {
      case '"', '\\' -> escape(c);
      case '\b' -> escape('b');
      case '\f' -> escape('f');
      case '\n' -> escape('n');
      case '\r' -> escape('r');
      case '\t' -> escape('t');
      default -> {
        if (c < 0x20) {
          ascii("\\u00");
          bytes[size++] = HEX[c >> 4];
          bytes[size++] = HEX[c & 15];
        } else {
          bytes[size++] = (byte) c;
        }
      }
    }
  }

  private void escape(char c) {
    bytes[size++] = '\\';
    bytes[size++] = (byte) c;
  }

  private void multiple(int c) {
    if (c < 0x800) {
      bytes[size++] = (byte) (0xc0 | (c >> 6));
    } else {
      bytes[size++] = (byte) (0xe0 | (c >> 12));
      bytes[size++] = continuation(c >> 6);
    }
    bytes[size++] = continuation(c);
  }

  /**
   * Writes the character that begins at a surrogate. Half a character has no form in UTF-8: the
   * replacement character stands for it.
   *
   * @return how many further chars it took
   */
  private int pair(String text, int at) {
    int point = text.codePointAt(at);
    if (!Character.isSupplementaryCodePoint(point)) {
      multiple('\ufffd');
      return 0;
    }
    bytes[size++] = (byte) (0xf0 | (point >> 18));
    bytes[size++] = continuation(point >> 12);
    bytes[size++] = continuation(point >> 6);
    bytes[size++] = continuation(point);
    return 1;
  }

  private static byte continuation(int bits) {
    return (byte) (0x80 | (bits & 0x3f));
  }

  @SuppressWarnings("deprecation") // of all texts it makes bytes of, ASCII is what it is right for
  private void ascii(String text) {
    text.getBytes(0, text.length(), bytes, size);
    size += text.length();
  }

  private void put(char c) {
    bytes[size++] = (byte) c;
  }
}

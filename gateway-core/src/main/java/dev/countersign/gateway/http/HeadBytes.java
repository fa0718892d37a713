// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import java.util.Arrays;

/**
 * Writes the head of an HTTP/1.1 message, and its body behind it, so that both leave in one buffer
 * and one system call. Takes no line break and no control character inside a line, whoever asks.
 * One is enough for a loop; confined to it.
 */
public final class HeadBytes {
  private static final int FIRST_BYTES = 1 << 10;
  private static final int KEPT_BYTES_MAX = 64 << 10;
  private static final int NUMBER_BYTES_MAX = 20;

  private byte[] bytes = new byte[FIRST_BYTES];
  private int length;

  /** Begins a head with its first line, without its end. */
  public HeadBytes begin(String line) {
    if (bytes.length > KEPT_BYTES_MAX) {
      bytes = new byte[FIRST_BYTES];
    }
    length = 0;
    return text(line).lineEnd();
  }

  /**
   * Adds a header line.
   *
   * @throws IllegalArgumentException when the value cannot be one (RFC 9110 section 5.5)
   */
  public HeadBytes header(String name, String value) {
    return text(name).separator().text(value).lineEnd();
  }

  /** Adds a header line whose value is a number that is not negative. */
  public HeadBytes header(String name, long value) {
    text(name).separator();
    ensure(NUMBER_BYTES_MAX);
    int end = length + 1;
    for (long rest = value; rest >= 10; rest /= 10) {
      end++;
    }
    long rest = value;
    for (int at = end - 1; at >= length; at--) {
      bytes[at] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
    length = end;
    return lineEnd();
  }

  /** Ends the head: all of it, with a body behind it that may be empty. */
  public ByteBuf end(ByteBufAllocator buffers, byte[] body) {
    lineEnd();
    ByteBuf whole = buffers.directBuffer(length + body.length);
    whole.writeBytes(bytes, 0, length);
    whole.writeBytes(body);
    return whole;
  }

  private HeadBytes separator() {
    ensure(2);
    bytes[length++] = ':';
    bytes[length++] = ' ';
    return this;
  }

  private HeadBytes lineEnd() {
    ensure(2);
    bytes[length++] = '\r';
    bytes[length++] = '\n';
    return this;
  }

  private HeadBytes text(String text) {
    int chars = text.length();
    ensure(chars);
    for (int i = 0; i < chars; i++) {
      char c = text.charAt(i);
      if ((c < ' ' && c != '\t') || c == 0x7f) {
        throw new IllegalArgumentException("a control character in a head");
      }
      bytes[length + i] = c > 0xff ? (byte) '?' : (byte) c;
    }
    length += chars;
    return this;
  }

  private void ensure(int more) {
    if (bytes.length - length < more) {
      bytes = Arrays.copyOf(bytes, Math.max(2 * bytes.length, length + more));
    }
  }
}

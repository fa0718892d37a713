// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.wire;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Reads the HTTP/1.1 messages of one connection, however they are cut into pieces. Of a body the
 * beginning is kept, the rest counted. Trusts its peer: both ends belong to the bench.
 */
public final class MessageReader {
  /** Of a body, so much is kept. */
  public static final int KEPT_BYTES = 1024;

  private static final int HEAD_BYTES_MAX = 64 << 10;
  private static final byte[] CONTENT_LENGTH = bytes("content-length:");
  private static final byte[] TRANSFER_ENCODING = bytes("transfer-encoding:");

  private enum Part {
    HEAD,
    BODY,
    CHUNK_SIZE,
    CHUNK,
    CHUNK_END,
    LAST_LINE
  }

  private byte[] head = new byte[2048];
  private final byte[] kept = new byte[KEPT_BYTES];
  private Part part = Part.HEAD;
  private int headLength;
  private int keptLength;
  private long bodyLength;
  private long remaining;
  private int lineLength;

  /**
   * Takes bytes up to the end of one message.
   *
   * @return whether a message is complete; what it was can be asked until the next call
   * @throws IllegalStateException when the bytes are no such message
   */
  public boolean read(ByteBuf in) {
    while (in.isReadable()) {
      boolean whole =
          switch (part) {
            case HEAD -> readHead(in);
            case BODY -> readBody(in);
            case CHUNK_SIZE -> readChunkSize(in);
            case CHUNK -> readChunk(in);
            case CHUNK_END, LAST_LINE -> readLineEnd(in);
          };
      if (whole) {
        part = Part.HEAD;
        return true;
      }
    }
    return false;
  }

  /** Whether a head has come whose body has not come whole. */
  public boolean inBody() {
    return part != Part.HEAD;
  }

  private boolean readHead(ByteBuf in) {
    if (lineLength < 0) {
      lineLength = 0;
      headLength = 0;
    }
    int before = headLength;
    int taken = Math.min(in.readableBytes(), HEAD_BYTES_MAX - headLength);
    if (taken == 0) {
      throw new IllegalStateException("a head of more than " + HEAD_BYTES_MAX + " bytes");
    }
    if (headLength + taken > head.length) {
      head = Arrays.copyOf(head, Math.max(headLength + taken, 2 * head.length));
    }
    in.getBytes(in.readerIndex(), head, headLength, taken);
    headLength += taken;
    int end = headEnd(Math.max(0, before - 3));
    if (end < 0) {
      in.skipBytes(taken);
      return false;
    }
    in.skipBytes(end - before);
    headLength = end;
    lineLength = -1;
    return beginBody();
  }

  private int headEnd(int from) {
    for (int i = from; i + 3 < headLength; i++) {
      if (head[i + 3] == '\n' && head[i + 2] == '\r' && head[i + 1] == '\n' && head[i] == '\r') {
        return i + 4;
      }
    }
    return -1;
  }

  private boolean beginBody() {
    keptLength = 0;
    bodyLength = 0;
    if (valueAt(TRANSFER_ENCODING) >= 0) {
      remaining = 0;
      part = Part.CHUNK_SIZE;
      return false;
    }
    int at = valueAt(CONTENT_LENGTH);
    remaining = at < 0 ? 0 : number(head, at, headLength);
    part = Part.BODY;
    return remaining == 0;
  }

  /** Where a header's value begins, or -1. */
  private int valueAt(byte[] nameAndColon) {
    for (int line = nextLine(0); line < headLength - 2; line = nextLine(line)) {
      if (startsWith(line, nameAndColon)) {
        int at = line + nameAndColon.length;
        while (head[at] == ' ') {
          at++;
        }
        return at;
      }
    }
    return -1;
  }

  private int nextLine(int at) {
    int i = at;
    while (i < headLength && head[i] != '\n') {
      i++;
    }
    return i + 1;
  }

  private boolean startsWith(int at, byte[] lowerCase) {
    if (at + lowerCase.length > headLength) {
      return false;
    }
    for (int i = 0; i < lowerCase.length; i++) {
      byte b = head[at + i];
      byte lower = b >= 'A' && b <= 'Z' ? (byte) (b + 32) : b;
      if (lower != lowerCase[i]) {
        return false;
      }
    }
    return true;
  }

  private boolean readBody(ByteBuf in) {
    keep(in);
    return remaining == 0;
  }

  private boolean readChunk(ByteBuf in) {
    keep(in);
    if (remaining == 0) {
      part = Part.CHUNK_END;
    }
    return false;
  }

  private void keep(ByteBuf in) {
    int taken = (int) Math.min(in.readableBytes(), remaining);
    int kept = Math.min(taken, KEPT_BYTES - keptLength);
    in.readBytes(this.kept, keptLength, kept);
    in.skipBytes(taken - kept);
    keptLength += kept;
    bodyLength += taken;
    remaining -= taken;
  }

  private boolean readChunkSize(ByteBuf in) {
    byte b = in.readByte();
    if (b == '\n') {
      part = remaining == 0 ? Part.LAST_LINE : Part.CHUNK;
    } else if (b != '\r') {
      remaining = 16 * remaining + Character.digit(b, 16);
    }
    return false;
  }

  private boolean readLineEnd(ByteBuf in) {
    if (in.readByte() != '\n') {
      return false;
    }
    boolean last = part == Part.LAST_LINE;
    part = Part.CHUNK_SIZE;
    return last;
  }

  /** The status of an answer. */
  public int status() {
    return (int) number(head, 9, headLength);
  }

  /** The first line, without its end. */
  public String firstLine() {
    int end = nextLine(0) - 2;
    return new String(head, 0, Math.max(0, end), StandardCharsets.ISO_8859_1);
  }

  /** A header's value as sent, or empty. */
  public String header(String lowerCaseName) {
    int at = valueAt(bytes(lowerCaseName + ":"));
    return at < 0
        ? ""
        : new String(head, at, nextLine(at) - 2 - at, StandardCharsets.ISO_8859_1).trim();
  }

  /** Whether the head is, byte for byte, what another was from its beginning to its first blank. */
  public boolean targetIs(byte[] methodAndTarget) {
    if (headLength <= methodAndTarget.length || head[methodAndTarget.length] != ' ') {
      return false;
    }
    return Arrays.equals(
        head, 0, methodAndTarget.length, methodAndTarget, 0, methodAndTarget.length);
  }

  /** Bytes of the whole body. */
  public long bodyLength() {
    return bodyLength;
  }

  /** How much of the body is kept. */
  public int keptLength() {
    return keptLength;
  }

  /** The beginning of the body; the reader's own array. */
  public byte[] kept() {
    return kept;
  }

  /** A decimal number, as far as it goes. */
  public static long number(byte[] bytes, int from, int to) {
    long value = 0;
    for (int i = from; i < to && bytes[i] >= '0' && bytes[i] <= '9'; i++) {
      value = 10 * value + bytes[i] - '0';
    }
    return value;
  }

  /** ASCII text as bytes. */
  public static byte[] bytes(String ascii) {
    return ascii.getBytes(StandardCharsets.ISO_8859_1);
  }
}

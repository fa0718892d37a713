// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

import io.netty.buffer.ByteBuf;
import io.netty.util.ByteProcessor;
import org.jspecify.annotations.Nullable;

/**
 * Reads the bytes of heads and of chunk framing before they are taken, and refuses what others
 * repair, skip or join (RFC 9112 sections 2.2, 3, 5 and 7.1): folded lines, lone line ends, control
 * characters, odd spaces in the request line, chunk sizes that overflow, long chunk extensions,
 * trailers. Keeps a few numbers and no bytes; confined to its connection.
 */
final class FramingScan {
  /** RFC 9112 section 7.1.1 wants a bound; nothing here has a use for one extension. */
  static final int EXTENSION_BYTES_MAX = 256;

  private static final int SIZE_DIGITS_MAX = 8;

  /** Where in the framing the next byte is. */
  private enum At {
    BEFORE_HEAD,
    BEFORE_HEAD_LF,
    REQUEST_LINE,
    LINE_LF,
    HEADER_START,
    HEADER,
    HEAD_LAST_LF,
    CHUNK_SIZE,
    CHUNK_EXTENSION,
    CHUNK_SIZE_LF,
    CHUNK_DATA,
    CHUNK_DATA_CR,
    CHUNK_DATA_LF,
    LAST_CR,
    LAST_LF,
    /** Nothing to look at before the decoder says what follows. */
    NOTHING
  }

  private final ByteProcessor taking = this::take;
  private At at = At.BEFORE_HEAD;
  private int ahead;
  private @Nullable String fault;
  private boolean emptyLineSeen;
  private int spaces;
  private byte last;
  private int digits;
  private long chunkBytes;
  private int extensionBytes;

  /** Begins with another head. */
  void expectHead() {
    at = At.BEFORE_HEAD;
    ahead = 0;
    emptyLineSeen = false;
    spaces = 0;
  }

  /** Goes on behind a head, with chunks. */
  void expectChunks() {
    at = At.CHUNK_SIZE;
    ahead = 0;
    digits = 0;
    chunkBytes = 0;
  }

  /** Whether the request line has begun and not ended. */
  boolean inRequestLine() {
    return at == At.REQUEST_LINE;
  }

  /**
   * Looks at what has not been looked at of a head.
   *
   * @param bytes begin with the head's first, in each call
   * @return how long the head is, or 0 when it is not whole
   * @throws IllegalArgumentException what is wrong with it
   */
  int head(byte[] bytes, int length) {
    while (at != At.NOTHING && ahead < length) {
      if (at == At.HEADER) {
        skipText(bytes, length);
        if (ahead == length) {
          return 0;
        }
      }
      String wrong = step(bytes[ahead]);
      ahead++;
      if (wrong != null) {
        throw new IllegalArgumentException(wrong);
      }
    }
    return at == At.NOTHING ? ahead : 0;
  }

  /** Most of a head is this. */
  private void skipText(byte[] bytes, int length) {
    int i = ahead;
    while (i < length && (bytes[i] >= ' ' || bytes[i] < 0) && bytes[i] != 0x7f) {
      i++;
    }
    ahead = i;
  }

  /** Tells how many bytes the decoder has taken. */
  void consumed(int bytes) {
    ahead = Math.max(0, ahead - bytes);
  }

  /** Looks at what has not been looked at of chunks; returns what is wrong with it, or null. */
  @Nullable String chunks(ByteBuf in) {
    fault = null;
    while (fault == null && at != At.NOTHING && ahead < in.readableBytes()) {
      int unseen = in.readableBytes() - ahead;
      if (at == At.CHUNK_DATA) {
        skipData(unseen);
      } else {
        int stopped = in.forEachByte(in.readerIndex() + ahead, unseen, taking);
        ahead += stopped < 0 ? unseen : stopped - in.readerIndex() - ahead + 1;
      }
    }
    return fault;
  }

  /** Takes one byte; returns whether the next one is framing as well. */
  private boolean take(byte b) {
    fault = step(b);
    return fault == null && at != At.NOTHING && at != At.CHUNK_DATA;
  }

  private void skipData(int available) {
    int skipped = (int) Math.min(chunkBytes, available);
    chunkBytes -= skipped;
    ahead += skipped;
    if (chunkBytes == 0) {
      at = At.CHUNK_DATA_CR;
    }
  }

  private @Nullable String step(byte b) {
    return switch (at) {
      case BEFORE_HEAD -> beforeHead(b);
      case BEFORE_HEAD_LF -> {
        emptyLineSeen = true;
        yield expect(b, '\n', At.BEFORE_HEAD);
      }
      case REQUEST_LINE -> requestLine(b);
      case LINE_LF -> expect(b, '\n', At.HEADER_START);
      case HEADER_START -> headerStart(b);
      case HEADER -> header(b);
      case HEAD_LAST_LF, LAST_LF -> expect(b, '\n', At.NOTHING);
      case CHUNK_SIZE -> chunkSize(b);
      case CHUNK_EXTENSION -> chunkExtension(b);
      case CHUNK_SIZE_LF -> expect(b, '\n', chunkBytes == 0 ? At.LAST_CR : At.CHUNK_DATA);
      case CHUNK_DATA_CR -> expect(b, '\r', At.CHUNK_DATA_LF);
      case CHUNK_DATA_LF -> {
        digits = 0;
        yield expect(b, '\n', At.CHUNK_SIZE);
      }
      case LAST_CR -> b == '\r' ? expect(b, '\r', At.LAST_LF) : "trailers are not taken";
      case CHUNK_DATA, NOTHING -> throw new IllegalStateException("nothing to look at");
    };
  }

  /** RFC 9112 section 2.2 wants one empty line before a request line to be ignored. */
  private @Nullable String beforeHead(byte b) {
    if (b == '\r' && !emptyLineSeen) {
      at = At.BEFORE_HEAD_LF;
      return null;
    }
    last = ' ';
    at = At.REQUEST_LINE;
    return requestLine(b);
  }

  private @Nullable String requestLine(byte b) {
    if (b == '\r') {
      at = At.LINE_LF;
      return spaces == 2 && last != ' ' ? null : "a request line is method, target and version";
    }
    if (b == ' ') {
      spaces++;
      if (last == ' ') {
        return "two spaces in the request line";
      }
    } else if (b < '!' || b > '~') {
      return "a character that no request line may have";
    }
    last = b;
    return null;
  }

  private @Nullable String headerStart(byte b) {
    if (b == '\r') {
      at = At.HEAD_LAST_LF;
      return null;
    }
    if (b == ' ' || b == '\t') {
      return "a folded header line";
    }
    at = At.HEADER;
    return header(b);
  }

  private @Nullable String header(byte b) {
    if (b == '\r') {
      at = At.LINE_LF;
      return null;
    }
    boolean control = (b >= 0 && b < ' ' && b != '\t') || b == 0x7f;
    return control ? "a control character in a header" : null;
  }

  private @Nullable String chunkSize(byte b) {
    int digit = Character.digit(b, 16);
    if (digit >= 0) {
      chunkBytes = (digits == 0 ? 0 : chunkBytes) * 16 + digit;
      digits++;
      return digits > SIZE_DIGITS_MAX || chunkBytes > Integer.MAX_VALUE
          ? "a chunk size out of range"
          : null;
    }
    if (digits == 0) {
      return "a chunk without a size";
    }
    if (b == ';') {
      extensionBytes = 0;
      at = At.CHUNK_EXTENSION;
      return null;
    }
    return expect(b, '\r', At.CHUNK_SIZE_LF);
  }

  private @Nullable String chunkExtension(byte b) {
    if (b == '\r') {
      at = At.CHUNK_SIZE_LF;
      return null;
    }
    extensionBytes++;
    if (extensionBytes > EXTENSION_BYTES_MAX) {
      return "a chunk extension over the limit";
    }
    return header(b);
  }

  private @Nullable String expect(byte found, char wanted, At then) {
    at = then;
    return found == wanted ? null : "a line that does not end as it must";
  }
}

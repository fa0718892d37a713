// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.stdio;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/**
 * Cuts a stream of bytes into lines, none of them longer than a bound: of a longer one only its
 * beginning is kept, so that memory stays bounded whatever the other side writes. Blocks; one
 * thread.
 */
public final class BoundedLines {
  private static final int PIECE_BYTES = 16 << 10;

  private final InputStream in;
  private final int lineBytesMax;

  /** Takes the lines, on the reading thread; may block it, which holds the writer up. */
  public interface Sink {
    /** A whole line without its end ({@code LF} or {@code CRLF}). */
    void line(byte[] line);

    /** The beginning of a line that is longer than the bound; the rest of it is skipped. */
    void tooLong(byte[] beginning);
  }

  /**
   * @param lineBytesMax a line without its end
   */
  public BoundedLines(InputStream in, int lineBytesMax) {
    this.in = in;
    this.lineBytesMax = lineBytesMax;
  }

  /**
   * Reads to the end of the stream. A last line without an end is not whole, and is dropped.
   *
   * @throws IOException when the stream breaks
   */
  public void readTo(Sink sink) throws IOException {
    ByteArrayOutputStream held = new ByteArrayOutputStream(1024);
    byte[] piece = new byte[PIECE_BYTES];
    boolean skipping = false;
    for (int got = in.read(piece); got >= 0; got = in.read(piece)) {
      int start = 0;
      for (int at = 0; at < got; at++) {
        if (piece[at] != '\n') {
          continue;
        }
        if (!skipping) {
          skipping = keep(held, piece, start, at, sink);
        }
        if (!skipping) {
          whole(held, sink);
        }
        skipping = false;
        start = at + 1;
      }
      if (!skipping) {
        skipping = keep(held, piece, start, got, sink);
      }
    }
  }

  /** Whether the line has become too long, so that the rest of it is of no use. */
  private boolean keep(ByteArrayOutputStream held, byte[] piece, int start, int end, Sink sink) {
    // One more for the CR that may belong to the line's end.
    int room = lineBytesMax + 1 - held.size();
    held.write(piece, start, Math.min(end - start, room));
    if (end - start <= room) {
      return false;
    }
    byte[] beginning = held.toByteArray();
    held.reset();
    sink.tooLong(beginning);
    return true;
  }

  private void whole(ByteArrayOutputStream held, Sink sink) {
    byte[] line = held.toByteArray();
    // A long line must not keep its memory once it is over.
    held.reset();
    int length = line.length > 0 && line[line.length - 1] == '\r' ? line.length - 1 : line.length;
    if (length > lineBytesMax) {
      sink.tooLong(line);
    } else {
      sink.line(length == line.length ? line : Arrays.copyOf(line, length));
    }
  }
}

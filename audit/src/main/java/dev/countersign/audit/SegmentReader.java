// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.audit;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The whole lines of a segment, up to the first thing that is none: the file's end, a zero, a line
 * without an end, or one that is longer than any leaf.
 *
 * <p>The file may grow meanwhile. Confined to one thread.
 */
final class SegmentReader implements Closeable {
  private static final int BLOCK_BYTES = 1 << 18;

  private final FileChannel channel;
  private final byte[] block = new byte[BLOCK_BYTES];
  private int lineBegin;
  private int begin;
  private int end;
  private long position;

  SegmentReader(Path segment) throws IOException {
    this(segment, 0);
  }

  /**
   * @param from where a line begins
   */
  SegmentReader(Path segment, long from) throws IOException {
    this.channel = FileChannel.open(segment, StandardOpenOption.READ);
    this.position = from;
  }

  /** The next whole line without its end, or null. */
  byte @Nullable [] next() throws IOException {
    return advance() ? line() : null;
  }

  /**
   * Goes to the next whole line.
   *
   * @return false when there is none
   */
  boolean advance() throws IOException {
    int at = begin;
    while (true) {
      for (; at < end; at++) {
        byte b = block[at];
        if (b == '\n') {
          lineBegin = begin;
          position += at + 1 - begin;
          begin = at + 1;
          return true;
        }
        if (b == 0 || at - begin == LeafEncoder.LINE_BYTES_MAX) {
          return false;
        }
      }
      int pending = end - begin;
      if (!fill()) {
        return false;
      }
      at = begin + pending;
    }
  }

  /** A copy of the line, without its end. */
  byte[] line() {
    return Arrays.copyOfRange(block, lineBegin, lineEnd());
  }

  /** What holds the line until the next is gone to; not to be changed. */
  byte[] block() {
    return block;
  }

  /** Where the line begins in the block. */
  int lineBegin() {
    return lineBegin;
  }

  /** Where its end is in the block. */
  int lineEnd() {
    return begin - 1;
  }

  private boolean fill() throws IOException {
    int pending = end - begin;
    System.arraycopy(block, begin, block, 0, pending);
    begin = 0;
    end = pending;
    int read =
        channel.read(ByteBuffer.wrap(block, end, BLOCK_BYTES - end), position + (end - begin));
    if (read <= 0) {
      return false;
    }
    end += read;
    return true;
  }

  /** Where the last whole line ended. */
  long position() {
    return position;
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}

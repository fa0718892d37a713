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
    int at = begin;
    while (true) {
      for (; at < end; at++) {
        byte b = block[at];
        if (b == '\n') {
          byte[] line = Arrays.copyOfRange(block, begin, at);
          position += at + 1 - begin;
          begin = at + 1;
          return line;
        }
        if (b == 0 || at - begin == LeafEncoder.LINE_BYTES_MAX) {
          return null;
        }
      }
      int pending = end - begin;
      if (!fill()) {
        return null;
      }
      at = begin + pending;
    }
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

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.audit;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/**
 * The segment that is written to. Its file runs ahead of its content with zeros, so that a sync has
 * data to write and no file size.
 *
 * <p>The zeros are laid in steps: taking a whole segment at once would stop the writer for a tenth
 * of a second at each rotation, a step costs about as much as a few syncs.
 *
 * <p>Confined to the log's thread.
 */
final class SegmentFile implements Closeable {
  /** The file never runs further ahead of a group's end. */
  static final int AHEAD_BYTES = 1 << 18;

  private static final ByteBuffer ZEROS = ByteBuffer.allocateDirect(1 << 16).asReadOnlyBuffer();

  private final Path path;
  private final Disk.LogFile file;
  private final long bytesMax;
  private long prepared;

  private SegmentFile(Path path, Disk.LogFile file, long bytesMax, long prepared) {
    this.path = path;
    this.file = file;
    this.bytesMax = bytesMax;
    this.prepared = prepared;
  }

  static SegmentFile create(Path path, Disk disk, long bytesMax) throws IOException {
    return new SegmentFile(path, disk.create(path), bytesMax, 0);
  }

  /**
   * Opens the segment that a log ends in, and durably cuts what follows that end.
   *
   * @throws IOException also when the file does not end there with the line it should: then it is
   *     not the file that was written
   */
  static SegmentFile resume(Path path, Disk disk, long bytesMax, LogEnd end) throws IOException {
    Disk.LogFile file = disk.open(path);
    try {
      if (!endsAsWritten(file, end)) {
        throw new IOException(
            "segment " + Segments.name(path) + " no longer holds what was written to it");
      }
      file.truncate(end.position());
      file.force();
      return new SegmentFile(path, file, bytesMax, end.position());
    } catch (IOException | RuntimeException e) {
      try {
        file.close();
      } catch (IOException suppressed) {
        e.addSuppressed(suppressed);
      }
      throw e;
    }
  }

  private static boolean endsAsWritten(Disk.LogFile file, LogEnd end) throws IOException {
    ByteBuffer line = ByteBuffer.allocate(end.lineBytes());
    long from = end.position() - end.lineBytes();
    int read = 0;
    while (line.hasRemaining() && read >= 0) {
      read = file.read(line, from + line.position());
    }
    return !line.hasRemaining()
        && new Chain().hash(line.array(), 0, end.lineBytes() - 1).equals(end.hash());
  }

  Path path() {
    return path;
  }

  /** Writes a group or a part of it. */
  void write(ByteBuffer group, long position) throws IOException {
    long groupEnd = position + group.remaining();
    fully(group, position);
    if (prepared < groupEnd) {
      zeros(groupEnd, Math.max(groupEnd, Math.min(bytesMax, groupEnd + AHEAD_BYTES)));
    }
  }

  /** Makes durable what was written. */
  void force() throws IOException {
    file.force();
  }

  private void zeros(long from, long to) throws IOException {
    for (long at = from; at < to; at += ZEROS.capacity()) {
      fully(ZEROS.slice(0, (int) Math.min(ZEROS.capacity(), to - at)), at);
    }
    prepared = to;
  }

  private void fully(ByteBuffer bytes, long position) throws IOException {
    long at = position;
    while (bytes.hasRemaining()) {
      int written = file.write(bytes, at);
      if (written <= 0) {
        throw new IOException("the disk takes no more bytes");
      }
      at += written;
    }
  }

  /** Ends the file with its content, durably. */
  void trim(long position) throws IOException {
    file.truncate(position);
    file.force();
  }

  @Override
  public void close() throws IOException {
    file.close();
  }
}

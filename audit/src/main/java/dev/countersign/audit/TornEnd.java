// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.audit;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;

/**
 * What follows the last leaf that fits, and whether a crash can have left it.
 *
 * <p>A group that was never acknowledged is the only thing that may be there. A killed process
 * leaves a prefix of it: a line without an end. A power cut may also leave its sectors in any
 * order: a hole of zeros with more of the group after it, never more than one group in all. Whole
 * lines without such a hole were durable once, and are nothing to cut; but for a single one at the
 * very end, which no later leaf confirms.
 */
final class TornEnd {
  /** Disks write whole sectors. */
  private static final int SECTOR_BYTES = 512;

  private static final int GROUP_BYTES_MAX =
      LeafWriter.GROUP_BYTES_MAX + LeafEncoder.LINE_BYTES_MAX + 1;

  /** Even zeros are not laid further ahead; more of them were something else once. */
  private static final int REST_BYTES_MAX = GROUP_BYTES_MAX + SegmentFile.AHEAD_BYTES;

  /** How it is judged. */
  enum Kind {
    /** The file ends there. */
    NOTHING,
    /** Space that was laid ahead. */
    ZEROS,
    /** What a crash leaves. */
    TORN,
    /** More than a crash can leave. */
    DAMAGED
  }

  private final Path segment;
  private final long position;
  private final Kind kind;
  private final byte[] content;

  private TornEnd(Path segment, long position, Kind kind, byte[] content) {
    this.segment = segment;
    this.position = position;
    this.kind = kind;
    this.content = content;
  }

  /** Looks at what follows a position. */
  static TornEnd of(Path segment, long position) throws IOException {
    try (InputStream in = Files.newInputStream(segment)) {
      in.skipNBytes(position);
      byte[] rest = in.readNBytes(REST_BYTES_MAX + 1);
      int length = rest.length;
      while (length > 0 && rest[length - 1] == 0) {
        length--;
      }
      byte[] content = Arrays.copyOf(rest, length);
      return new TornEnd(segment, position, judge(rest.length, content, position), content);
    }
  }

  private static Kind judge(int restBytes, byte[] content, long position) {
    if (restBytes == 0) {
      return Kind.NOTHING;
    }
    if (restBytes > REST_BYTES_MAX || content.length > GROUP_BYTES_MAX) {
      return Kind.DAMAGED;
    }
    if (content.length == 0) {
      return Kind.ZEROS;
    }
    for (int i = 0; i < content.length; i++) {
      if (content[i] == '\n') {
        return i == content.length - 1 ? Kind.TORN : Kind.DAMAGED;
      }
      if (content[i] == 0) {
        return isHole(content, i, position) ? Kind.TORN : Kind.DAMAGED;
      }
    }
    return content.length <= LeafEncoder.LINE_BYTES_MAX ? Kind.TORN : Kind.DAMAGED;
  }

  /** Whether zeros are sectors that were not written: from sector to sector, or from the end on. */
  private static boolean isHole(byte[] content, int from, long position) {
    int to = from;
    while (content[to] == 0) {
      to++;
    }
    return (from == 0 || (position + from) % SECTOR_BYTES == 0)
        && (position + to) % SECTOR_BYTES == 0;
  }

  Kind kind() {
    return kind;
  }

  /** How much is there that is not zero padding. */
  long bytes() {
    return content.length;
  }

  /** Keeps what is going to be cut in a file beside the segment, durably. */
  void keepCopy() throws IOException {
    Path copy = segment.resolveSibling(Segments.name(segment) + ".torn-" + position);
    try (FileChannel channel =
        FileChannel.open(
            copy,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE)) {
      ByteBuffer bytes = ByteBuffer.wrap(content);
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(true);
    }
  }
}

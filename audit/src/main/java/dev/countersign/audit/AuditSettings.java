// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.audit;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Where and how the log is kept. Read once, at start.
 *
 * @param directory made when missing; one log, and nothing else, lives in it
 * @param node this gateway's name, written into every leaf; a log belongs to one node for ever
 * @param segmentBytes a segment never grows past this, at least {@link #SEGMENT_BYTES_MIN}
 * @param queueMax leaves that may wait for the disk; further ones are refused
 */
public record AuditSettings(Path directory, String node, long segmentBytes, int queueMax) {
  /** A good size for a segment. */
  public static final long SEGMENT_BYTES_DEFAULT = 64L << 20;

  /** A segment holds at least some leaves of the greatest size. */
  public static final long SEGMENT_BYTES_MIN = 1L << 20;

  /** A good bound for the queue: far more than a healthy disk lets wait. */
  public static final int QUEUE_MAX_DEFAULT = 65_536;

  /** More than this would only be memory held for a disk that does not answer. */
  public static final int QUEUE_MAX_MAX = 1 << 20;

  private static final Pattern NODE = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,127}");

  /**
   * @throws IllegalArgumentException when {@link #problems} finds any
   */
  public AuditSettings {
    List<String> problems = problems(node, segmentBytes, queueMax);
    if (!problems.isEmpty()) {
      throw new IllegalArgumentException(String.join("; ", problems));
    }
  }

  /** What is wrong with values before they become settings; empty when nothing is. */
  static List<String> problems(String node, long segmentBytes, int queueMax) {
    List<String> problems = new ArrayList<>();
    if (!NODE.matcher(node).matches()) {
      problems.add(
          "node must be 1 to 128 letters, digits, dots, dashes or underscores: \"" + node + "\"");
    }
    if (segmentBytes < SEGMENT_BYTES_MIN) {
      problems.add("segment bytes must be at least " + SEGMENT_BYTES_MIN + ": " + segmentBytes);
    }
    if (queueMax < 1 || queueMax > QUEUE_MAX_MAX) {
      problems.add("queue max must be from 1 to " + QUEUE_MAX_MAX + ": " + queueMax);
    }
    return problems;
  }
}

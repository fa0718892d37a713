// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.audit;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Numbers, stamps and chains leaves, and puts groups of them into segments.
 *
 * <p>What is added counts only once {@link #commit} has returned. When anything throws an {@link
 * IOException}, nothing of the group may be trusted, and {@link #reopen} must succeed before
 * anything else is tried: it cuts the log back to its last commit, so that numbers and chain go on
 * without a gap.
 *
 * <p>Confined to the log's thread, but for {@link #openCalls}.
 */
final class LeafWriter {
  /** A group is written once it is this big, however much waits. */
  static final int GROUP_BYTES_MAX = 1 << 20;

  private static final int LINE_AND_END_MAX = LeafEncoder.LINE_BYTES_MAX + 1;

  private final AuditSettings settings;
  private final Disk disk;
  private final Stamps stamps;
  private final OpenCalls open;
  private final Chain chain = new Chain();
  private final LineBuffer group = new LineBuffer(GROUP_BYTES_MAX + LINE_AND_END_MAX);

  private LogEnd durable;
  private @Nullable SegmentFile file;
  // Where the group begins in the file, how much of it is written, how many leaves it has, and the
  // chain with them.
  private long position;
  private int groupWritten;
  private int groupLeaves;
  private long seq;
  private String hash;
  private int lineBytes;

  /**
   * Begins where recovery left the log, and cuts what follows.
   *
   * @param openCalls decisions that wait for their outcome, by call id, with their numbers
   */
  LeafWriter(
      AuditSettings settings, Disk disk, Stamps stamps, LogEnd end, Map<String, Long> openCalls)
      throws IOException {
    this.settings = settings;
    this.disk = disk;
    this.stamps = stamps;
    this.open = new OpenCalls(openCalls);
    this.durable = end;
    this.seq = end.seq();
    this.hash = end.hash();
    reopen();
  }

  /** Whether a further leaf fits into the group and its segment. */
  boolean hasRoom() {
    return group.size() < GROUP_BYTES_MAX && fitsSegment();
  }

  private boolean fitsSegment() {
    return position + group.size() + LINE_AND_END_MAX <= settings.segmentBytes();
  }

  int groupLeaves() {
    return groupLeaves;
  }

  /**
   * Adds a leaf to the group, which must have room.
   *
   * @throws AuditUnavailableException when the leaf does not fit what the log holds: an outcome no
   *     decision waits for, or a second decision of a call whose first still waits. The group is
   *     then as it was, as it is after a {@link RuntimeException} for a leaf that has no form
   */
  LeafPosition add(Leaf leaf) throws AuditUnavailableException {
    mustFit(leaf);
    int mark = group.size();
    long next = seq + 1;
    LeafEncoder.Common common = new LeafEncoder.Common(settings.node(), next, hash, stamps.next());
    try {
      LeafEncoder.encode(leaf, common, group);
    } catch (RuntimeException e) {
      group.rewind(mark);
      throw e;
    }
    int length = group.size() - mark;
    hash = chain.hash(group.array(), mark, length);
    group.endLine();
    seq = next;
    lineBytes = length + 1;
    groupLeaves++;
    if (leaf instanceof DecisionLeaf decision && decision.outcomeExpected()) {
      open.open(decision.callId(), next);
    } else if (leaf instanceof OutcomeLeaf outcome) {
      open.close(outcome.callId());
    }
    return new LeafPosition(next, hash);
  }

  private void mustFit(Leaf leaf) throws AuditUnavailableException {
    if (leaf instanceof OutcomeLeaf outcome && !open.waits(outcome.callId())) {
      throw new AuditUnavailableException(
          "no decision on record waits for this outcome: \"" + outcome.callId() + "\"");
    }
    if (leaf instanceof DecisionLeaf decision
        && decision.outcomeExpected()
        && open.waits(decision.callId())) {
      throw new AuditUnavailableException(
          "a decision of this call still waits for its outcome: \"" + decision.callId() + "\"");
    }
  }

  /** Adds a leaf of the log's own, making room first when there is none. */
  void addOwn(Leaf leaf) throws IOException {
    if (!hasRoom()) {
      commit();
      rotateIfFull();
    }
    try {
      add(leaf);
    } catch (AuditUnavailableException e) {
      throw new IllegalStateException("the log's own leaf does not fit", e);
    }
  }

  /** Whether a decision of this call waits for its outcome. */
  boolean waits(String callId) {
    return open.waits(callId);
  }

  /** Gives what the group holds to the file system; that outlives the process, not the power. */
  void write() throws IOException {
    file().write(group.from(groupWritten), position + groupWritten);
    groupWritten = group.size();
  }

  /**
   * Makes the group durable and begins the next.
   *
   * @return bytes of the group
   */
  int commit() throws IOException {
    int bytes = group.size();
    if (bytes > 0) {
      SegmentFile segment = file();
      write();
      segment.force();
      position += bytes;
      durable = new LogEnd(segment.path(), position, lineBytes, seq, hash);
      open.commit();
      clearGroup();
    }
    return bytes;
  }

  private void clearGroup() {
    group.rewind(0);
    groupWritten = 0;
    groupLeaves = 0;
  }

  /** Begins the next segment when another leaf might not fit into this one. The group is empty. */
  void rotateIfFull() throws IOException {
    if (groupLeaves == 0 && !fitsSegment()) {
      SegmentFile full = file();
      full.trim(position);
      file = null;
      full.close();
      startSegment();
    }
  }

  private void startSegment() throws IOException {
    long first = seq + 1;
    Path path = segment(first);
    file = SegmentFile.create(path, disk, settings.segmentBytes());
    position = 0;
    disk.syncDirectory(settings.directory());
    addOwn(new SegmentLeaf(Segments.name(path), open.lowestSeq(first)));
  }

  private Path segment(long firstSeq) {
    return settings.directory().resolve(Segments.name(firstSeq));
  }

  /** Goes back to what is durable, on a file opened anew; nothing after it can be trusted. */
  void reopen() throws IOException {
    abandon();
    clearGroup();
    open.rollBack();
    seq = durable.seq();
    hash = durable.hash();
    lineBytes = durable.lineBytes();
    // A segment that was begun and never committed to.
    disk.delete(segment(seq + 1));
    Path segment = durable.segment();
    if (segment == null) {
      startSegment();
    } else {
      file = SegmentFile.resume(segment, disk, settings.segmentBytes(), durable);
      position = durable.position();
    }
  }

  /** Closes the file as it is. */
  void abandon() {
    SegmentFile broken = file;
    file = null;
    if (broken != null) {
      try {
        broken.close();
      } catch (IOException _) {
        // What is durable is known; a file that does not even close has nothing to add to it.
      }
    }
  }

  /** Ends the segment with its last line. The group is empty. */
  void close() throws IOException {
    SegmentFile segment = file();
    segment.trim(position);
    file = null;
    segment.close();
  }

  /** Decisions without an outcome, at the last commit. Any thread. */
  int openCalls() {
    return open.count();
  }

  private SegmentFile file() throws IOException {
    if (file == null) {
      throw new IOException("no segment is open");
    }
    return file;
  }
}

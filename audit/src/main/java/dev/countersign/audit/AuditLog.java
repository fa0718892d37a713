// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.audit;

import java.io.IOException;
import java.nio.file.Files;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.function.BooleanSupplier;

/**
 * The log of one gateway: append-only, chained, committed in groups.
 *
 * <p>{@link #append} is for any thread and never waits. One thread of the log's own writes whatever
 * queued while the last group was synced: one write, one sync, then every receipt of the group
 * completes. Nothing that anybody waits for is ever delayed to make a group bigger: only the sync
 * of outcomes, which are written at once, may wait a moment for a decision to share it with.
 *
 * <p>When the disk fails, every receipt that waits fails, appending is refused, and the thread
 * tries again until the disk is well; numbers and chain then go on from what was durable. A leaf
 * whose receipt failed is not in the log, unless the process dies before the disk is well: then it
 * may be. A call whose outcome was lost that way gets an outcome that says so.
 */
public final class AuditLog implements AutoCloseable {
  private final Committer committer;

  private AuditLog(Committer committer) {
    this.committer = committer;
  }

  /**
   * Opens the log of a directory, recovers it when it was not closed, and begins to write. Waits
   * for the disk.
   *
   * @throws IOException when another writer has it, when it is damaged or another node's, or when
   *     it cannot be written; the message says which
   */
  public static AuditLog open(AuditSettings settings, InstantSource clock, AuditObserver observer)
      throws IOException {
    return open(settings, clock, observer, new FileDisk());
  }

  static AuditLog open(
      AuditSettings settings, InstantSource clock, AuditObserver observer, Disk disk)
      throws IOException {
    Files.createDirectories(settings.directory());
    DirectoryLock lock = DirectoryLock.take(settings.directory());
    try {
      Committer committer =
          new Committer(begin(settings, clock, disk), settings.queueMax(), observer, lock);
      committer.start();
      return new AuditLog(committer);
    } catch (IOException | RuntimeException | Error e) {
      lock.close();
      throw e;
    }
  }

  /** Recovers, and records that; what the log then holds is durable. */
  static LeafWriter begin(AuditSettings settings, InstantSource clock, Disk disk)
      throws IOException {
    Recovery.State state = Recovery.run(settings);
    LeafWriter writer =
        new LeafWriter(settings, disk, new Stamps(clock, state.last()), state.end(), state.open());
    try {
      for (String callId : state.open().keySet()) {
        writer.addOwn(
            OutcomeLeaf.unknown(callId, "the gateway stopped before the call's end was recorded"));
      }
      if (!state.stopped() || !state.open().isEmpty() || state.cutBytes() > 0) {
        writer.addOwn(
            new NodeLeaf(
                NodeLeaf.RECOVERED,
                Map.of(
                    "bytes_cut",
                    state.cutBytes(),
                    "unknown_outcomes",
                    (long) state.open().size())));
      }
      writer.addOwn(new NodeLeaf(NodeLeaf.STARTED, Map.of()));
      writer.commit();
      return writer;
    } catch (IOException | RuntimeException e) {
      writer.abandon();
      throw e;
    }
  }

  /**
   * Takes a leaf. Never waits, neither for the disk nor for another thread.
   *
   * @return proof of that; it tells when the leaf is durable, and fails when the leaf does not fit
   *     what the log holds: an outcome no decision waits for, or a second decision of a call whose
   *     first still waits for its outcome
   * @throws AuditUnavailableException when it cannot be recorded now: the disk fails, the queue is
   *     full, or, for decisions, the disk has not answered for five seconds
   * @throws IllegalArgumentException for a {@link SegmentLeaf}, which is the log's own
   */
  public AuditReceipt append(Leaf leaf) throws AuditUnavailableException {
    Waiting waiting = committer.admit(leaf, null);
    committer.take(List.of(waiting));
    return waiting.receipt();
  }

  /**
   * An entrance for one event loop; to be made once for each.
   *
   * @param loop runs tasks on one thread, and those it is given amid a turn at the turn's end
   * @param onLoop whether the current thread is that one
   */
  public AuditDesk desk(Executor loop, BooleanSupplier onLoop) {
    return committer.desk(loop, onLoop);
  }

  /** Whether leaves are taken now; a full queue passes too quickly to count here. */
  public boolean available() {
    return committer.unavailableReason().isEmpty();
  }

  /** Why leaves are not taken; empty when they are. */
  public String unavailableReason() {
    return committer.unavailableReason();
  }

  /** Leaves that wait for the disk, those of the group under way included. */
  public int queued() {
    return committer.queued();
  }

  /**
   * Takes no more leaves, writes what waits, marks the end and lets go of the directory. Waits for
   * the disk; a second call waits for the first. On the log's own thread it only asks for all that.
   */
  @Override
  public void close() {
    committer.stop();
  }
}

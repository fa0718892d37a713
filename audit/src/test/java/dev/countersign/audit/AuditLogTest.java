// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.audit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AuditLogTest {
  @TempDir private Path directory;

  @Test
  void numbersAndChainsLeavesFromTheFirstSegmentLeafOn() throws Exception {
    try (AuditLog log = Leaves.open(directory)) {
      AuditReceipt receipt = log.append(Leaves.permit("a"));
      assertThat(receipt.callId()).isEqualTo("a");
      LeafPosition position = Leaves.await(receipt);
      assertThat(receipt.isDurable()).isTrue();
      assertThat(position.seq()).isEqualTo(3);
      LeafPosition next = Leaves.durably(log, Leaves.outcome("a"));
      assertThat(next.seq()).isEqualTo(4);
      assertThat(Leaves.read(directory).get(3).path("prev").asText()).isEqualTo(position.hash());
      assertThat(log.available()).isTrue();
      assertThat(log.unavailableReason()).isEmpty();
      assertThat(log.queued()).isZero();
    }
    assertThat(Leaves.kinds(directory))
        .containsExactly("segment", "started", "decision", "outcome", "stopped");
    assertThat(AuditVerifier.verify(directory).findings()).isEmpty();
  }

  @Test
  void endsTheFileWithItsContentWhenClosedAndGoesOnThereWhenOpenedAgain() throws Exception {
    Leaves.open(directory).close();
    Path segment = Leaves.onlySegment(directory);
    assertThat(Files.readString(segment)).endsWith("}\n");
    Leaves.open(directory).close();
    assertThat(Leaves.kinds(directory))
        .containsExactly("segment", "started", "stopped", "started", "stopped");
    assertThat(AuditVerifier.verify(directory).findings()).isEmpty();
  }

  @Test
  void beginsSegmentsBeforeOneGrowsPastItsSize() throws Exception {
    try (AuditLog log = Leaves.open(directory)) {
      Leaves.durably(log, Leaves.permit("long"));
      for (int i = 0; i < 100; i++) {
        log.append(Leaves.filler(30_000));
      }
      Leaves.durably(log, Leaves.outcome("long"));
    }
    List<Path> segments = Segments.list(directory);
    assertThat(segments).hasSizeGreaterThan(2);
    for (Path segment : segments) {
      assertThat(Files.size(segment)).isLessThanOrEqualTo(AuditSettings.SEGMENT_BYTES_MIN);
      JsonNode first = Leaves.parse(Leaves.lines(segment).getFirst().getBytes(UTF_8));
      assertThat(first.path("name").asText()).isEqualTo(Segments.name(segment));
      // The call decided at 3 was open at every rotation.
      assertThat(first.path("open_from_seq").asLong())
          .isEqualTo(segment.equals(segments.getFirst()) ? 1 : 3);
    }
    assertThat(AuditVerifier.verify(directory).findings()).isEmpty();
  }

  @Test
  void refusesMoreLeavesThanMayWaitAndTakesThemAgainWhenThereIsRoom() throws Exception {
    FaultyDisk disk = new FaultyDisk();
    AuditSettings small = new AuditSettings(directory, "gw-1", AuditSettings.SEGMENT_BYTES_MIN, 3);
    try (AuditLog log = AuditLog.open(small, Leaves.ticking(), AuditObserver.NONE, disk)) {
      Semaphore forces = disk.holdForces();
      List<AuditReceipt> receipts = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        receipts.add(log.append(Leaves.refusal("r" + i)));
      }
      assertThat(log.queued()).isEqualTo(3);
      assertThatThrownBy(() -> log.append(Leaves.refusal("r3")))
          .isInstanceOf(AuditUnavailableException.class)
          .hasMessage("the audit queue is full: 3 leaves wait for the disk");
      assertThat(log.available()).isTrue();
      forces.release(1000);
      receipts.forEach(Leaves::await);
      Leaves.durably(log, Leaves.refusal("r4"));
    }
  }

  @Test
  void endsACallWhoseOutcomeFoundTheQueueFull() throws Exception {
    FaultyDisk disk = new FaultyDisk();
    AuditSettings small = new AuditSettings(directory, "gw-1", AuditSettings.SEGMENT_BYTES_MIN, 1);
    try (AuditLog log = AuditLog.open(small, Leaves.ticking(), AuditObserver.NONE, disk)) {
      Semaphore forces = disk.holdForces();
      AuditReceipt decision = log.append(Leaves.permit("a"));
      assertThatThrownBy(() -> log.append(Leaves.outcome("a")))
          .isInstanceOf(AuditUnavailableException.class);
      forces.release(1000);
      Leaves.await(decision);
    }
    VerifyReport report = AuditVerifier.verify(directory);
    assertThat(report.findings()).isEmpty();
    assertThat(report.unknownOutcomes()).isEqualTo(1);
  }

  @Test
  void takesNothingOnceClosed() throws Exception {
    AuditLog log = Leaves.open(directory);
    log.close();
    log.close();
    assertThatThrownBy(() -> log.append(Leaves.permit("a")))
        .isInstanceOf(AuditUnavailableException.class)
        .hasMessage("the audit log is closed");
    assertThat(log.available()).isFalse();
    assertThat(log.unavailableReason()).isEqualTo("the audit log is closed");
  }

  @Test
  void writesWhatWaitsBeforeItCloses() throws Exception {
    FaultyDisk disk = new FaultyDisk();
    AuditLog log = Leaves.open(directory, AuditObserver.NONE, disk);
    Semaphore forces = disk.holdForces();
    List<AuditReceipt> receipts = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      receipts.add(log.append(Leaves.refusal("r" + i)));
    }
    CompletableFuture<Void> closed = CompletableFuture.runAsync(log::close);
    forces.release(1000);
    closed.get(20, TimeUnit.SECONDS);
    assertThat(receipts).allMatch(AuditReceipt::isDurable);
    assertThat(AuditVerifier.verify(directory).decisions()).isEqualTo(100);
  }

  @Test
  void refusesOutcomesThatNoDecisionWaitsFor() throws Exception {
    try (AuditLog log = Leaves.open(directory)) {
      Leaves.durably(log, Leaves.refusal("refused"));
      Leaves.durably(log, Leaves.permit("done"));
      Leaves.durably(log, Leaves.outcome("done"));
      for (String callId : List.of("never seen", "refused", "done")) {
        AuditReceipt receipt = log.append(Leaves.outcome(callId));
        assertThatThrownBy(() -> receipt.durable().get(20, TimeUnit.SECONDS))
            .hasCauseInstanceOf(AuditUnavailableException.class)
            .hasMessageContaining("no decision on record waits for this outcome");
        assertThat(receipt.isDurable()).isFalse();
      }
      Leaves.durably(log, Leaves.permit("twice"));
      AuditReceipt again = log.append(Leaves.permit("twice"));
      assertThatThrownBy(() -> again.durable().get(20, TimeUnit.SECONDS))
          .hasMessageContaining("still waits for its outcome");
      Leaves.durably(log, Leaves.outcome("twice"));
      assertThat(log.queued()).isZero();
    }
    assertThat(AuditVerifier.verify(directory).findings()).isEmpty();
  }

  @Test
  void aLeafWithoutFormFailsAloneAndLeavesTheChainWhole() throws Exception {
    try (AuditLog log = Leaves.open(directory)) {
      AuditReceipt before = log.append(Leaves.refusal("before"));
      AuditReceipt broken = log.append(withoutCaller());
      AuditReceipt after = log.append(Leaves.refusal("after"));
      Leaves.await(before);
      Leaves.await(after);
      assertThatThrownBy(() -> broken.durable().get(20, TimeUnit.SECONDS))
          .hasMessageContaining("a leaf has no form");
    }
    assertThat(AuditVerifier.verify(directory).findings()).isEmpty();
  }

  /** What only a caller that ignores the contract can make. */
  @SuppressWarnings("NullAway")
  private static Leaf withoutCaller() {
    DecisionLeaf leaf = Leaves.permit("broken");
    return new DecisionLeaf(
        leaf.callId(),
        null,
        null,
        leaf.era(),
        leaf.method(),
        leaf.cause(),
        leaf.route(),
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        leaf.result(),
        leaf.policy(),
        leaf.reason(),
        null,
        leaf.configRevision(),
        true);
  }

  @Test
  void takesNoSegmentLeafFromOutside() throws IOException {
    try (AuditLog log = Leaves.open(directory)) {
      assertThatThrownBy(() -> log.append(new SegmentLeaf("leaves-0000000000000009.jsonl", 1)))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }

  @Test
  void whoCompletesAReceiptsFutureMakesNothingDurable() throws Exception {
    FaultyDisk disk = new FaultyDisk();
    try (AuditLog log = Leaves.open(directory, AuditObserver.NONE, disk)) {
      Semaphore forces = disk.holdForces();
      AuditReceipt receipt = log.append(Leaves.permit("a"));
      receipt.durable().complete(new LeafPosition(1, "made up"));
      assertThat(receipt.isDurable()).isFalse();
      forces.release(1000);
    }
  }

  @Test
  void completesReceiptsOnItsOwnThreadWhichMayAppendAndClose() throws Exception {
    AuditLog log = Leaves.open(directory);
    CompletableFuture<String> thread = new CompletableFuture<>();
    AuditReceipt first = log.append(Leaves.permit("a"));
    CompletableFuture<LeafPosition> second =
        first
            .durable()
            .thenCompose(
                position -> {
                  try {
                    CompletableFuture<LeafPosition> outcome =
                        log.append(Leaves.outcome("a")).durable();
                    thread.complete(Thread.currentThread().getName());
                    log.close();
                    return outcome;
                  } catch (AuditUnavailableException e) {
                    throw new AssertionError(e);
                  }
                });
    second.get(20, TimeUnit.SECONDS);
    log.close();
    // When the leaf was durable before anything was chained to it, that ran here.
    assertThat(thread.get()).isIn("countersign-audit", Thread.currentThread().getName());
    assertThat(AuditVerifier.verify(directory).findings()).isEmpty();
  }

  @Test
  void countsWhatItCommitsAndIgnoresWhatItsObserverThrows() throws Exception {
    WatchedOutages watched = new WatchedOutages();
    AuditObserver observer =
        new AuditObserver() {
          @Override
          public void committed(int leaves, long bytes, long syncNanos) {
            watched.committed(leaves, bytes, syncNanos);
            throw new IllegalStateException("an observer's bug");
          }

          @Override
          public void unavailable(String reason) {}

          @Override
          public void available() {}
        };
    try (AuditLog log = Leaves.open(directory, observer, new FileDisk())) {
      Leaves.durably(log, Leaves.permit("a"));
      Leaves.durably(log, Leaves.outcome("a"));
    }
    assertThat(watched.leaves).hasValue(3);
    assertThat(watched.bytes.get()).isGreaterThan(1000);
    assertThat(AuditVerifier.verify(directory).findings()).isEmpty();
  }

  @Test
  void anIdleLogUsesNoProcessor() throws Exception {
    try (AuditLog log = Leaves.open(directory)) {
      Leaves.durably(log, Leaves.refusal("a"));
      Thread writer =
          Thread.getAllStackTraces().keySet().stream()
              .filter(thread -> thread.getName().equals("countersign-audit"))
              .findAny()
              .orElseThrow();
      while (writer.getState() != Thread.State.TIMED_WAITING) {
        Thread.onSpinWait();
      }
      var threads = ManagementFactory.getThreadMXBean();
      long before = threads.getThreadCpuTime(writer.threadId());
      long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(100);
      while (System.nanoTime() < until) {
        Thread.onSpinWait();
      }
      assertThat(threads.getThreadCpuTime(writer.threadId()) - before)
          .isLessThan(TimeUnit.MILLISECONDS.toNanos(5));
    }
  }

  @Test
  void refusesSettingsThatCannotWork() {
    assertThat(AuditSettings.problems("", 1, 0)).hasSize(3);
    assertThat(AuditSettings.problems("gw\n1", AuditSettings.SEGMENT_BYTES_MIN, 1)).hasSize(1);
    assertThatThrownBy(() -> new AuditSettings(directory, "gw-1", 1000, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("segment bytes must be at least 1048576: 1000");
  }
}

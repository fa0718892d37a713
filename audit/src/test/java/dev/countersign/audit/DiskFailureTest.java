// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class DiskFailureTest {
  @TempDir private Path directory;

  private final FaultyDisk disk = new FaultyDisk();
  private final WatchedOutages outages = new WatchedOutages();

  private record Row(String because, FaultyDisk.Fault fault, int bytesBefore, String message) {
    @Override
    public String toString() {
      return because;
    }
  }

  static Stream<Row> faults() {
    return Stream.of(
        new Row("the disk is full", FaultyDisk.Fault.WRITE, 0, "No space left on device"),
        new Row("it fills up amid a line", FaultyDisk.Fault.WRITE, 100, "No space left on device"),
        new Row(
            "whole lines get through first", FaultyDisk.Fault.WRITE, 3000, "Input/output error"),
        new Row("it became read-only", FaultyDisk.Fault.WRITE, 0, "Read-only file system"),
        new Row("a sync fails after the write", FaultyDisk.Fault.FORCE, 0, "Input/output error"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("faults")
  void failsWhatWaitsRefusesTheRestAndHealsWithoutAGap(Row row) throws Exception {
    LeafPosition before;
    try (AuditLog log = Leaves.open(directory, outages, disk)) {
      before = Leaves.durably(log, Leaves.permit("open"));
      Semaphore forces = disk.holdForces();
      AuditReceipt held = log.append(Leaves.refusal("held"));
      // What comes now is in a later group, all of it.
      Leaves.until(forces::hasQueuedThreads);
      List<AuditReceipt> waiting = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        waiting.add(log.append(Leaves.permit("lost" + i)));
      }
      waiting.add(log.append(Leaves.outcome("open")));
      disk.failWritesAfter(row.bytesBefore, row.message);
      disk.fail(row.fault, row.message);
      forces.release(10_000);
      outages.awaitBegin();

      assertThat(log.available()).isFalse();
      assertThat(log.unavailableReason()).contains("audit log").endsWith(row.message);
      assertThatThrownBy(() -> log.append(Leaves.permit("now")))
          .isInstanceOf(AuditUnavailableException.class)
          .hasMessageEndingWith(row.message);
      // Depending on where the group was cut it is this one or not.
      held.durable().handle((position, failure) -> position).get(20, TimeUnit.SECONDS);
      for (AuditReceipt receipt : waiting) {
        assertThatThrownBy(() -> receipt.durable().get(20, TimeUnit.SECONDS))
            .hasCauseInstanceOf(AuditUnavailableException.class);
        assertThat(receipt.isDurable()).isFalse();
      }
      assertThat(log.queued()).isZero();

      disk.heal();
      outages.awaitEnd();
      assertThat(log.available()).isTrue();
      Leaves.durably(log, Leaves.permit("after"));
      Leaves.durably(log, Leaves.outcome("after"));
      assertThat(outages.reasons).hasSize(1);
    }
    VerifyReport report = AuditVerifier.verify(directory, List.of(before));
    assertThat(report.findings()).isEmpty();
    assertThat(report.unknownOutcomes()).isEqualTo(1);
    List<JsonNode> leaves = Leaves.read(directory);
    assertThat(leaves).noneMatch(leaf -> leaf.path("call_id").asText().startsWith("lost"));
    JsonNode healed =
        leaves.stream()
            .filter(leaf -> leaf.path("event").asText().equals("healed"))
            .findAny()
            .orElseThrow();
    assertThat(healed.path("counts").path("leaves_refused").asLong()).isGreaterThanOrEqualTo(21);
  }

  @Test
  void writesWholeLeavesToADiskThatTakesFewBytesAtOnce() throws Exception {
    disk.shortWrites(7);
    try (AuditLog log = Leaves.open(directory, outages, disk)) {
      for (int i = 0; i < 20; i++) {
        Leaves.durably(log, Leaves.refusal("r" + i));
      }
    }
    assertThat(AuditVerifier.verify(directory).findings()).isEmpty();
    assertThat(outages.reasons).isEmpty();
  }

  static Stream<FaultyDisk.Fault> rotationFaults() {
    return Stream.of(
        FaultyDisk.Fault.CREATE, FaultyDisk.Fault.TRUNCATE, FaultyDisk.Fault.SYNC_DIRECTORY);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("rotationFaults")
  void goesBackToTheFullSegmentWhenTheNextCannotBegin(FaultyDisk.Fault fault) throws Exception {
    try (AuditLog log = Leaves.open(directory, outages, disk)) {
      disk.fail(fault, "No space left on device");
      AuditReceipt last = log.append(Leaves.filler(30_000));
      while (!last.durable().isCompletedExceptionally()) {
        try {
          last = log.append(Leaves.filler(30_000));
        } catch (AuditUnavailableException e) {
          break;
        }
      }
      outages.awaitBegin();
      assertThat(log.unavailableReason()).startsWith("the audit log's disk is full");
      disk.heal();
      outages.awaitEnd();
      for (int i = 0; i < 100; i++) {
        Leaves.durably(log, Leaves.filler(30_000));
      }
    }
    assertThat(AuditVerifier.verify(directory).findings()).isEmpty();
    assertThat(Segments.list(directory)).hasSizeGreaterThan(2);
    assertThat(Leaves.kinds(directory)).contains("healed");
  }

  @Test
  void staysUnavailableWhenAnotherFileLiesWhereItsSegmentWas() throws Exception {
    try (AuditLog log = Leaves.open(directory, outages, disk)) {
      Leaves.durably(log, Leaves.refusal("a"));
      disk.fail(FaultyDisk.Fault.FORCE, "Input/output error");
      log.append(Leaves.refusal("b"));
      outages.awaitBegin();
      Path segment = Leaves.onlySegment(directory);
      byte[] content = Files.readAllBytes(segment);
      Files.write(segment, new byte[100], StandardOpenOption.TRUNCATE_EXISTING);
      disk.heal();
      while (!log.unavailableReason().contains("no longer holds")) {
        Thread.onSpinWait();
      }
      Files.write(segment, content);
      outages.awaitEnd();
      Leaves.durably(log, Leaves.refusal("c"));
    }
    assertThat(AuditVerifier.verify(directory).findings()).isEmpty();
  }

  @Test
  void closesDuringAnOutageAndIsWholeAfterTheNextStart() throws Exception {
    AuditLog log = Leaves.open(directory, outages, disk);
    LeafPosition durable = Leaves.durably(log, Leaves.permit("a"));
    disk.fail(FaultyDisk.Fault.FORCE, "Input/output error");
    AuditReceipt lost = log.append(Leaves.refusal("lost"));
    outages.awaitBegin();
    log.close();
    assertThatThrownBy(() -> lost.durable().get(20, TimeUnit.SECONDS))
        .hasCauseInstanceOf(AuditUnavailableException.class);

    Leaves.open(directory).close();
    VerifyReport report = AuditVerifier.verify(directory, List.of(durable));
    assertThat(report.findings()).isEmpty();
    assertThat(report.unknownOutcomes()).isEqualTo(1);
    assertThat(Leaves.kinds(directory)).contains("recovered");
  }

  @Test
  void refusesToOpenOnADiskThatCannotBeWritten() throws Exception {
    disk.fail(FaultyDisk.Fault.FORCE, "Read-only file system");
    assertThatThrownBy(() -> Leaves.open(directory, outages, disk))
        .hasMessageContaining("Read-only file system");
    disk.heal();
    Leaves.open(directory, outages, disk).close();
    assertThat(AuditVerifier.verify(directory).findings()).isEmpty();
  }

  @Test
  void diskThatDoesNotAnswerTakesNoMoreDecisionsAndGoesOnWhenItDoes() throws Exception {
    try (AuditLog log = Leaves.open(directory, outages, disk)) {
      Semaphore forces = disk.holdForces();
      AuditReceipt held = log.append(Leaves.permit("held"));
      long deadline = System.nanoTime() + Duration.ofSeconds(30).toNanos();
      while (log.available()) {
        assertThat(System.nanoTime()).isLessThan(deadline);
        Thread.onSpinWait();
      }

      assertThatThrownBy(() -> log.append(Leaves.permit("late")))
          .isInstanceOf(AuditUnavailableException.class)
          .hasMessageContaining("not answered");
      AuditReceipt outcome = log.append(Leaves.outcome("held"));
      forces.release(10_000);

      assertThat(held.durable().get(10, TimeUnit.SECONDS)).isNotNull();
      assertThat(outcome.durable().get(10, TimeUnit.SECONDS)).isNotNull();
      assertThat(log.available()).isTrue();
      assertThat(log.append(Leaves.refusal("next")).durable().get(10, TimeUnit.SECONDS))
          .isNotNull();
    }
    assertThat(AuditVerifier.verify(directory).findings()).isEmpty();
  }
}

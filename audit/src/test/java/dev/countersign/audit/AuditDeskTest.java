// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AuditDeskTest {
  @TempDir private Path directory;

  /** The test's thread, which runs what it is given when the test says so. */
  private static final class Loop implements Executor {
    private final Thread thread = Thread.currentThread();
    private final LinkedBlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();
    private volatile boolean ended;

    @Override
    public void execute(Runnable task) {
      if (ended) {
        throw new RejectedExecutionException("ended");
      }
      tasks.add(task);
    }

    boolean isHere() {
      return Thread.currentThread() == thread;
    }

    void runNext() throws InterruptedException {
      Runnable task = tasks.poll(20, TimeUnit.SECONDS);
      if (task == null) {
        throw new AssertionError("nothing to run");
      }
      task.run();
    }
  }

  private final Loop loop = new Loop();
  private final FaultyDisk disk = new FaultyDisk();
  private final List<Integer> groups = new ArrayList<>();

  private AuditLog open() throws Exception {
    return AuditLog.open(
        Leaves.settings(directory),
        Leaves.ticking(),
        new AuditObserver() {
          @Override
          public void committed(int leaves, long bytes, long syncNanos) {
            groups.add(leaves);
          }

          @Override
          public void unavailable(String reason) {}

          @Override
          public void available() {}
        },
        disk);
  }

  @Test
  void commitsInOneGroupWhatATurnAddsAndTellsItInOneTask() throws Exception {
    try (AuditLog log = open()) {
      AuditDesk desk = log.desk(loop, loop::isHere);
      AtomicInteger told = new AtomicInteger();
      List<AuditReceipt> receipts = new ArrayList<>();
      for (int i = 0; i < 10; i++) {
        receipts.add(desk.append(Leaves.refusal("r" + i)));
        receipts.get(i).durable().thenRun(told::incrementAndGet);
      }
      assertThat(loop.tasks).hasSize(1);
      assertThat(log.queued()).isEqualTo(10);
      loop.runNext();
      loop.runNext();
      assertThat(told).hasValue(10);
      assertThat(loop.tasks).isEmpty();
      assertThat(receipts).allMatch(AuditReceipt::isDurable);
      assertThat(receipts.stream().map(Leaves::await).map(LeafPosition::seq)).isSorted();
    }
    assertThat(groups).contains(10);
    assertThat(AuditVerifier.verify(directory).findings()).isEmpty();
  }

  @Test
  void aLongTurnHandsOverInParts() throws Exception {
    try (AuditLog log = open()) {
      AuditDesk desk = log.desk(loop, loop::isHere);
      List<AuditReceipt> receipts = new ArrayList<>();
      for (int i = 0; i < 40; i++) {
        receipts.add(desk.append(Leaves.refusal("r" + i)));
      }
      Leaves.until(receipts.get(15)::isDurable);
      assertThat(receipts.get(39).isDurable()).isFalse();
      loop.runNext();
      Leaves.until(receipts.get(39)::isDurable);
      // Nobody asked to be told.
      assertThat(loop.tasks).isEmpty();
    }
  }

  @Test
  void keepsTheOrderWithWhatOtherThreadsAdd() throws Exception {
    try (AuditLog log = open()) {
      AuditDesk desk = log.desk(loop, loop::isHere);
      AuditReceipt decision = desk.append(Leaves.permit("a"));
      AuditReceipt outcome =
          CompletableFuture.supplyAsync(
                  () -> {
                    try {
                      return desk.append(Leaves.outcome("a"));
                    } catch (AuditUnavailableException e) {
                      throw new AssertionError(e);
                    }
                  })
              .get(20, TimeUnit.SECONDS);
      loop.runNext();
      loop.runNext();
      loop.runNext();
      Leaves.until(outcome::isDurable);
      assertThat(decision.isDurable()).isTrue();
    }
  }

  @Test
  void recordsAndTellsWhatWasAddedWhenTheLoopHasEnded() throws Exception {
    try (AuditLog log = open()) {
      AuditDesk desk = log.desk(loop, loop::isHere);
      loop.ended = true;
      Leaves.await(desk.append(Leaves.refusal("a")));
      AuditReceipt fromElsewhere =
          CompletableFuture.supplyAsync(
                  () -> {
                    try {
                      return desk.append(Leaves.refusal("b"));
                    } catch (AuditUnavailableException e) {
                      throw new AssertionError(e);
                    }
                  })
              .get(20, TimeUnit.SECONDS);
      Leaves.await(fromElsewhere);
    }
  }

  @Test
  void tellsOnTheLoopThatAnOutcomeWasLost() throws Exception {
    try (AuditLog log = open()) {
      AuditDesk desk = log.desk(loop, loop::isHere);
      AtomicInteger lost = new AtomicInteger();
      AuditReceipt receipt = desk.append(Leaves.outcome("unknown"));
      receipt.ifLost(lost::incrementAndGet);
      loop.runNext();
      loop.runNext();
      assertThat(lost).hasValue(1);
      receipt.ifLost(lost::incrementAndGet);
      assertThat(lost).hasValue(2);
    }
  }

  @Test
  void tellsOfEveryLostOutcomeThoughTellingOfOneFails() throws Exception {
    try (AuditLog log = open()) {
      AuditDesk desk = log.desk(loop, loop::isHere);
      disk.fail(FaultyDisk.Fault.WRITE, "No space left on device");
      AtomicInteger lost = new AtomicInteger();
      desk.append(Leaves.refusal("a"))
          .ifLost(
              () -> {
                throw new IllegalStateException("broken");
              });
      desk.append(Leaves.refusal("b")).ifLost(lost::incrementAndGet);
      loop.runNext();
      assertThatThrownBy(loop::runNext).hasMessage("broken");

      assertThat(lost).hasValue(1);
      disk.heal();
    }
  }

  @Test
  void failsWhatIsHandedOverAfterTheLogWasClosed() throws Exception {
    AuditLog log = open();
    AuditDesk desk = log.desk(loop, loop::isHere);
    CompletableFuture<LeafPosition> durable = desk.append(Leaves.refusal("late")).durable();
    log.close();
    loop.runNext();
    loop.runNext();
    assertThat(durable).isCompletedExceptionally();
    assertThat(log.queued()).isZero();
    assertThat(AuditVerifier.verify(directory).findings()).isEmpty();
  }

  @Test
  void endsACallWhoseOutcomeWasRefusedBeforeItsDecisionWasHandedOver() throws Exception {
    AuditSettings one = new AuditSettings(directory, "gw-1", AuditSettings.SEGMENT_BYTES_MIN, 1);
    try (AuditLog log = AuditLog.open(one, Leaves.ticking(), AuditObserver.NONE, disk)) {
      AuditDesk desk = log.desk(loop, loop::isHere);
      Semaphore forces = disk.holdForces();
      AuditReceipt decision = desk.append(Leaves.permit("a"));
      try {
        desk.append(Leaves.outcome("a"));
        throw new AssertionError("there was room");
      } catch (AuditUnavailableException e) {
        assertThat(e).hasMessageContaining("queue is full");
      }
      forces.release(10_000);
      Leaves.until(decision::isDurable);
    }
    VerifyReport report = AuditVerifier.verify(directory);
    assertThat(report.findings()).isEmpty();
    assertThat(report.unknownOutcomes()).isEqualTo(1);
  }

  @Test
  void writesOutcomesAtOnceAndSyncsThemWithTheNextDecision() throws Exception {
    try (AuditLog log = open()) {
      Leaves.durably(log, Leaves.permit("a"));
      Semaphore forces = disk.holdForces();
      AuditReceipt outcome = log.append(Leaves.outcome("a"));
      Path segment = Leaves.onlySegment(directory);
      // What the file system has outlives a killed process.
      Leaves.until(() -> contains(segment, "\"kind\":\"outcome\""));
      assertThat(outcome.isDurable()).isFalse();
      AuditReceipt decision = log.append(Leaves.refusal("b"));
      forces.release(10_000);
      Leaves.await(decision);
      assertThat(outcome.isDurable()).isTrue();
    }
    assertThat(AuditVerifier.verify(directory).findings()).isEmpty();
  }

  private static boolean contains(Path file, String text) {
    try {
      return Files.readString(file).contains(text);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void syncsOutcomesThatNoDecisionFollows() throws Exception {
    try (AuditLog log = open()) {
      Leaves.durably(log, Leaves.permit("a"));
      Leaves.await(log.append(Leaves.outcome("a")));
    }
  }
}

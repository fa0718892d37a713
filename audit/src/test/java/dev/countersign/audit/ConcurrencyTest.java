// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.audit;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ConcurrencyTest {
  private static final int APPENDERS = 8;
  private static final int CALLS = 1000;

  @TempDir private Path directory;

  @Test
  void completesEveryReceiptOfManyAppendersAndKeepsEachOnesOrder() throws Exception {
    WatchedOutages watched = new WatchedOutages();
    List<List<AuditReceipt>> receipts = new ArrayList<>();
    try (AuditLog log = Leaves.open(directory, watched, new FileDisk());
        ExecutorService pool = Executors.newFixedThreadPool(APPENDERS)) {
      List<Callable<List<AuditReceipt>>> appenders = new ArrayList<>();
      for (int i = 0; i < APPENDERS; i++) {
        String appender = "a" + i + "-";
        appenders.add(() -> append(log, appender));
      }
      for (Future<List<AuditReceipt>> done : pool.invokeAll(appenders)) {
        receipts.add(done.get());
      }
      for (List<AuditReceipt> ofOne : receipts) {
        long seq = 0;
        for (AuditReceipt receipt : ofOne) {
          LeafPosition position = Leaves.await(receipt);
          assertThat(position.seq()).isGreaterThan(seq);
          seq = position.seq();
        }
      }
      assertThat(log.queued()).isZero();
    }
    VerifyReport report = AuditVerifier.verify(directory);
    assertThat(report.findings()).isEmpty();
    assertThat(report.decisions()).isEqualTo(APPENDERS * CALLS);
    assertThat(report.outcomes()).isEqualTo(APPENDERS * CALLS);
    assertThat(report.segments()).isGreaterThan(1);
    assertThat(watched.leaves.get()).isGreaterThan(2L * APPENDERS * CALLS);

    Map<Long, String> calls = new HashMap<>();
    for (JsonNode leaf : Leaves.read(directory)) {
      calls.put(leaf.path("seq").asLong(), leaf.path("call_id").asText());
    }
    for (List<AuditReceipt> ofOne : receipts) {
      assertThat(ofOne)
          .allMatch(receipt -> receipt.callId().equals(calls.get(Leaves.await(receipt).seq())));
    }
  }

  private static List<AuditReceipt> append(AuditLog log, String appender) throws Exception {
    List<AuditReceipt> receipts = new ArrayList<>();
    for (int i = 0; i < CALLS; i++) {
      receipts.add(log.append(Leaves.permit(appender + i)));
      if (i % 10 == 0) {
        // Now and then the writer gets time to fall asleep.
        receipts.getLast().durable().get(20, TimeUnit.SECONDS);
      }
      receipts.add(log.append(Leaves.outcome(appender + i)));
    }
    return receipts;
  }

  @Test
  void wakesForEveryLeafThatComesAlone() throws Exception {
    try (AuditLog log = Leaves.open(directory)) {
      for (int i = 0; i < 1000; i++) {
        Leaves.durably(log, Leaves.refusal("r" + i));
      }
    }
  }

  @Test
  void completesEveryReceiptWhenClosedAmidAppending() throws Exception {
    for (int round = 0; round < 8; round++) {
      Path each = directory.resolve("r" + round);
      AuditLog log = Leaves.open(each);
      List<Callable<List<AuditReceipt>>> appenders = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        String appender = "a" + i + "-";
        appenders.add(
            () -> {
              List<AuditReceipt> receipts = new ArrayList<>();
              try {
                for (int j = 0; j < 5000; j++) {
                  receipts.add(log.append(Leaves.refusal(appender + j)));
                }
              } catch (AuditUnavailableException e) {
                assertThat(e).hasMessage("the audit log is closed");
              }
              return receipts;
            });
      }
      try (ExecutorService pool = Executors.newFixedThreadPool(5)) {
        List<Future<List<AuditReceipt>>> running = new ArrayList<>();
        appenders.forEach(appender -> running.add(pool.submit(appender)));
        pool.submit(log::close).get(20, TimeUnit.SECONDS);
        long durable = 0;
        for (Future<List<AuditReceipt>> done : running) {
          for (AuditReceipt receipt : done.get()) {
            receipt.durable().handle((position, failure) -> true).get(20, TimeUnit.SECONDS);
            durable += receipt.isDurable() ? 1 : 0;
          }
        }
        VerifyReport report = AuditVerifier.verify(each);
        assertThat(report.findings()).isEmpty();
        assertThat(report.decisions()).isEqualTo(durable);
      }
    }
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.run;

import dev.countersign.audit.AuditLog;
import dev.countersign.audit.AuditObserver;
import dev.countersign.audit.AuditReader;
import dev.countersign.audit.AuditSettings;
import dev.countersign.audit.AuditVerifier;
import dev.countersign.audit.VerifyReport;
import dev.countersign.bench.load.CallKind;
import dev.countersign.bench.load.Load;
import dev.countersign.bench.load.LoadGenerator;
import dev.countersign.bench.load.Progress;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Before anything is measured: does each gateway do the work that it is measured at? The denied
 * call is denied and never arrives, and after {@code kill -9} in the middle of load the log is
 * whole and holds every call that was answered.
 */
final class Probe {
  private static final long LOAD_MILLIS = 1500;
  private static final String ROUTE = "/notes/mcp";

  private final LoadGenerator generator;
  private final Subjects subjects;
  private final List<String> faults = new ArrayList<>();

  Probe(LoadGenerator generator, Subjects subjects) {
    this.generator = generator;
    this.subjects = subjects;
  }

  /** What is wrong, a line each; empty when nothing is. */
  List<String> faults() {
    return List.copyOf(faults);
  }

  /**
   * Puts a gateway to the test; it is dead afterwards.
   *
   * @return what was seen, in words
   */
  String test(String name, RunningGateway gateway) throws IOException, InterruptedException {
    deny(name, gateway);
    Queue<Long> answered = new ConcurrentLinkedQueue<>();
    List<CallKind> kinds = new ArrayList<>();
    kinds.addAll(Kinds.read(gateway, ROUTE, Kinds.USUAL_BYTES));
    kinds.addAll(Kinds.write(gateway, ROUTE, Kinds.USUAL_BYTES));
    kinds.addAll(Kinds.denied(gateway, ROUTE));
    Load load =
        generator.start(
            gateway.address(), new LoadGenerator.Shape(kinds, 16, false, 0), answered::add);
    Thread.sleep(LOAD_MILLIS);
    gateway.child().kill();
    load.close();
    int missing = missing(name, gateway.audit(), new HashSet<>(answered));
    recover(gateway.audit());
    VerifyReport report = AuditVerifier.verify(gateway.audit());
    if (!report.whole()) {
      faults.add(name + ": the log is not whole: " + report.findings());
    }
    return name
        + ": "
        + answered.size()
        + " calls answered before kill -9, "
        + missing
        + " of them not in the log; the log is "
        + (report.whole() ? "whole" : "broken");
  }

  /** As the next start does: calls that were under way get an outcome that says so. */
  private static void recover(Path audit) throws IOException {
    AuditSettings settings =
        new AuditSettings(
            audit,
            GatewayOptions.NODE,
            AuditSettings.SEGMENT_BYTES_DEFAULT,
            AuditSettings.QUEUE_MAX_DEFAULT);
    AuditLog.open(settings, Clock.systemUTC(), AuditObserver.NONE).close();
  }

  private void deny(String name, RunningGateway gateway) throws IOException, InterruptedException {
    Counts before = Counts.ask(subjects.server());
    Progress end;
    try (Load load =
        generator.start(
            gateway.address(),
            new LoadGenerator.Shape(Kinds.denied(gateway, ROUTE), 4, false, 0))) {
      Thread.sleep(LOAD_MILLIS / 3);
      end = load.stop();
    }
    Counts after = Counts.ask(subjects.server());
    if (end.refused() == 0 || end.wrong() > 0) {
      faults.add(name + ": " + end.wrong() + " denied calls were answered otherwise than denied");
    }
    if (after.denied() > before.denied()) {
      faults.add(name + ": " + (after.denied() - before.denied()) + " denied calls arrived");
    }
  }

  private int missing(String name, Path audit, Set<Long> answered) throws IOException {
    new AuditReader(audit).forEach(leaf -> answered.remove(leaf.path("rpc_id").asLong(-1)));
    if (!answered.isEmpty()) {
      faults.add(name + ": " + answered.size() + " answered calls are not in the log");
    }
    return answered.size();
  }
}

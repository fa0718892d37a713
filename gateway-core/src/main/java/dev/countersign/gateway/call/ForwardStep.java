// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.gateway.admission.AdmittedCall;
import dev.countersign.gateway.session.SessionTable;
import dev.countersign.gateway.snapshot.SnapshotHolder;
import dev.countersign.gateway.telemetry.Meters;
import dev.countersign.gateway.work.WorkPool;

/** Sends what was admitted and puts a governor before its reply. */
final class ForwardStep {
  private final DecisionStep decisions;
  private final InputRequired inputs;
  private final TaskStep tasks;
  private final RecordStep records;
  private final LegacySteps legacy;
  private final SessionTable sessions;
  private final SnapshotHolder snapshots;
  private final Meters meters;
  private final WorkPool work;

  ForwardStep(
      DecisionStep decisions,
      InputRequired inputs,
      TaskStep tasks,
      RecordStep records,
      LegacySteps legacy,
      SessionTable sessions,
      SnapshotHolder snapshots,
      Meters meters,
      WorkPool work) {
    this.decisions = decisions;
    this.inputs = inputs;
    this.tasks = tasks;
    this.records = records;
    this.legacy = legacy;
    this.sessions = sessions;
    this.snapshots = snapshots;
    this.meters = meters;
    this.work = work;
  }

  void send(Call call, AdmittedCall admitted) {
    meters.callBegan();
    Outcome outcome = new Outcome(call, records, meters);
    ReplyGovernor governor =
        new ReplyGovernor(
            call,
            admitted,
            outcome,
            records,
            decisions,
            inputs,
            tasks,
            new StreamWatch(call, decisions, tasks, snapshots),
            legacy,
            sessions,
            meters,
            work);
    if (call.exchange().closed()) {
      // The client left while policy or the disk were at work: nothing has been sent, nothing is.
      governor.neverSent();
      return;
    }
    try {
      call.life().sent();
      governor.watch(
          call.route()
              .upstream()
              .send(admitted, call.route().credential(), call.exchange().loop(), governor));
    } catch (RuntimeException | LinkageError e) {
      // From here on the server may be at work: only the governor can let go of it.
      governor.broke(e);
    }
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.audit.AuditLog;
import dev.countersign.audit.Commitments;
import dev.countersign.gateway.http.BufferBudget;
import dev.countersign.gateway.rounds.RequestStates;
import dev.countersign.gateway.seal.Seal;
import dev.countersign.gateway.session.SessionTable;
import dev.countersign.gateway.snapshot.SnapshotHolder;
import dev.countersign.gateway.sseclient.SseClients;
import dev.countersign.gateway.task.TaskTable;
import dev.countersign.gateway.telemetry.Meters;
import dev.countersign.gateway.work.LoopTimes;
import dev.countersign.gateway.work.WorkPool;
import java.time.InstantSource;

/** Puts the steps of the call line together. */
public final class CallLines {
  private CallLines() {}

  /** The one call line of a gateway. */
  public static CallLine of(
      SnapshotHolder snapshots,
      SessionTable sessions,
      Seal seal,
      AuditLog log,
      Commitments commitments,
      Meters meters,
      InstantSource clock,
      BufferBudget budget,
      WorkPool work,
      ListenStreams listenStreams,
      TaskTable taskTable,
      SseClients clients) {
    BodyStep bodies = new BodyStep();
    LoopTimes times = new LoopTimes();
    CallIds ids = new CallIds(clock);
    EventIds eventIds = new EventIds(seal);
    RequestStates states = new RequestStates(seal, clock);
    DecisionStep decisions = new DecisionStep(clock, meters);
    RecordStep records = new RecordStep(log, meters, work);
    InputRequired inputs =
        new InputRequired(new InputDecision(decisions, records, ids, meters), states, work);
    SessionTaskStep sessionTasks = new SessionTaskStep(decisions, clock);
    TaskStep tasks = new TaskStep(taskTable, decisions, inputs);
    return new CallLine(
        new HttpSseLine(clients, bodies, snapshots, work),
        new FrontDoor(snapshots, ids),
        new CallerStep(times, budget),
        bodies,
        new MessageStep(meters, commitments, work),
        new SessionStep(sessions, eventIds, sessionTasks, meters),
        new RetryStep(states, work),
        tasks,
        decisions,
        new ScopeStep(decisions, new CapabilityStep(decisions, sessionTasks), tasks, listenStreams),
        new CursorStep(seal),
        records,
        new ForwardStep(
            decisions,
            inputs,
            tasks,
            records,
            new LegacySteps(
                new QuestionStep(snapshots, decisions, records, ids, meters),
                eventIds,
                sessionTasks),
            sessions,
            snapshots,
            meters,
            work),
        new Endings(records, meters, times),
        sessions,
        snapshots,
        ids,
        meters,
        work,
        new FederatedParts(
            new FederatedSessions(sessions),
            listenStreams,
            snapshots,
            ids,
            new LeftOut(meters),
            work));
  }
}

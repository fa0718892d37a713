// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.run;

import dev.countersign.bench.load.CallKind;
import dev.countersign.bench.load.LoadGenerator.Shape;
import java.util.ArrayList;
import java.util.List;

/** Which rows there are. */
final class Plan {
  static final String NGINX = "nginx pass-through";
  static final String DIRECT = "direct (tool server's CPU)";
  static final String CANNED = "direct, nginx canned answer";
  static final String BARE = "bare";
  static final String UNSYNCED = "full, not durable";
  static final String RELEASE = "full, durable before release";
  static final String FORWARD = "full, durable before forwarding";
  static final int CONNECTIONS = 64;

  private static final String NOTES = "/notes/mcp";
  private static final String PLAIN = "/mcp";

  private final Subjects subjects;

  Plan(Subjects subjects) {
    this.subjects = subjects;
  }

  private static Shape closed(List<CallKind> kinds, int connections) {
    return new Shape(kinds, connections, false, 0);
  }

  /** What every gateway is warmed with. */
  List<Row> warming() {
    List<Row> rows = new ArrayList<>();
    rows.add(nginx(PLAIN, Kinds.USUAL_BYTES, CONNECTIONS));
    rows.add(bare(Kinds.USUAL_BYTES, CONNECTIONS));
    for (RunningGateway gateway : List.of(subjects.durable(), subjects.unsynced())) {
      List<CallKind> kinds = new ArrayList<>();
      kinds.addAll(Kinds.read(gateway, NOTES, Kinds.USUAL_BYTES));
      kinds.addAll(Kinds.write(gateway, NOTES, Kinds.USUAL_BYTES));
      kinds.addAll(Kinds.someDenied(gateway, NOTES, 4));
      rows.add(row("warm", gateway, closed(kinds, CONNECTIONS)));
    }
    return rows;
  }

  /** Every way of doing the work, with the usual load. */
  Group ways() {
    RunningGateway durable = subjects.durable();
    RunningGateway unsynced = subjects.unsynced();
    return new Group(
        "64 connections, 0.5 KB, JSON answers",
        NGINX,
        List.of(
            new Row(
                DIRECT,
                subjects.server(),
                subjects.toolServer(),
                closed(Kinds.plain(PLAIN, Kinds.USUAL_BYTES), CONNECTIONS)),
            nginx(PLAIN, Kinds.USUAL_BYTES, CONNECTIONS),
            bare(Kinds.USUAL_BYTES, CONNECTIONS),
            row(
                UNSYNCED,
                unsynced,
                closed(Kinds.read(unsynced, NOTES, Kinds.USUAL_BYTES), CONNECTIONS)),
            release(NOTES, Kinds.USUAL_BYTES, CONNECTIONS),
            row(
                FORWARD,
                durable,
                closed(Kinds.write(durable, NOTES, Kinds.USUAL_BYTES), CONNECTIONS)),
            row(
                "full, one in ten denied",
                durable,
                closed(Kinds.someDenied(durable, NOTES, 10), CONNECTIONS)),
            row("full, all denied", durable, closed(Kinds.denied(durable, NOTES), CONNECTIONS))));
  }

  Row nginx(String path, int bytes, int connections) {
    return new Row(
        NGINX,
        subjects.nginx().address(),
        subjects.nginx().child(),
        closed(Kinds.plain(path, bytes), connections));
  }

  Row bare(int bytes, int connections) {
    return row(BARE, subjects.bare(), closed(Kinds.plain(PLAIN, bytes), connections));
  }

  Row release(String route, int bytes, int connections) {
    return row(
        RELEASE,
        subjects.durable(),
        closed(Kinds.read(subjects.durable(), route, bytes), connections));
  }

  private static Row row(String name, RunningGateway gateway, Shape shape) {
    return new Row(name, gateway.address(), gateway.child(), shape);
  }
}

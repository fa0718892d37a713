// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.run;

import dev.countersign.bench.load.CallKind;
import dev.countersign.bench.load.LoadGenerator.Shape;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;

/** Which rows there are, of what runs all the time. */
final class Plan {
  static final String NGINX = "nginx pass-through";
  static final String DIRECT = "direct (the tool server's CPU)";
  static final String CANNED = "direct, nginx's own canned answer";
  static final String BARE = "bare";
  static final String UNSYNCED = "full, not durable";
  static final String RELEASE = "full, durable before release";
  static final String FORWARD = "full, durable before forwarding";
  static final String CHECKED = "a token checked with each call";
  static final int CONNECTIONS = 64;
  static final int LARGE_BYTES = 100_000;

  private static final String NOTES = "/notes/mcp";
  private static final String PLAIN = "/mcp";
  private static final int USUAL = Kinds.USUAL_BYTES;

  private final Subjects subjects;

  Plan(Subjects subjects) {
    this.subjects = subjects;
  }

  /** What everything that can be warmed is warmed with. */
  List<Row> warming() {
    List<Row> rows = new ArrayList<>();
    rows.add(row(BARE, subjects.bare(), closed(Kinds.plain(PLAIN, USUAL), CONNECTIONS)));
    for (RunningGateway gateway : subjects.full()) {
      rows.add(warming(gateway));
    }
    return rows;
  }

  /** Reads, writes and denied calls. */
  static Row warming(RunningGateway gateway) {
    List<CallKind> kinds = new ArrayList<>();
    kinds.addAll(Kinds.read(gateway, NOTES, USUAL));
    kinds.addAll(Kinds.write(gateway, NOTES, USUAL));
    kinds.addAll(Kinds.someDenied(gateway, NOTES, 4));
    return row("warming " + gateway.name(), gateway, closed(kinds, CONNECTIONS));
  }

  /** Whether the tool server is quick enough not to be what is measured. */
  Group servers() {
    List<CallKind> canned = Kinds.plain(PLAIN, USUAL).stream().map(CallKind::withIdInHead).toList();
    return new Group(
        "the tool server, " + CONNECTIONS + " connections",
        CANNED,
        List.of(
            new Row(
                CANNED,
                subjects.canned().address(),
                subjects.canned().child(),
                closed(canned, CONNECTIONS)),
            direct(PLAIN, CONNECTIONS, 0)));
  }

  /** Every way of doing the work, with the usual load. */
  Group ways() {
    RunningGateway durable = subjects.durable();
    RunningGateway unsynced = subjects.unsynced();
    return new Group(
        CONNECTIONS + " connections, 0.5 KB",
        NGINX,
        List.of(
            direct(PLAIN, CONNECTIONS, 0),
            nginx(PLAIN, USUAL, CONNECTIONS, 0),
            bare(PLAIN, USUAL, CONNECTIONS, 0),
            row(UNSYNCED, unsynced, closed(Kinds.read(unsynced, NOTES, USUAL), CONNECTIONS)),
            release(NOTES, USUAL, CONNECTIONS),
            row(FORWARD, durable, closed(Kinds.write(durable, NOTES, USUAL), CONNECTIONS)),
            row(
                "full, one in ten denied",
                durable,
                closed(Kinds.someDenied(durable, NOTES, 10), CONNECTIONS)),
            row("full, all denied", durable, closed(Kinds.denied(durable, NOTES), CONNECTIONS))));
  }

  /** Other numbers of connections. */
  List<Group> connections() {
    List<Group> groups = new ArrayList<>();
    for (int connections : new int[] {1, 16, 256, 1000}) {
      groups.add(
          new Group(
              connections + (connections == 1 ? " connection" : " connections"),
              NGINX,
              List.of(
                  nginx(PLAIN, USUAL, connections, 0),
                  bare(PLAIN, USUAL, connections, 0),
                  release(NOTES, USUAL, connections))));
    }
    return groups;
  }

  /** Larger requests, a large answer, an answer as a stream, and HTTP/2. */
  List<Group> forms() {
    return List.of(
        sized("5 KB requests", PLAIN, NOTES, 5_000),
        sized("100 KB requests", PLAIN, NOTES, LARGE_BYTES),
        sized("100 KB answers", "/size-100000/mcp", "/big/mcp", USUAL),
        new Group(
            "SSE answers",
            NGINX,
            List.of(
                nginx("/sse/mcp", USUAL, CONNECTIONS, 0),
                release("/events/mcp", USUAL, CONNECTIONS))),
        new Group(
            "HTTP/2 clients, 64 streams on one connection",
            NGINX,
            List.of(
                new Row(
                    NGINX,
                    subjects.nginx().http2(),
                    subjects.nginx().child(),
                    new Shape(Kinds.plain(PLAIN, USUAL), CONNECTIONS, true, 0)),
                row(
                    BARE,
                    subjects.bare(),
                    new Shape(Kinds.plain(PLAIN, USUAL), CONNECTIONS, true, 0)),
                row(
                    RELEASE,
                    subjects.durable(),
                    new Shape(
                        Kinds.read(subjects.durable(), NOTES, USUAL), CONNECTIONS, true, 0)))));
  }

  private Group sized(String title, String plain, String route, int bytes) {
    return new Group(
        title,
        NGINX,
        List.of(
            nginx(plain, bytes, CONNECTIONS, 0),
            bare(plain, bytes, CONNECTIONS, 0),
            release(route, bytes, CONNECTIONS)));
  }

  /** One call after another, at a rate that leaves everything time. */
  Group latency(String plain, String route, double perSecond) {
    RunningGateway durable = subjects.durable();
    RunningGateway unsynced = subjects.unsynced();
    return new Group(
        "1 connection, " + Math.round(perSecond) + " calls/s, " + plain,
        DIRECT,
        List.of(
            direct(plain, 1, perSecond),
            nginx(plain, USUAL, 1, perSecond),
            bare(plain, USUAL, 1, perSecond),
            row(UNSYNCED, unsynced, paced(Kinds.read(unsynced, route, USUAL), 1, perSecond)),
            row(RELEASE, durable, paced(Kinds.read(durable, route, USUAL), 1, perSecond)),
            row(FORWARD, durable, paced(Kinds.write(durable, route, USUAL), 1, perSecond))));
  }

  /** Half of what each can carry. */
  Group halfLoad(double nginxPerSecond, double fullPerSecond) {
    RunningGateway durable = subjects.durable();
    return new Group(
        "each at half of its own greatest rate",
        NGINX,
        List.of(
            nginx(PLAIN, USUAL, CONNECTIONS, nginxPerSecond / 2),
            row(
                RELEASE,
                durable,
                paced(Kinds.read(durable, NOTES, USUAL), CONNECTIONS, fullPerSecond / 2)),
            row(
                FORWARD,
                durable,
                paced(Kinds.write(durable, NOTES, USUAL), CONNECTIONS, fullPerSecond / 2))));
  }

  /** Tokens that are remembered, and tokens that never are. */
  static Group tokens(RunningGateway remembering, RunningGateway forgetful) {
    return new Group(
        "tokens",
        RELEASE,
        List.of(
            row(RELEASE, remembering, closed(Kinds.callers(remembering, NOTES, 100), CONNECTIONS)),
            row(CHECKED, forgetful, closed(Kinds.callers(forgetful, NOTES, 100), CONNECTIONS))));
  }

  /** At a constant rate. */
  Row releaseAt(double perSecond) {
    RunningGateway durable = subjects.durable();
    return row(RELEASE, durable, paced(Kinds.read(durable, NOTES, USUAL), CONNECTIONS, perSecond));
  }

  /** Whether a row measures a gateway of ours. */
  boolean isGateway(Row row) {
    return row.measured() != subjects.toolServer() && row.measured() != subjects.nginx().child();
  }

  private static Shape closed(List<CallKind> kinds, int connections) {
    return new Shape(kinds, connections, false, 0);
  }

  private static Shape paced(List<CallKind> kinds, int connections, double perSecond) {
    return new Shape(kinds, connections, false, perSecond);
  }

  private Row direct(String path, int connections, double perSecond) {
    return new Row(
        DIRECT,
        subjects.server(),
        subjects.toolServer(),
        paced(Kinds.plain(path, USUAL), connections, perSecond));
  }

  private Row nginx(String path, int bytes, int connections, double perSecond) {
    InetSocketAddress address = subjects.nginx().address();
    return new Row(
        NGINX,
        address,
        subjects.nginx().child(),
        paced(Kinds.plain(path, bytes), connections, perSecond));
  }

  private Row bare(String path, int bytes, int connections, double perSecond) {
    return row(BARE, subjects.bare(), paced(Kinds.plain(path, bytes), connections, perSecond));
  }

  private Row release(String route, int bytes, int connections) {
    return row(
        RELEASE,
        subjects.durable(),
        closed(Kinds.read(subjects.durable(), route, bytes), connections));
  }

  private static Row row(String name, RunningGateway gateway, Shape shape) {
    return new Row(name, gateway.address(), gateway.child(), shape);
  }
}

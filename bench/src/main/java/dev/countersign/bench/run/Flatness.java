// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.run;

import dev.countersign.bench.load.CallKind;
import dev.countersign.bench.load.LoadGenerator.Shape;
import java.io.IOException;
import java.net.Socket;
import java.util.List;

/**
 * Whether a call costs the same however much there is of everything. All of it is measured on one
 * gateway, so that two processes are not compared where one will do; only grants need two.
 */
final class Flatness {
  static final String ONE = "one of each";
  static final String TOKENS = "1,000 callers with a token each";
  static final String TOOLS = "1,000 tools";
  static final String ONE_GRANT = "1 grant";
  static final String GRANTS = "1,000 grants";
  static final String ONE_SESSION = "1 legacy session";
  static final String SESSIONS = "10,000 legacy sessions";
  static final String NO_STREAMS = "no idle streams";
  static final String STREAMS = "1,000 idle streams";
  static final int MANY = 1_000;

  private static final String NOTES = "/notes/mcp";
  private static final int MANY_SESSIONS = 10_000;

  private final Gateways gateways;
  private final Rounds rounds;
  private final Warming warming;

  Flatness(Gateways gateways, Rounds rounds, Warming warming) {
    this.gateways = gateways;
    this.rounds = rounds;
    this.warming = warming;
  }

  /** Callers and tools. */
  GroupResult callersAndTools(RunningGateway gateway) throws IOException, InterruptedException {
    return rounds.measure(
        new Group(
            "more callers, more tools",
            ONE,
            List.of(
                row(ONE, gateway, Kinds.tools(gateway, NOTES, 10)),
                row(TOKENS, gateway, Kinds.callers(gateway, NOTES, MANY)),
                row(TOOLS, gateway, Kinds.tools(gateway, NOTES, MANY)))));
  }

  /** Sessions; each of them makes calls. */
  GroupResult sessions(RunningGateway gateway) throws IOException, InterruptedException {
    List<CallKind> many = new Sessions(gateway, NOTES).open(MANY_SESSIONS).calls();
    return rounds.measure(
        new Group(
            "more sessions",
            ONE_SESSION,
            List.of(row(ONE_SESSION, gateway, many.subList(0, 1)), row(SESSIONS, gateway, many))));
  }

  /** Two gateways, started and warmed alike. */
  GroupResult grants() throws IOException, InterruptedException {
    try (RunningGateway one = gateways.full("one-grant");
        RunningGateway many = gateways.full("many-grants", Gateways.Kind.withGrants(MANY))) {
      warming.warm(Plan.warming(one));
      warming.warm(Plan.warming(many));
      return rounds.measure(
          new Group(
              "more grants",
              ONE_GRANT,
              List.of(
                  row(ONE_GRANT, one, Kinds.read(one, NOTES, Kinds.USUAL_BYTES)),
                  row(GRANTS, many, Kinds.read(many, NOTES, Kinds.USUAL_BYTES)))));
    }
  }

  /**
   * What idle streams cost.
   *
   * @param busy the busy path, without and with them
   * @param heapBytesEach what each keeps on the heap
   */
  record Idle(GroupResult busy, double heapBytesEach) {}

  /** Two gateways, started and warmed alike, one of which holds streams. */
  Idle streams() throws IOException, InterruptedException {
    try (RunningGateway without = gateways.full("no-streams");
        RunningGateway with = gateways.full("streams")) {
      warming.warm(Plan.warming(without));
      warming.warm(Plan.warming(with));
      Sessions sessions = new Sessions(with, NOTES).open(MANY);
      long before = Jvm.liveBytes(with.child());
      List<Socket> streams = sessions.streams();
      double each = (Jvm.liveBytes(with.child()) - before) / (double) MANY;
      GroupResult busy =
          rounds.measure(
              new Group(
                  "idle streams beside",
                  NO_STREAMS,
                  List.of(
                      row(NO_STREAMS, without, Kinds.read(without, NOTES, Kinds.USUAL_BYTES)),
                      row(STREAMS, with, Kinds.read(with, NOTES, Kinds.USUAL_BYTES)))));
      for (Socket stream : streams) {
        stream.close();
      }
      return new Idle(busy, each);
    }
  }

  private static Row row(String name, RunningGateway gateway, List<CallKind> kinds) {
    return new Row(
        name, gateway.address(), gateway.child(), new Shape(kinds, Plan.CONNECTIONS, false, 0));
  }
}

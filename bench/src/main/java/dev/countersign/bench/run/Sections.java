// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.run;

import dev.countersign.bench.load.LoadGenerator;
import java.io.IOException;
import java.time.Duration;
import java.util.List;

/** The parts of a run: what is measured in each, and which goals it is about. */
final class Sections {
  private static final Duration IDLE = Duration.ofSeconds(5);
  private static final Duration AFTERWARDS = Duration.ofSeconds(60);
  private static final Duration MANY_CONNECTIONS = Duration.ofSeconds(20);
  private static final Duration LARGE_BODIES = Duration.ofSeconds(15);
  private static final double MODEST_PER_SECOND = 500;
  private static final int STARTS = 5;
  private static final int RELOAD_ROUNDS = 3;

  private final LoadGenerator generator;
  private final Subjects subjects;
  private final Gateways gateways;
  private final Plan plan;
  private final Rounds rounds;
  private final Warming warming;
  private final Report report;
  private final Goals goals;

  Sections(
      LoadGenerator generator,
      Subjects subjects,
      Plan plan,
      Rounds rounds,
      Warming warming,
      Report report,
      Goals goals) {
    this.generator = generator;
    this.subjects = subjects;
    this.gateways = subjects.gateways();
    this.plan = plan;
    this.rounds = rounds;
    this.warming = warming;
    this.report = report;
    this.goals = goals;
  }

  void measure(Options.Section section) throws IOException, InterruptedException {
    switch (section) {
      case WAYS -> ways();
      case FORMS -> forms();
      case LATENCY -> latency();
      case HEAP -> heap();
      case FLAT -> flat();
      case TOKENS -> tokens();
      case RELOAD -> reload();
      case OVERLOAD -> overload();
      case MEMORY -> memory();
      case START -> start();
    }
  }

  private void ways() throws IOException, InterruptedException {
    GroupResult ways = report.costs(rounds.measure(plan.ways()));
    report.draw(ways);
    goals.ways(ways);
  }

  private void forms() throws IOException, InterruptedException {
    for (Group group : plan.connections()) {
      report.costs(rounds.measure(group));
    }
    for (Group group : plan.forms()) {
      GroupResult result = report.costs(rounds.measure(group));
      if (group.title().startsWith("100 KB")) {
        goals.large(result);
      }
    }
  }

  private void latency() throws IOException, InterruptedException {
    Spread sync = Machine.syncMicros(gateways.places().folder());
    report.add("fdatasync here after 900 bytes: " + sync.text("%.0f") + " µs\n");
    goals.latency(
        report.latencies(rounds.measure(plan.latency("/mcp", "/notes/mcp", MODEST_PER_SECOND))),
        sync);
    goals.slowServer(
        report.latencies(
            rounds.measure(plan.latency("/delay-300/mcp", "/slow/mcp", MODEST_PER_SECOND))));
    goals.halfLoad(
        report.latencies(
            rounds.measure(plan.halfLoad(capacity(Plan.NGINX), capacity(Plan.RELEASE)))));
  }

  /** Calls in a second at full speed. */
  private double capacity(String row) throws IOException, InterruptedException {
    for (Row candidate : plan.ways().rows()) {
      if (candidate.name().equals(row)) {
        return rounds.measure(candidate).perSecond();
      }
    }
    throw new IllegalArgumentException(row);
  }

  private void heap() throws IOException, InterruptedException {
    TextTable table = new TextTable("heap", "bytes allocated per call");
    for (Row row : plan.ways().rows()) {
      if (plan.isGateway(row)) {
        table.add(row.name(), Tables.number(Allocations.perCall(generator, row)));
      }
    }
    report.add(table.text());
  }

  private void flat() throws IOException, InterruptedException {
    Flatness flatness = new Flatness(gateways, rounds, warming);
    goals.flat("11", report.costs(flatness.callersAndTools(subjects.durable())));
    goals.flat("11", report.costs(flatness.sessions(subjects.durable())));
    goals.flat("11", report.costs(flatness.grants()));
    Flatness.Idle idle = flatness.streams();
    goals.heapOfStream(idle.heapBytesEach());
    goals.flat("12", report.costs(idle.busy()));
  }

  private void tokens() throws IOException, InterruptedException {
    try (RunningGateway gateway = gateways.full("forgetful", Gateways.Kind.FORGETFUL)) {
      warming.warm(Plan.warming(gateway));
      goals.newTokens(report.costs(rounds.measure(Plan.tokens(subjects.durable(), gateway))));
    }
  }

  private void reload() throws IOException, InterruptedException {
    Row row = plan.releaseAt(capacity(Plan.RELEASE) / 2);
    goals.reloads(
        report.latencies(
            new Reloads(gateways, subjects.durable(), rounds, RELOAD_ROUNDS).measure(row)));
  }

  private void overload() throws IOException, InterruptedException {
    try (RunningGateway gateway = gateways.full("overload", Gateways.Kind.BOUNDED);
        Apart apart = Apart.of(gateway.child().handle(), subjects.toolServer().handle())) {
      warming.warm(Plan.warming(gateway));
      Overload.Seen seen = new Overload(gateway, generator).measure();
      report.add(seen.table());
      goals.overload(seen);
      if (seen.wrong() > 0) {
        report.fault("overload: " + seen.wrong() + " wrong answers");
      }
    }
  }

  private void memory() throws IOException, InterruptedException {
    try (RunningGateway gateway = gateways.full("memory")) {
      Memory memory = new Memory(generator, gateway);
      Thread.sleep(IDLE);
      goals.resident("idle", memory.resident(), 90);
      goals.resident("1,000 connections", memory.connections(MANY_CONNECTIONS).bytes(), 160);
      Memory.Peak bodies = memory.bodies(LARGE_BODIES);
      goals.resident("1,000 × 100 KB bodies", bodies.bytes(), 250);
      report.add(
          "Of the 100 KB calls %d were answered, %d turned away, %d wrong.\n"
              .formatted(bodies.end().answered(), bodies.end().turnedAway(), bodies.end().wrong()));
      Thread.sleep(AFTERWARDS);
      report.add("Resident 60 s later: %d MiB\n".formatted(memory.resident() >> 20));
    }
  }

  private void start() throws IOException, InterruptedException {
    List<Spread> millis = new Starts(gateways).millis(STARTS);
    goals.start("by ./countersign", millis.get(0));
    goals.start("by the command that it ends in", millis.get(1));
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.run;

import dev.countersign.bench.load.LoadGenerator;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** One run from its beginning to its end. */
final class Run {
  private static final Duration IDLE = Duration.ofSeconds(5);
  private static final Duration AFTERWARDS = Duration.ofSeconds(60);
  private static final int STARTS = 5;
  private static final int RELOAD_ROUNDS = 3;
  private static final double SERVER_RATE_MIN = 0.7;

  private final Path root;
  private final boolean quick;
  private final Report report = new Report();
  private final Goals goals = new Goals();
  private final List<String> faults = new ArrayList<>();

  Run(Path root, boolean quick) {
    this.root = root;
    this.quick = quick;
  }

  /**
   * Makes it.
   *
   * @return what is wrong, a line each; times are never wrong
   * @throws IOException when something cannot be started
   */
  List<String> run() throws IOException, InterruptedException {
    Places places = Places.prepare(root);
    Nginx.install();
    List<String> about = new ArrayList<>(Machine.lines(root));
    about.add(
        "Off: TLS, the server's credential, anything beside clients, gateway and server on one"
            + " machine");
    about.add("Rounds: " + (quick ? "2 of 1.5 s" : "5 of 3 s") + " for each row, shuffled");
    about.forEach(System.out::println);
    System.out.println();
    try (Children children =
            new Children(places.folder(), root.resolve("cli/target/countersign/lib"));
        LoadGenerator generator = new LoadGenerator()) {
      Subjects subjects = Subjects.start(children, places);
      probe(generator, subjects);
      Runnable tidy = () -> subjects.full().forEach(gateway -> Places.trim(gateway.audit()));
      Rounds rounds =
          new Rounds(generator, quick ? 2 : 5, millis(300), millis(quick ? 1500 : 3000), tidy);
      Warming warming =
          row -> rounds.warm(row, quick ? 15_000 : 100_000, Duration.ofSeconds(quick ? 10 : 90));
      Plan plan = new Plan(subjects);
      for (Row row : plan.warming()) {
        warming.warm(row);
      }
      GroupResult ways = base(rounds, plan);
      if (!quick) {
        forms(rounds, plan);
        latencies(rounds, plan, ways, places);
        allocations(generator, plan);
        flatness(new Flatness(subjects.gateways(), rounds, warming), subjects);
        tokens(rounds, warming, subjects);
        reloads(rounds, plan, subjects, ways);
        overload(warming, subjects.gateways());
        memory(generator, subjects.gateways());
        starts(subjects.gateways());
        report.add(Tables.goals(goals.figures()));
        report.write(root.resolve("bench"), about, goals.figures(), ways);
      } else {
        report.add(Tables.goals(goals.figures()));
      }
    }
    faults.addAll(report.faults());
    return faults;
  }

  private void probe(LoadGenerator generator, Subjects subjects)
      throws IOException, InterruptedException {
    Probe probe = new Probe(generator, subjects);
    report.add(
        "Probe. "
            + probe.test(
                "not durable", subjects.gateways().full("probe-unsynced", Gateways.Kind.UNSYNCED))
            + ".\nProbe. "
            + probe.test("durable", subjects.gateways().full("probe"))
            + ".\n");
    faults.addAll(probe.faults());
  }

  private GroupResult base(Rounds rounds, Plan plan) throws IOException, InterruptedException {
    GroupResult servers = report.costs(rounds.measure(plan.servers()));
    double rate = servers.row(Plan.DIRECT).rateRatio().median();
    if (rate < SERVER_RATE_MIN) {
      report.add("The tool server is slow beside nginx: rates below may be its own.\n");
    }
    GroupResult ways = report.costs(rounds.measure(plan.ways()));
    goals.ways(ways);
    return ways;
  }

  private void forms(Rounds rounds, Plan plan) throws IOException, InterruptedException {
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

  private void latencies(Rounds rounds, Plan plan, GroupResult ways, Places places)
      throws IOException, InterruptedException {
    Spread sync = Machine.syncMicros(places.folder());
    report.add("fdatasync here after 900 bytes: " + sync.text("%.0f") + " µs\n");
    goals.latency(report.latencies(rounds.measure(plan.latency("/mcp", "/notes/mcp", 500))), sync);
    goals.slowServer(
        report.latencies(rounds.measure(plan.latency("/delay-300/mcp", "/slow/mcp", 500))));
    goals.halfLoad(
        report.latencies(
            rounds.measure(
                plan.halfLoad(
                    ways.row(Plan.NGINX).of(Sample::perSecond).median(),
                    ways.row(Plan.RELEASE).of(Sample::perSecond).median()))));
  }

  private void allocations(LoadGenerator generator, Plan plan)
      throws IOException, InterruptedException {
    TextTable table = new TextTable("heap", "bytes allocated per call");
    for (Row row : plan.ways().rows()) {
      if (plan.isGateway(row)) {
        table.add(row.name(), Tables.number(Allocations.perCall(generator, row)));
      }
    }
    report.add(table.text());
  }

  private void flatness(Flatness flatness, Subjects subjects)
      throws IOException, InterruptedException {
    goals.flat("11", report.costs(flatness.callersAndTools(subjects.durable())));
    goals.flat("11", report.costs(flatness.sessions(subjects.durable())));
    goals.flat("11", report.costs(flatness.grants()));
    Flatness.Idle idle = flatness.streams();
    goals.heapOfStream(idle.heapBytesEach());
    goals.flat("12", report.costs(idle.busy()));
  }

  private void tokens(Rounds rounds, Warming warming, Subjects subjects)
      throws IOException, InterruptedException {
    try (RunningGateway gateway = subjects.gateways().full("forgetful", Gateways.Kind.FORGETFUL)) {
      warming.warm(Plan.warming(gateway));
      GroupResult result = report.costs(rounds.measure(Plan.tokens(subjects.durable(), gateway)));
      goals.newTokens(result);
    }
  }

  private void reloads(Rounds rounds, Plan plan, Subjects subjects, GroupResult ways)
      throws IOException, InterruptedException {
    double rate = ways.row(Plan.RELEASE).of(Sample::perSecond).median() / 2;
    goals.reloads(
        report.latencies(
            new Reloads(subjects.gateways(), subjects.durable(), rounds, RELOAD_ROUNDS)
                .measure(plan.releaseAt(rate))));
  }

  private void overload(Warming warming, Gateways gateways)
      throws IOException, InterruptedException {
    try (RunningGateway gateway = gateways.full("overload", Gateways.Kind.BOUNDED)) {
      warming.warm(Plan.warming(gateway));
      report.add(Tables.overload(new Overload(gateway).run()));
    }
  }

  private void memory(LoadGenerator generator, Gateways gateways)
      throws IOException, InterruptedException {
    try (RunningGateway gateway = gateways.full("memory")) {
      Memory memory = new Memory(generator, gateway);
      Thread.sleep(IDLE);
      goals.resident("idle", memory.resident(), 90);
      Memory.Peak connections = memory.connections(Duration.ofSeconds(20));
      goals.resident("1,000 connections", connections.bytes(), 160);
      Memory.Peak bodies = memory.bodies(Duration.ofSeconds(15));
      goals.resident("1,000 × 100 KB bodies", bodies.bytes(), 250);
      Places.trim(gateway.audit());
      report.add(
          "Of the 100 KB calls %d were answered, %d turned away, %d wrong.\n"
              .formatted(bodies.end().answered(), bodies.end().turnedAway(), bodies.end().wrong()));
      Thread.sleep(AFTERWARDS);
      report.add("Resident 60 s later: %d MiB\n".formatted(memory.resident() >> 20));
    }
  }

  private void starts(Gateways gateways) throws IOException, InterruptedException {
    List<Spread> millis = new Starts(gateways).millis(STARTS);
    goals.start("by ./countersign", millis.get(0));
    goals.start("by the command that it ends in", millis.get(1));
  }

  private static Duration millis(long count) {
    return Duration.ofMillis(count);
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.run;

import dev.countersign.bench.load.LoadGenerator;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** One run from its beginning to its end. */
final class Run {
  private static final double SERVER_RATE_MIN = 0.7;

  private final Options options;
  private final Report report = new Report();
  private final Goals goals = new Goals();
  private final List<String> faults = new ArrayList<>();

  Run(Options options) {
    this.options = options;
  }

  /**
   * Makes it.
   *
   * @return what is wrong, a line each; times are never wrong
   * @throws IOException when something cannot be started
   */
  List<String> run() throws IOException, InterruptedException {
    Places places = Places.prepare(options.root());
    Nginx.install();
    List<String> about = about();
    about.forEach(System.out::println);
    System.out.println();
    try (Children children =
            new Children(places.folder(), options.root().resolve("cli/target/countersign/lib"));
        LoadGenerator generator = new LoadGenerator()) {
      Subjects subjects = Subjects.start(children, places);
      probe(generator, subjects);
      Runnable tidy = () -> subjects.full().forEach(gateway -> Places.trim(gateway.audit()));
      Rounds rounds = rounds(generator, tidy);
      Warming warming = warming(rounds);
      Plan plan = new Plan(subjects);
      for (Row row : plan.warming()) {
        warming.warm(row);
      }
      Sections sections = new Sections(generator, subjects, plan, rounds, warming, report, goals);
      toolServer(rounds, plan);
      for (Options.Section section : options.sections()) {
        measure(sections, section);
      }
      report.add(Tables.goals(goals.figures()));
      if (options.whole()) {
        report.write(options.root().resolve("bench"), about, goals.figures());
      }
    }
    faults.addAll(report.faults());
    return faults;
  }

  /** What the other sections found is worth keeping when one cannot be measured. */
  private void measure(Sections sections, Options.Section section) throws InterruptedException {
    try {
      sections.measure(section);
    } catch (IOException e) {
      faults.add(section + " could not be measured: " + e.getMessage());
    }
  }

  private List<String> about() throws IOException, InterruptedException {
    List<String> about = new ArrayList<>(Machine.lines(options.root()));
    about.add(
        "Rounds: " + (options.quick() ? "2 of 1.5 s" : "5 of 2 s") + " for each row, shuffled");
    about.add(
        "Off: TLS, HTTP/2 to the server, a credential for it; load, server and gateway share the"
            + " machine, nothing is pinned but in the section on overload");
    return about;
  }

  private Rounds rounds(LoadGenerator generator, Runnable tidy) {
    return options.quick()
        ? new Rounds(generator, 2, Duration.ofMillis(300), Duration.ofMillis(1500), tidy)
        : new Rounds(generator, 5, Duration.ofMillis(300), Duration.ofMillis(2000), tidy);
  }

  private Warming warming(Rounds rounds) {
    return options.quick()
        ? row -> rounds.warm(row, 20_000, Duration.ofSeconds(10))
        : row -> rounds.warm(row, 150_000, Duration.ofSeconds(90));
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

  private void toolServer(Rounds rounds, Plan plan) throws IOException, InterruptedException {
    GroupResult servers = report.costs(rounds.measure(plan.servers()));
    if (servers.row(Plan.DIRECT).rateRatio().median() < SERVER_RATE_MIN) {
      report.add("The tool server is slow beside nginx: rates below may be its own.\n");
    }
  }
}

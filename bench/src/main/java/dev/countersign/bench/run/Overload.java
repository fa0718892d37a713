// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.run;

import dev.countersign.bench.load.Load;
import dev.countersign.bench.load.LoadGenerator;
import dev.countersign.bench.load.LoadGenerator.Shape;
import dev.countersign.bench.load.Progress;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.HdrHistogram.Histogram;

/**
 * One caller floods a gateway with the bounds that it is delivered with, while another asks for
 * little, from a generator of its own.
 */
final class Overload {
  private static final Duration LENGTH = Duration.ofSeconds(5);
  private static final Duration AFTER = Duration.ofSeconds(1);
  private static final int FLOOD_CONNECTIONS = 1000;
  private static final double MODEST_PER_SECOND = 200;
  private static final String ROUTE = "/notes/mcp";
  private static final double NANOS_PER_MICRO = 1e3;

  private final RunningGateway gateway;

  Overload(RunningGateway gateway) {
    this.gateway = gateway;
  }

  /**
   * What the modest caller saw in some time. Microseconds.
   *
   * @param turnedAway of its calls
   */
  record Seen(double p50, double p99, long answered, long turnedAway, long wrong) {}

  /**
   * How it went.
   *
   * @param before without the flood
   * @param during with it
   * @param after from a second after its end on
   * @param flood what became of the flood's calls
   * @param residentBytes the most during the flood
   */
  record Course(Seen before, Seen during, Seen after, Progress flood, long residentBytes) {}

  Course run() throws IOException, InterruptedException {
    try (LoadGenerator modest = new LoadGenerator();
        LoadGenerator flooding = new LoadGenerator();
        Load asking =
            modest.start(
                gateway.address(),
                new Shape(
                    List.of(Kinds.ofCaller(gateway, ROUTE, "modest", Kinds.USUAL_BYTES)),
                    16,
                    false,
                    MODEST_PER_SECOND))) {
      Thread.sleep(AFTER);
      Seen before = seen(asking);
      Progress end;
      Seen during;
      long resident;
      try (Load flood =
          flooding.start(
              gateway.address(),
              new Shape(
                  List.of(Kinds.ofCaller(gateway, ROUTE, "flood", Kinds.USUAL_BYTES)),
                  FLOOD_CONNECTIONS,
                  false,
                  0))) {
        Thread.sleep(AFTER);
        during = seen(asking);
        resident = ProcessFigures.residentBytes(gateway.child().handle());
        end = flood.stop();
      }
      Thread.sleep(AFTER);
      return new Course(before, during, seen(asking), end, resident);
    }
  }

  private static Seen seen(Load load) throws InterruptedException {
    load.takeLatencies();
    Progress from = load.progress();
    Thread.sleep(LENGTH);
    Progress to = load.progress();
    Histogram latencies = load.takeLatencies();
    return new Seen(
        latencies.getValueAtPercentile(50) / NANOS_PER_MICRO,
        latencies.getValueAtPercentile(99) / NANOS_PER_MICRO,
        to.answered() - from.answered(),
        to.turnedAway() - from.turnedAway(),
        to.wrong() - from.wrong());
  }
}

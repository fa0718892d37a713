// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.run;

import dev.countersign.bench.load.Load;
import dev.countersign.bench.load.LoadGenerator;
import dev.countersign.bench.load.Progress;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.HdrHistogram.Histogram;

/**
 * Measures rows in turn, each round in another order, so that whatever else goes on on the machine
 * meets all of them.
 */
final class Rounds {
  private static final double NANOS_PER_MICRO = 1e3;
  private static final double NANOS_PER_SECOND = 1e9;

  private static final Duration LOOK = Duration.ofMillis(50);

  private final LoadGenerator generator;
  private final int rounds;
  private final Duration settle;
  private final Duration length;
  private final Runnable betweenRounds;
  private final Random random = new Random(1);

  /**
   * @param settle from the first call to the beginning of what counts
   * @param length of what counts
   */
  Rounds(
      LoadGenerator generator,
      int rounds,
      Duration settle,
      Duration length,
      Runnable betweenRounds) {
    this.generator = generator;
    this.rounds = rounds;
    this.settle = settle;
    this.length = length;
    this.betweenRounds = betweenRounds;
  }

  GroupResult measure(Group group) throws IOException, InterruptedException {
    Map<String, List<Sample>> samples = new HashMap<>();
    for (int round = 0; round < rounds; round++) {
      List<Row> order = new ArrayList<>(group.rows());
      Collections.shuffle(order, random);
      for (Row row : order) {
        samples.computeIfAbsent(row.name(), name -> new ArrayList<>()).add(measure(row));
      }
      betweenRounds.run();
    }
    List<Sample> base = samples.getOrDefault(group.base(), List.of());
    return new GroupResult(
        group,
        group.rows().stream()
            .map(row -> new RowResult(row, samples.getOrDefault(row.name(), List.of()), base))
            .toList());
  }

  /** Makes calls until there were so many answers, but no longer than a while. */
  void warm(Row row, long calls, Duration most) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + most.toNanos();
    try (Load load = generator.start(row.target(), row.shape())) {
      while (load.progress().answered() < calls && System.nanoTime() < deadline) {
        Thread.sleep(LOOK);
      }
    }
    betweenRounds.run();
  }

  Sample measure(Row row) throws IOException, InterruptedException {
    try (Load load = generator.start(row.target(), row.shape())) {
      Thread.sleep(settle);
      load.takeLatencies();
      long cpuBefore = ProcessFigures.cpuMicros(row.measured().handle());
      Progress before = load.progress();
      Thread.sleep(length);
      Progress after = load.progress();
      double cpu = ProcessFigures.cpuMicros(row.measured().handle()) - cpuBefore;
      Histogram latencies = load.takeLatencies();
      Progress end = load.stop();
      double calls = Math.max(1, after.answered() - before.answered());
      return new Sample(
          cpu / calls,
          calls * NANOS_PER_SECOND / (after.nanos() - before.nanos()),
          latencies.getValueAtPercentile(50) / NANOS_PER_MICRO,
          latencies.getValueAtPercentile(99) / NANOS_PER_MICRO,
          end.answered(),
          end.turnedAway(),
          end.wrong());
    }
  }
}

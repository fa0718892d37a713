// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.run;

import dev.countersign.bench.load.CallKind;
import dev.countersign.bench.load.Load;
import dev.countersign.bench.load.LoadGenerator;
import dev.countersign.bench.load.LoadGenerator.Shape;
import dev.countersign.bench.load.Progress;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.HdrHistogram.Histogram;

/**
 * What becomes of calls when more come in than the gateway can work on: those that are let in,
 * those that are not, memory, the time after, and a caller that asks little beside one that floods.
 * The gateway has {@code limits.loop_turn} of 2 ms, and a processor to itself ({@link Apart}).
 */
final class Overload {
  private static final String LOOP_TURN = Gateways.Kind.LOOP_TURN;
  private static final String NOTES = "/notes/mcp";

  /** So many that there is always one that does not wait for an answer. */
  private static final int CONNECTIONS = 4096;

  private static final int FLOOD_CONNECTIONS = 512;
  private static final int LIGHT_CONNECTIONS = 4;
  private static final double LIGHT_PER_SECOND = 100;
  private static final double NANOS_PER_MILLI = 1e6;
  private static final double NANOS_PER_SECOND = 1e9;
  private static final Duration SETTLE = Duration.ofSeconds(2);
  private static final Duration LENGTH = Duration.ofSeconds(5);
  private static final Duration RECOVERY = Duration.ofSeconds(1);

  private final RunningGateway gateway;
  private final LoadGenerator generator;
  private final TextTable table =
      new TextTable(
          "overload, loop_turn: " + LOOP_TURN,
          "answered/s",
          "turned away/s",
          "p50 ms",
          "p99 ms",
          "resident MiB",
          "wrong");
  private long wrong;

  Overload(RunningGateway gateway, LoadGenerator generator) {
    this.gateway = gateway;
    this.generator = generator;
  }

  /**
   * What was seen.
   *
   * @param unloaded p99 of calls at a quarter of the greatest rate, ms
   * @param admitted p99 of what is let in at twice the greatest rate, ms
   * @param recovered p99 in the second after, at a quarter of the greatest rate again, ms
   * @param lightAlone p99 of the caller that asks little, alone, ms
   * @param lightBeside the same beside a flood, ms
   * @param lightTurnedAway how much of what it asks for is turned away beside a flood, 0 to 1
   * @param wrong wrong answers
   * @param table all of it
   */
  record Seen(
      double unloaded,
      double admitted,
      double recovered,
      double lightAlone,
      double lightBeside,
      double lightTurnedAway,
      long wrong,
      String table) {}

  Seen measure() throws IOException, InterruptedException {
    double greatest = row("as fast as 64 connections go", shape("agent", 64, 0)).answered;
    double quarter = greatest / 4;
    Seconds unloaded = row("a quarter of that", shape("agent", CONNECTIONS, quarter));
    Seconds twice = row("twice that", shape("agent", CONNECTIONS, 2 * greatest));
    var unused = row("four times that", shape("agent", CONNECTIONS, 4 * greatest));
    Seconds recovered =
        row(
            "a quarter again, the first second",
            shape("agent", CONNECTIONS, quarter),
            Duration.ZERO,
            RECOVERY);
    Seconds alone = row("one who asks little, alone", light());
    Seconds beside = besideFlood();
    return new Seen(
        unloaded.p99,
        twice.p99,
        recovered.p99,
        alone.p99,
        beside.p99,
        beside.turnedAway / Math.max(1, beside.answered + beside.turnedAway),
        wrong,
        table.text());
  }

  /** Some seconds of a load; rates in a second, latencies of what was let in in ms. */
  private record Seconds(double answered, double turnedAway, double p99) {}

  private Shape light() {
    return shape("light", LIGHT_CONNECTIONS, LIGHT_PER_SECOND);
  }

  private Shape shape(String subject, int connections, double perSecond) {
    List<CallKind> kinds = List.of(Kinds.ofCaller(gateway, NOTES, subject, Kinds.USUAL_BYTES));
    return new Shape(kinds, connections, false, perSecond);
  }

  /**
   * From a thread of its own, so that the flood does not make its calls late before they go out.
   */
  private Seconds besideFlood() throws IOException, InterruptedException {
    try (LoadGenerator other = new LoadGenerator();
        Load flood = other.start(gateway.address(), shape("flood", FLOOD_CONNECTIONS, 0))) {
      Thread.sleep(SETTLE);
      Seconds beside = row("one who asks little, beside a flood", light());
      wrong += flood.stop().wrong();
      return beside;
    }
  }

  private Seconds row(String name, Shape shape) throws IOException, InterruptedException {
    return row(name, shape, SETTLE, LENGTH);
  }

  private Seconds row(String name, Shape shape, Duration settle, Duration time)
      throws IOException, InterruptedException {
    try (Load load = generator.start(gateway.address(), shape)) {
      Thread.sleep(settle);
      load.takeLatencies();
      Progress before = load.progress();
      Thread.sleep(time);
      Progress after = load.progress();
      Histogram latencies = load.takeLatencies();
      long resident = ProcessFigures.residentBytes(gateway.child().handle());
      Progress end = load.stop();
      wrong += end.wrong();
      double seconds = (after.nanos() - before.nanos()) / NANOS_PER_SECOND;
      Seconds seen =
          new Seconds(
              (after.answered() - before.answered()) / seconds,
              (after.turnedAway() - before.turnedAway()) / seconds,
              latencies.getValueAtPercentile(99) / NANOS_PER_MILLI);
      table.add(
          name,
          Tables.number(seen.answered),
          Tables.number(seen.turnedAway),
          millis(latencies.getValueAtPercentile(50) / NANOS_PER_MILLI),
          millis(seen.p99),
          Long.toString(resident >> 20),
          Long.toString(end.wrong()));
      return seen;
    }
  }

  private static String millis(double value) {
    return String.format(Locale.ROOT, "%.2f", value);
  }
}

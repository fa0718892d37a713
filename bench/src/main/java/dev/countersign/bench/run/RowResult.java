// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.run;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleBiFunction;
import java.util.function.ToDoubleFunction;

/**
 * What came of a row in all rounds.
 *
 * @param row what was measured
 * @param samples one for each round
 * @param base what the row is compared with: samples of the same rounds
 */
record RowResult(Row row, List<Sample> samples, List<Sample> base) {
  RowResult {
    samples = List.copyOf(samples);
    base = List.copyOf(base);
  }

  Spread of(ToDoubleFunction<Sample> figure) {
    return Spread.of(samples.stream().map(figure::applyAsDouble).toList());
  }

  /** The same row beside another one of its group. */
  RowResult against(RowResult other) {
    return new RowResult(row, samples, other.samples());
  }

  /** How often the row's CPU time is the base's, round by round. */
  Spread cpuRatio() {
    return each((own, other) -> own.cpu() / other.cpu());
  }

  /** How often the row's rate is the base's. */
  Spread rateRatio() {
    return each((own, other) -> own.perSecond() / other.perSecond());
  }

  /** What the row's median latency has over the base's. */
  Spread addedP50() {
    return each((own, other) -> own.p50() - other.p50());
  }

  /** How often the row's high latency is the base's. */
  Spread p99Ratio() {
    return each((own, other) -> own.p99() / other.p99());
  }

  /** Answers that should not have come; a load that is to be carried is not to be turned away. */
  long wrong() {
    return samples.stream().mapToLong(sample -> sample.wrong() + sample.turnedAway()).sum();
  }

  /** Any figure of two samples of a round. */
  Spread each(ToDoubleBiFunction<Sample, Sample> figure) {
    List<Double> figures = new ArrayList<>();
    for (int i = 0; i < samples.size(); i++) {
      figures.add(figure.applyAsDouble(samples.get(i), base.get(i)));
    }
    return Spread.of(figures);
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.countersign.bench.load.LoadGenerator.Shape;
import java.io.File;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Ratios are those of one round each. */
final class RowResultTest {
  private static List<Sample> samples(double... cpu) {
    return Arrays.stream(cpu)
        .mapToObj(figure -> new Sample(figure, 1000 / figure, figure * 2, figure * 10, 5, 0, 0))
        .toList();
  }

  private static Row row() throws IOException {
    Child child =
        new Child("true", new ProcessBuilder("true").start(), new File("/dev/null").toPath());
    return new Row(
        "row", new InetSocketAddress(0), child, new Shape(Kinds.plain("/mcp", 300), 1, false, 0));
  }

  @Test
  void comparesRoundByRound() throws IOException {
    // The machine was slow in the second round, for both.
    RowResult result = new RowResult(row(), samples(20, 60, 24), samples(10, 30, 10));

    assertThat(result.cpuRatio()).isEqualTo(new Spread(2, 2, 2.4));
    assertThat(result.rateRatio().median()).isEqualTo(0.5);
    assertThat(result.addedP50()).isEqualTo(new Spread(28, 20, 60));
    assertThat(result.of(Sample::cpu)).isEqualTo(new Spread(24, 20, 60));
  }

  @Test
  void aCallThatIsTurnedAwayIsNoAnswerHere() throws IOException {
    RowResult result = new RowResult(row(), List.of(new Sample(1, 1, 1, 1, 10, 2, 3)), samples(1));

    assertThat(result.wrong()).isEqualTo(5);
  }

  @Test
  void theMedianOfAnEvenNumberIsBetweenTheMiddleTwo() {
    assertThat(Spread.of(List.of(4.0, 1.0, 3.0, 2.0))).isEqualTo(new Spread(2.5, 1, 4));
    assertThat(Spread.of(List.of(7.0))).isEqualTo(new Spread(7, 7, 7));
    assertThatThrownBy(() -> Spread.of(List.of())).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void saysTheMiddleAndTheEnds() {
    assertThat(new Spread(1.254, 1, 2.5).text("%.2f")).isEqualTo("1.25 (1.00–2.50)");
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.run;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** The middle of some figures, and how far apart they are. */
record Spread(double median, double min, double max) {
  /**
   * Of at least one figure.
   *
   * @throws IllegalArgumentException when there is none
   */
  static Spread of(List<Double> figures) {
    if (figures.isEmpty()) {
      throw new IllegalArgumentException("no figures");
    }
    double[] sorted = figures.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    return new Spread(middle(sorted), sorted[0], sorted[sorted.length - 1]);
  }

  private static double middle(double[] sorted) {
    int half = sorted.length / 2;
    return sorted.length % 2 == 1
        ? sorted[half]
        : Arrays.stream(sorted, half - 1, half + 1).average().orElseThrow();
  }

  /** The median, then least and greatest, in this form each. */
  String text(String format) {
    return String.format(
        Locale.ROOT, format + " (" + format + "–" + format + ")", median, min, max);
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.run;

import java.util.List;
import java.util.Locale;

/** Results as tables. */
final class Tables {
  private Tables() {}

  /** CPU time and rate of each row, and both beside the base. */
  static String costs(GroupResult result) {
    TextTable table =
        new TextTable(
            result.group().title(),
            "CPU µs per call",
            "× " + result.group().base(),
            "calls/s",
            "× its rate",
            "p50 µs",
            "p99 µs",
            "wrong");
    for (RowResult row : result.rows()) {
      table.add(
          row.row().name(),
          row.of(Sample::cpu).text("%.1f"),
          row.cpuRatio().text("%.2f"),
          number(row.of(Sample::perSecond).median()),
          row.rateRatio().text("%.2f"),
          number(row.of(Sample::p50).median()),
          number(row.of(Sample::p99).median()),
          Long.toString(row.wrong()));
    }
    return table.text();
  }

  /** Latencies, and what they have over the base's. */
  static String latencies(GroupResult result) {
    TextTable table =
        new TextTable(
            result.group().title(),
            "p50 µs",
            "over " + result.group().base(),
            "p99 µs",
            "× its p99",
            "wrong");
    for (RowResult row : result.rows()) {
      table.add(
          row.row().name(),
          row.of(Sample::p50).text("%.0f"),
          row.addedP50().text("%.0f"),
          row.of(Sample::p99).text("%.0f"),
          row.p99Ratio().text("%.2f"),
          Long.toString(row.wrong()));
    }
    return table.text();
  }

  /** Goals and whether they are met. */
  static String goals(List<Figure> figures) {
    TextTable table = new TextTable("goal", "target", "measured", "met");
    for (Figure figure : figures) {
      table.add(
          figure.goal() + ". " + figure.what(),
          figure.target(),
          figure.measured(),
          figure.met() ? "yes" : "no");
    }
    return table.text();
  }

  static String number(double value) {
    return String.format(Locale.ROOT, "%,.0f", value);
  }
}

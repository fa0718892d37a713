// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.run;

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

  static String number(double value) {
    return String.format(Locale.ROOT, "%,.0f", value);
  }
}

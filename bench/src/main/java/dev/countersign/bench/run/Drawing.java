// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.run;

import java.util.List;
import java.util.Locale;

/** Bars of CPU time beside the base's, with lines from the least to the greatest round. */
final class Drawing {
  private static final int LABELS = 250;
  private static final int BARS = 420;
  private static final int LINE = 26;
  private static final int TOP = 34;

  private Drawing() {}

  /** As SVG. */
  static String of(GroupResult result) {
    List<RowResult> rows = result.rows();
    double most = rows.stream().mapToDouble(row -> row.cpuRatio().max()).max().orElse(1);
    StringBuilder svg = new StringBuilder();
    int height = TOP + rows.size() * LINE + 10;
    svg.append(
        String.format(
            Locale.ROOT,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\""
                + " font-family=\"sans-serif\" font-size=\"12\">%n",
            LABELS + BARS + 70,
            height));
    svg.append(
        String.format(Locale.ROOT, "<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>%n"));
    svg.append(
        String.format(
            Locale.ROOT,
            "<text x=\"10\" y=\"18\" font-weight=\"bold\">CPU time per call, times %s"
                + " (%s)</text>%n",
            result.group().base(),
            result.group().title()));
    for (int i = 0; i < rows.size(); i++) {
      row(svg, rows.get(i), TOP + i * LINE, BARS / most);
    }
    return svg.append("</svg>\n").toString();
  }

  private static void row(StringBuilder svg, RowResult row, int y, double scale) {
    Spread ratio = row.cpuRatio();
    int middle = y + LINE / 2;
    svg.append(
        String.format(
            Locale.ROOT,
            "<text x=\"%d\" y=\"%d\" text-anchor=\"end\">%s</text>%n",
            LABELS - 8,
            middle + 4,
            row.row().name()));
    svg.append(
        String.format(
            Locale.ROOT,
            "<rect x=\"%d\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"#4a7ab5\"/>%n",
            LABELS,
            y + 4,
            ratio.median() * scale,
            LINE - 8));
    svg.append(
        String.format(
            Locale.ROOT,
            "<path d=\"M%.1f %dH%.1f\" stroke=\"#1d2f4a\" stroke-width=\"2\"/>%n",
            LABELS + ratio.min() * scale,
            middle,
            LABELS + ratio.max() * scale));
    svg.append(
        String.format(
            Locale.ROOT,
            "<text x=\"%.1f\" y=\"%d\">%.2f</text>%n",
            LABELS + ratio.max() * scale + 6,
            middle + 4,
            ratio.median()));
  }
}

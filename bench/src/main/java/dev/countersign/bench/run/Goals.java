// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.run;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Results beside the goals of the project. */
final class Goals {
  private static final double KIB = 1024;
  private static final double MIB = KIB * KIB;

  private final List<Figure> figures = new ArrayList<>();

  List<Figure> figures() {
    return List.copyOf(figures);
  }

  void ways(GroupResult ways) {
    RowResult bare = ways.row(Plan.BARE);
    RowResult release = ways.row(Plan.RELEASE);
    RowResult forward = ways.row(Plan.FORWARD);
    RowResult unsynced = ways.row(Plan.UNSYNCED);
    atMost("1", "bare proxying, CPU per call vs nginx", bare.cpuRatio(), 1.3, "%.2f", "×");
    atMost("2", "full work, before release, CPU vs nginx", release.cpuRatio(), 4, "%.2f", "×");
    atMost("2", "full work, before forwarding, CPU vs nginx", forward.cpuRatio(), 4, "%.2f", "×");
    atLeast(
        "6",
        "throughput, before release vs not durable",
        release.against(unsynced).rateRatio(),
        0.9);
    atLeast(
        "6",
        "throughput, before forwarding vs not durable",
        forward.against(unsynced).rateRatio(),
        0.9);
  }

  void latency(GroupResult latency, Spread syncMicros) {
    RowResult unsynced = latency.row(Plan.UNSYNCED);
    Spread forward = latency.row(Plan.FORWARD).against(unsynced).addedP50();
    atMost(
        "3", "added p50 at c=1, less the durability wait", unsynced.addedP50(), 80, "%.0f", " µs");
    atMost(
        "5",
        "durable before forwarding, added p50; fdatasync " + text("%.0f µs", syncMicros.median()),
        forward,
        1.3 * syncMicros.median(),
        "%.0f",
        " µs");
  }

  void slowServer(GroupResult slow) {
    atMost(
        "4",
        "durable before the answer, server takes 0.3 ms, added p50",
        slow.row(Plan.RELEASE).against(slow.row(Plan.UNSYNCED)).addedP50(),
        10,
        "%.0f",
        " µs");
  }

  void halfLoad(GroupResult half) {
    atMost("7", "p99 at half load vs nginx's", half.row(Plan.RELEASE).p99Ratio(), 3, "%.2f", "×");
  }

  void large(GroupResult large) {
    atMost(
        "10",
        large.group().title() + ", CPU vs nginx",
        large.row(Plan.RELEASE).cpuRatio(),
        1.4,
        "%.2f",
        "×");
  }

  /** Every row but the base. */
  void flat(String goal, GroupResult flat) {
    for (RowResult row : flat.rows()) {
      if (!row.row().name().equals(flat.group().base())) {
        atMost(
            goal,
            row.row().name() + ", CPU vs " + flat.group().base(),
            row.cpuRatio(),
            1.05,
            "%.3f",
            "×");
      }
    }
  }

  void newTokens(GroupResult tokens) {
    RowResult checked = tokens.row(Plan.CHECKED);
    Spread more = checked.each((own, other) -> own.cpu() - other.cpu());
    atMost("8", "a token checked with each call, CPU over a warm one", more, 75, "%.0f", " µs");
  }

  void reloads(GroupResult reloads) {
    RowResult during = reloads.rows().getLast();
    atMost("15", "p99 while settings are reloaded, vs before", during.p99Ratio(), 2, "%.2f", "×");
    add("15", "calls that fail meanwhile", "0", Long.toString(during.wrong()), during.wrong() == 0);
  }

  void heapOfStream(double bytes) {
    add("12", "heap of an idle stream", "≤ 8 KiB", text("%.1f KiB", bytes / KIB), bytes <= 8 * KIB);
  }

  void resident(String what, long bytes, double mib) {
    add(
        "13",
        "resident, " + what,
        text("≤ %.0f MiB", mib),
        text("%.0f MiB", bytes / MIB),
        bytes <= mib * MIB);
  }

  /** Point by point what a gateway above its capacity owes to whom it lets in. */
  void overload(Overload.Seen seen) {
    double bound = 3 * seen.unloaded();
    overload("p99 of what is let in at 2 × capacity, vs unloaded", seen.admitted(), bound);
    overload("p99 in the first second after, vs unloaded", seen.recovered(), bound);
    overload(
        "p99 of one who asks little, beside a flood, vs alone",
        seen.lightBeside(),
        3 * Math.max(seen.unloaded(), seen.lightAlone()));
    add(
        "overload",
        "what of the same is turned away",
        "≤ 5 %",
        text("%.1f %%", 100 * seen.lightTurnedAway()),
        seen.lightTurnedAway() <= 0.05);
  }

  private void overload(String what, double millis, double bound) {
    add("overload", what, text("≤ 3 × = %.1f ms", bound), text("%.1f ms", millis), millis <= bound);
  }

  void start(String how, Spread millis) {
    atMost("14", "start to first answered call, " + how, millis, 500, "%.0f", " ms");
  }

  private void atMost(
      String goal, String what, Spread found, double bound, String format, String unit) {
    add(
        goal,
        what,
        "≤ " + text(bound == Math.rint(bound) || bound > 20 ? "%.0f" : "%.2f", bound) + unit,
        found.text(format) + unit,
        found.median() <= bound);
  }

  private void atLeast(String goal, String what, Spread found, double bound) {
    add(goal, what, text("≥ %.2f", bound), found.text("%.2f"), found.median() >= bound);
  }

  void add(String goal, String what, String target, String measured, boolean met) {
    figures.add(new Figure(goal, what, target, measured, met));
  }

  private static String text(String format, double value) {
    return String.format(Locale.ROOT, format, value);
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What a run found, printed as it comes, and kept for the page. */
final class Report {
  private final List<String> sections = new ArrayList<>();
  private final List<GroupResult> results = new ArrayList<>();
  private final List<String> faults = new ArrayList<>();
  private String drawing = "";

  /** A table of CPU time and rates. */
  GroupResult costs(GroupResult result) {
    results.add(result);
    add(Tables.costs(result));
    return result;
  }

  /** A table of latencies. */
  GroupResult latencies(GroupResult result) {
    results.add(result);
    add(Tables.latencies(result));
    return result;
  }

  /** The table that is to be drawn. */
  void draw(GroupResult result) {
    drawing = Drawing.of(result);
  }

  /** Anything else. */
  void add(String section) {
    sections.add(section);
    System.out.println(section);
    System.out.flush();
  }

  /** Something was answered wrongly. */
  void fault(String what) {
    faults.add(what);
  }

  /** What was answered wrongly, a line each. */
  List<String> faults() {
    List<String> all = new ArrayList<>(faults);
    results.stream()
        .flatMap(result -> result.rows().stream())
        .filter(row -> row.wrong() > 0)
        .map(row -> row.row().name() + ": " + row.wrong() + " wrong answers")
        .forEach(all::add);
    return all;
  }

  /** Writes the page and the drawing. */
  void write(Path bench, List<String> about, List<Figure> figures) throws IOException {
    StringBuilder page = new StringBuilder("# Results\n\n");
    page.append("Written by `bench/run.sh`; [README.md](README.md) says what the rows are and how")
        .append(" they are measured.\nFigures are medians of rounds, with the least and the")
        .append(" greatest.\n\n![CPU time per call beside nginx](results.svg)\n\n");
    about.forEach(line -> page.append("- ").append(line).append('\n'));
    page.append("\n## Goals\n\n").append(Tables.goals(figures)).append("\n## Tables\n");
    sections.forEach(section -> page.append('\n').append(section.strip()).append('\n'));
    Files.writeString(bench.resolve("RESULTS.md"), page);
    Files.writeString(bench.resolve("results.svg"), drawing);
  }
}

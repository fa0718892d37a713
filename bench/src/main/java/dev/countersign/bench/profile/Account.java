// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.profile;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** Adds up samples by area. */
public final class Account {
  private static final int METHODS = 4;
  private static final int THREADS = 8;

  private final Map<String, Long> areas = new LinkedHashMap<>();
  private final Map<String, Map<String, Long>> methods = new HashMap<>();
  private final Map<String, Long> threads = new HashMap<>();
  private long total;

  /**
   * Takes a line of collapsed stacks: frames from the thread to the top, with semicolons between
   * them, a blank, and how often.
   */
  public void add(String line) {
    int blank = line.lastIndexOf(' ');
    String[] frames = line.substring(0, blank).split(";");
    long count = Long.parseLong(line.substring(blank + 1));
    String area = area(frames);
    total += count;
    areas.merge(area, count, Long::sum);
    methods
        .computeIfAbsent(area, name -> new HashMap<>())
        .merge(frames[frames.length - 1], count, Long::sum);
    threads.merge(frames[0].replaceAll(" tid=[0-9]+", ""), count, Long::sum);
  }

  static String area(String[] frames) {
    for (int i = frames.length - 1; i >= 0; i--) {
      for (Area area : Area.ALL) {
        if (area.frames().matcher(frames[i]).find()) {
          return area.name();
        }
      }
    }
    return Area.OTHER;
  }

  /** Samples of an area. */
  long of(String area) {
    return areas.getOrDefault(area, 0L);
  }

  /**
   * The account, largest areas first.
   *
   * @param perCall what all samples together are worth
   * @param unit of it
   */
  public String text(double perCall, String unit) {
    List<String> lines = new ArrayList<>();
    lines.add("| area | " + unit + " per call | share | most of it on top of the stack in |");
    lines.add("|---|---:|---:|---|");
    for (Map.Entry<String, Long> area : largest(areas)) {
      double worth = perCall * area.getValue() / total;
      lines.add(
          "| "
              + String.join(
                  " | ",
                  area.getKey(),
                  String.format(Locale.ROOT, perCall < 1000 ? "%.1f" : "%.0f", worth),
                  percent(area.getValue()),
                  most(methods.getOrDefault(area.getKey(), Map.of()), METHODS))
              + " |");
    }
    lines.add("");
    lines.add("Threads: " + most(threads, THREADS));
    return String.join("\n", lines) + "\n";
  }

  private String most(Map<String, Long> counts, int max) {
    return largest(counts).stream()
        .limit(max)
        .map(entry -> "`" + shortened(entry.getKey()) + "` " + percent(entry.getValue()))
        .collect(Collectors.joining(", "));
  }

  private String percent(long count) {
    return String.format(Locale.ROOT, "%.1f %%", 100.0 * count / total);
  }

  private static String shortened(String frame) {
    return frame.substring(frame.lastIndexOf('/') + 1);
  }

  private static List<Map.Entry<String, Long>> largest(Map<String, Long> counts) {
    return counts.entrySet().stream()
        .sorted(Map.Entry.<String, Long>comparingByValue().reversed())
        .toList();
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.e2e;

import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What is on a JVM's heap after a collection.
 *
 * @param classes bytes by class
 * @param counts instances by class
 */
record LiveMemory(Map<String, Long> classes, Map<String, Long> counts) {
  private static final int SHOWN = 25;

  /** What the collector fills gaps with. */
  private static final String FILLER = "jdk.internal.vm.Filler";

  /** Reads what {@code jmap -histo:live} says. */
  static LiveMemory of(String histogram) {
    Map<String, Long> classes = new HashMap<>();
    Map<String, Long> counts = new HashMap<>();
    for (String line : histogram.split("\n")) {
      String[] words = line.strip().split("\\s+");
      if (words.length >= 4 && words[0].endsWith(":") && !words[3].contains(FILLER)) {
        classes.merge(words[3], Long.parseLong(words[2]), Long::sum);
        counts.merge(words[3], Long.parseLong(words[1]), Long::sum);
      }
    }
    if (classes.isEmpty()) {
      throw new IllegalArgumentException(histogram);
    }
    return new LiveMemory(classes, counts);
  }

  long bytes() {
    return classes.values().stream().mapToLong(Long::longValue).sum();
  }

  /** How many there are of a class, by its binary name. */
  long instances(String name) {
    return counts.getOrDefault(name, 0L);
  }

  /** The classes that grew most, in bytes. */
  String minus(LiveMemory before) {
    return classes.keySet().stream()
        .sorted(Comparator.comparing((String name) -> grown(before, name)).reversed())
        .limit(SHOWN)
        .map(name -> grown(before, name) + " " + name)
        .collect(Collectors.joining("\n"));
  }

  private long grown(LiveMemory before, String name) {
    return classes.getOrDefault(name, 0L) - before.classes.getOrDefault(name, 0L);
  }
}

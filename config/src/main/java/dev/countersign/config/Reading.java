// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.config;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What gathers while one file is read: problems, warnings, files it names, what is fixed. */
final class Reading {
  /** Who has more problems than this reads the first ones first. */
  static final int PROBLEMS_MAX = 500;

  private final String file;
  private final Path folder;
  private final Map<String, String> environment;
  private final Map<String, String> fixedBefore;
  private final List<Problem> problems = new ArrayList<>();
  private final List<Problem> warnings = new ArrayList<>();
  private final Map<Path, String> sources = new LinkedHashMap<>();
  private final Map<String, String> fixed = new LinkedHashMap<>();

  /**
   * @param file what to call the file in problems
   * @param folder what relative paths start from
   * @param fixedBefore what is in force and cannot change, by key; empty at start
   */
  Reading(
      String file, Path folder, Map<String, String> environment, Map<String, String> fixedBefore) {
    this.file = file;
    this.folder = folder;
    this.environment = environment;
    this.fixedBefore = fixedBefore;
  }

  String file() {
    return file;
  }

  Path folder() {
    return folder;
  }

  Map<String, String> environment() {
    return environment;
  }

  void add(Problem problem) {
    List<Problem> list = problem.kind() == Problem.Kind.ERROR ? problems : warnings;
    if (list.size() < PROBLEMS_MAX) {
      list.add(problem);
    }
  }

  /** Notes a file that the settings name. */
  void source(Path source) {
    source(source, Sources.digest(source));
  }

  void source(Path source, String digest) {
    sources.put(source.toAbsolutePath(), digest);
  }

  /** Notes the value of a key that cannot change while running. */
  void fixed(Place place, String value) {
    fixed.put(place.path(), value);
    String before = fixedBefore.get(place.path());
    if (before != null && !before.equals(value)) {
      place.problem(
          value, before + " as it is now: this cannot change while running; restart to change it");
    }
  }

  /** Whether nothing is in force yet. */
  boolean isStart() {
    return fixedBefore.isEmpty();
  }

  List<Problem> problems() {
    return sorted(problems);
  }

  List<Problem> warnings() {
    return sorted(warnings);
  }

  private static List<Problem> sorted(List<Problem> unsorted) {
    return unsorted.stream()
        .sorted(Comparator.comparingInt(Problem::line).thenComparingInt(Problem::column))
        .toList();
  }

  Sources sources() {
    return new Sources(sources);
  }

  Map<String, String> fixed() {
    return fixed;
  }
}

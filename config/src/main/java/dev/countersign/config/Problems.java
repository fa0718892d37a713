// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.config;

import dev.countersign.config.Problem.Severity;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Gathers what is wrong with one file. Knows where each key stands, so that a later check needs only
 * the key's path. One thread.
 */
final class Problems {
  private static final int PROBLEMS_MAX = 200;

  private final String file;
  private final List<Problem> found = new ArrayList<>();
  private final Map<String, Mark> marks = new HashMap<>();
  private boolean errors;
  private boolean more;

  Problems(String file) {
    this.file = file;
  }

  /** Says where a key stands; the first word counts. */
  void place(String path, Mark mark) {
    marks.putIfAbsent(path, mark);
  }

  /** The line of a key, or of what it would stand in. */
  int line(String path) {
    return mark(path).line();
  }

  void error(String path, String what, String expected) {
    error(mark(path), path, what, expected);
  }

  void error(Mark mark, String path, String what, String expected) {
    errors = true;
    add(Severity.ERROR, mark, path, what, expected);
  }

  void warning(String path, String what, String expected) {
    add(Severity.WARNING, mark(path), path, what, expected);
  }

  boolean anyErrors() {
    return errors;
  }

  /** Everything, in line order. */
  List<Problem> inOrder() {
    List<Problem> ordered = new ArrayList<>(found);
    ordered.sort(Comparator.comparingInt(Problem::line).thenComparingInt(Problem::column));
    if (more) {
      Problem last = ordered.getLast();
      ordered.add(
          new Problem(
              Severity.ERROR,
              file,
              last.line(),
              last.column(),
              "",
              "more than " + PROBLEMS_MAX + " problems",
              "these to be mended first"));
    }
    return ordered;
  }

  private void add(Severity severity, Mark mark, String path, String what, String expected) {
    Problem problem =
        new Problem(severity, file, mark.line(), mark.column(), path, what, expected);
    if (found.contains(problem)) {
      return;
    }
    if (found.size() < PROBLEMS_MAX) {
      found.add(problem);
    } else {
      errors = true;
      more = true;
    }
  }

  private Mark mark(String path) {
    String at = path;
    while (!at.isEmpty()) {
      Mark mark = marks.get(at);
      if (mark != null) {
        return mark;
      }
      at = at.substring(0, Math.max(0, Math.max(at.lastIndexOf('.'), at.lastIndexOf('['))));
    }
    return Mark.START;
  }
}

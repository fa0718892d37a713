// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.run;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;

/**
 * What is asked of a run.
 *
 * @param root of the repository
 * @param quick whether it is to be over in three minutes, and worth little
 * @param sections what is measured
 */
record Options(Path root, boolean quick, Set<Section> sections) {
  private static final String QUICK = "--quick";
  private static final String ONLY = "--only=";

  /** Parts of a run. */
  enum Section {
    /** Every way of doing the work, with the usual load. */
    WAYS,
    /** Connections, sizes, forms of answers, HTTP/2. */
    FORMS,
    /** At a constant rate. */
    LATENCY,
    /** Bytes allocated for each call. */
    HEAP,
    /** Sessions, grants, tokens, tools, idle streams. */
    FLAT,
    /** A signature to check with each call. */
    TOKENS,
    /** New settings under load. */
    RELOAD,
    /** More than can be carried. */
    OVERLOAD,
    /** What is resident. */
    MEMORY,
    /** From the start to the first answer. */
    START
  }

  /**
   * Reads arguments.
   *
   * @throws IllegalArgumentException when one is unknown
   */
  static Options of(String[] arguments) {
    Path root = Path.of(arguments[0]).toAbsolutePath().normalize();
    boolean quick = Arrays.asList(arguments).contains(QUICK);
    Set<Section> sections = quick ? EnumSet.of(Section.WAYS) : EnumSet.allOf(Section.class);
    for (String argument : Arrays.asList(arguments).subList(1, arguments.length)) {
      if (argument.startsWith(ONLY)) {
        sections = EnumSet.noneOf(Section.class);
        for (String name : argument.substring(ONLY.length()).split(",")) {
          sections.add(Section.valueOf(name.toUpperCase(Locale.ROOT)));
        }
      } else if (!argument.equals(QUICK)) {
        throw new IllegalArgumentException(
            "found \""
                + argument
                + "\", expected --quick or --only=NAME,NAME of: "
                + Arrays.toString(Section.values()).toLowerCase(Locale.ROOT));
      }
    }
    return new Options(root, quick, sections);
  }

  /** Whether this is the whole run, whose results are kept. */
  boolean whole() {
    return !quick && sections.size() == Section.values().length;
  }
}

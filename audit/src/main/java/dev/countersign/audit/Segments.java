// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.audit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The log's files by name: {@code leaves-<first seq, 16 digits>.jsonl}. */
final class Segments {
  private static final Pattern NAME = Pattern.compile("leaves-([0-9]{16})\\.jsonl");

  private Segments() {}

  static String name(long firstSeq) {
    return String.format("leaves-%016d.jsonl", firstSeq);
  }

  static String name(Path segment) {
    return String.valueOf(segment.getFileName());
  }

  static long firstSeq(Path segment) {
    Matcher matcher = NAME.matcher(name(segment));
    if (!matcher.matches()) {
      throw new IllegalArgumentException("not a segment: \"" + segment + "\"");
    }
    return Long.parseLong(matcher.group(1));
  }

  /**
   * Every segment, oldest first.
   *
   * @throws IOException when the directory is not there, is none, or cannot be read: an empty log
   *     must not be taken for one that cannot be seen
   */
  static List<Path> list(Path directory) throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      return files.filter(file -> NAME.matcher(name(file)).matches()).sorted().toList();
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  /** Which of the segments holds a leaf: the last that begins at or before it, else the first. */
  static int indexOf(long seq, List<Path> segments) {
    int index = 0;
    for (int i = 1; i < segments.size() && firstSeq(segments.get(i)) <= seq; i++) {
      index = i;
    }
    return index;
  }
}

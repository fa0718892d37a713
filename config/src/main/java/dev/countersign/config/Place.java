// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.config;

import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;

/**
 * A place in the file: what it is called, where it is, and where problems with it go.
 *
 * @param path the key, such as {@code servers.files.url}; empty for the whole file
 * @param line from 1
 * @param column from 1
 * @param hidden a secret may stand here, so nothing of it is shown
 */
record Place(Reading reading, String path, int line, int column, boolean hidden) {
  private static final int SHOWN_CHARS_MAX = 80;
  private static final String HIDDEN = "something that is not shown, as it may be a secret";

  /** The whole file. */
  static Place file(Reading reading) {
    return new Place(reading, "", 1, 1, false);
  }

  /** The same path at another position. */
  Place at(Mark mark) {
    return new Place(reading, path, mark.getLine() + 1, mark.getColumn() + 1, hidden);
  }

  /** The place of a key below. */
  Place key(String name, Mark mark) {
    // Who forgets a name may write the secret where the name should be.
    String below = hidden ? "(key)" : plain(name);
    String full = path.isEmpty() ? below : path + "." + below;
    return new Place(reading, full, line, column, hidden).at(mark);
  }

  /** The place of a declared key below, whose name gives nothing away. */
  Place key(Key<?> key, Mark mark) {
    return key(key).at(mark);
  }

  /** The place of a declared key that is not there: where its section is. */
  Place key(Key<?> key) {
    String full = path.isEmpty() ? key.name() : path + "." + key.name();
    return new Place(reading, full, line, column, hidden || key.hidden());
  }

  /** The place of an element of a list. */
  Place element(int index, Mark mark) {
    return new Place(reading, path + "[" + index + "]", line, column, hidden).at(mark);
  }

  void problem(String found, String expected) {
    reading.add(finding(Problem.Kind.ERROR, found, expected));
  }

  void warning(String found, String expected) {
    reading.add(finding(Problem.Kind.WARNING, found, expected));
  }

  private Problem finding(Problem.Kind kind, String found, String expected) {
    String named = path.isEmpty() ? "(file)" : path;
    return new Problem(kind, reading.file(), line, column, named, found, expected);
  }

  /** What stands in the file, as a message may show it. */
  String shown(Node node) {
    return switch (node) {
      case ScalarNode scalar when isEmpty(scalar) -> "nothing";
      case ScalarNode scalar -> shown(scalar.getValue());
      case SequenceNode list -> "a list";
      default -> "a mapping";
    };
  }

  /** A text of the file, as a message may show it. */
  String shown(String text) {
    return hidden ? HIDDEN : quoted(text);
  }

  /** Whether a key is there without a value. */
  static boolean isEmpty(Node node) {
    return node instanceof ScalarNode scalar
        && scalar.isPlain()
        && (scalar.getValue().isEmpty()
            || scalar.getValue().equals("~")
            || scalar.getValue().equalsIgnoreCase("null"));
  }

  static String quoted(String text) {
    return "\"" + plain(text) + "\"";
  }

  private static String plain(String text) {
    String cut = text.length() > SHOWN_CHARS_MAX ? text.substring(0, SHOWN_CHARS_MAX) + "…" : text;
    return cut.replaceAll("[\\p{Cntrl}\\p{Cf}\\p{Cs}\\p{Zl}\\p{Zp}]", "?");
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.config;

import java.util.List;
import java.util.Map;
import java.util.SequencedMap;

/** The file as a tree whose every part knows its place. */
sealed interface ConfigTree {
  /** Where it begins. */
  Mark mark();

  /** What it is, in an operator's words; says nothing of the content. */
  String kind();

  /**
   * A mapping, in the file's order.
   *
   * @param entries what each key maps to
   */
  record Section(Mark mark, SequencedMap<String, Entry> entries) implements ConfigTree {
    @Override
    public String kind() {
      return "a section";
    }
  }

  /**
   * A key's place and its value.
   *
   * @param key where the key stands
   */
  record Entry(Mark key, ConfigTree value) {}

  /** A list. */
  record Sequence(Mark mark, List<ConfigTree> elements) implements ConfigTree {
    @Override
    public String kind() {
      return "a list";
    }
  }

  /**
   * A single value.
   *
   * @param text as written, without quotes
   * @param type what YAML 1.2 takes it for; text whenever it is quoted
   */
  record Scalar(Mark mark, String text, Type type) implements ConfigTree {
    /** The types of the YAML 1.2 core schema. */
    enum Type {
      NOTHING,
      TRUTH,
      NUMBER,
      TEXT
    }

    @Override
    public String kind() {
      return switch (type) {
        case NOTHING -> "nothing";
        case TRUTH -> "true or false";
        case NUMBER -> "a number";
        case TEXT -> "text";
      };
    }
  }

  /** Something that has been noted as a problem already and is not looked at again. */
  record Unusable(Mark mark) implements ConfigTree {
    @Override
    public String kind() {
      return "something unusable";
    }
  }

  /** An empty section, for keys that were left out. */
  static Section none() {
    return new Section(Mark.START, new java.util.LinkedHashMap<>(Map.of()));
  }
}

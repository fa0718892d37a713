// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.config;

import dev.countersign.config.ConfigTree.Scalar;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;
import org.jspecify.annotations.Nullable;

/** A mapping or list that is still being read. */
final class OpenNode {
  private final String path;
  private final Mark mark;
  private final boolean mapping;
  private final Problems problems;
  private final SequencedMap<String, ConfigTree.Entry> entries = new LinkedHashMap<>();
  private final List<ConfigTree> elements = new ArrayList<>();
  private boolean valueNext;
  private @Nullable String key;
  private Mark keyMark = Mark.START;

  OpenNode(String path, Mark mark, boolean mapping, Problems problems) {
    this.path = path;
    this.mark = mark;
    this.mapping = mapping;
    this.problems = problems;
  }

  /** The path of what comes next. */
  String nextPath() {
    if (!mapping) {
      return Shown.element(path, elements.size());
    }
    return key == null ? path : Shown.child(path, key);
  }

  void take(ConfigTree node) {
    if (!mapping) {
      elements.add(node);
    } else if (valueNext) {
      value(node);
    } else {
      key(node);
    }
  }

  ConfigTree tree() {
    return mapping
        ? new ConfigTree.Section(mark, entries)
        : new ConfigTree.Sequence(mark, elements);
  }

  private void key(ConfigTree node) {
    valueNext = true;
    key = null;
    keyMark = node.mark();
    if (node instanceof Scalar scalar && scalar.text().equals("<<")) {
      problems.error(keyMark, path, "a merge key", "each key written out");
    } else if (node instanceof Scalar scalar && scalar.type() == Scalar.Type.TEXT) {
      key = scalar.text();
    } else if (!(node instanceof ConfigTree.Unusable)) {
      problems.error(keyMark, path, node.kind() + " as a key", "text as a key, in quotes if need be");
    }
  }

  private void value(ConfigTree node) {
    valueNext = false;
    String name = key;
    key = null;
    if (name == null) {
      return;
    }
    ConfigTree.Entry before = entries.putIfAbsent(name, new ConfigTree.Entry(keyMark, node));
    if (before != null) {
      problems.error(
          keyMark,
          Shown.child(path, name),
          "a key that is already on line " + before.key().line(),
          "each key once");
    }
  }
}

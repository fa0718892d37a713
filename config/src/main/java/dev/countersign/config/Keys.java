// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.config;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** The keys that one mapping of the file may hold, in the order of the reference. */
final class Keys {
  private final String meaning;
  private final List<Key<?>> all = new ArrayList<>();

  /**
   * @param meaning what the mapping is for, in a sentence for operators
   */
  Keys(String meaning) {
    this.meaning = meaning;
  }

  /** Declares a key; only while its class is initialized. */
  <T> Key<T> add(Key<T> key) {
    all.add(key);
    return key;
  }

  String meaning() {
    return meaning;
  }

  List<Key<?>> all() {
    return Collections.unmodifiableList(all);
  }

  List<String> names() {
    return all.stream().<String>map(Key::name).toList();
  }
}

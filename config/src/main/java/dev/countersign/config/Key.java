// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.config;

import org.jspecify.annotations.Nullable;

/**
 * One key of the file, declared once: reading, messages, the JSON Schema and the reference page all
 * come from here.
 *
 * @param type what may stand there
 * @param meaning one sentence for operators
 * @param required whether it has to be there
 * @param otherwise its value when it is not there, or null for none
 * @param otherwiseWords that value in words, where it is not the same for everybody
 * @param example a value as it stands in the file; empty for none
 * @param fixed whether it is read at start only, and refused when it changes afterwards
 * @param hidden whether a secret may stand there
 */
record Key<T>(
    String name,
    Type<T> type,
    String meaning,
    boolean required,
    @Nullable T otherwise,
    String otherwiseWords,
    String example,
    boolean fixed,
    boolean hidden) {
  /** A key that has to be there. */
  static <T> Key<T> required(String name, Type<T> type, String meaning) {
    return new Key<>(name, type, meaning, true, null, "", "", false, false);
  }

  /** A key that may be left out, and then is nothing. */
  static <T> Key<T> optional(String name, Type<T> type, String meaning) {
    return new Key<>(name, type, meaning, false, null, "", "", false, false);
  }

  /** A key with a default. */
  static <T> Key<T> defaulted(String name, Type<T> type, T otherwise, String meaning) {
    return new Key<>(name, type, meaning, false, otherwise, "", "", false, false);
  }

  Key<T> otherwise(String words) {
    return new Key<>(name, type, meaning, required, otherwise, words, example, fixed, hidden);
  }

  Key<T> example(String text) {
    return new Key<>(name, type, meaning, required, otherwise, otherwiseWords, text, fixed, hidden);
  }

  Key<T> atStartOnly() {
    return new Key<>(
        name, type, meaning, required, otherwise, otherwiseWords, example, true, hidden);
  }

  Key<T> neverShown() {
    return new Key<>(
        name, type, meaning, required, otherwise, otherwiseWords, example, fixed, true);
  }
}

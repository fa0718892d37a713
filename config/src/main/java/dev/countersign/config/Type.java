// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.config;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.nodes.Node;

/** What may stand at a key: how it is read, and how that is said to operators and editors. */
interface Type<T> {
  /**
   * Reads a value.
   *
   * @param node not an empty one
   * @return null after noting what is wrong with it
   */
  @Nullable T read(Node node, Place place);

  /** The value of a key that is not there and has no default of its own. */
  default @Nullable T absent(Place place) {
    return null;
  }

  /** Something to go on with after a problem was noted; never put in force. */
  T standIn();

  /** What is expected, with bounds and unit, such as "a whole number from 1 to 64". */
  String expected();

  /** The same as JSON Schema 2020-12, as far as a schema can say it. */
  Map<String, Object> schema();

  /** Whether a key without a value is the same as no key. */
  default boolean mayBeEmpty() {
    return false;
  }

  /** A value as it would stand in the file; what the schema gives as default. */
  default Object written(T value) {
    return value;
  }
}

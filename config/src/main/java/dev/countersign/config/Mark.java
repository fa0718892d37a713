// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.config;

/**
 * A place in the file.
 *
 * @param line from 1
 * @param column from 1
 */
record Mark(int line, int column) {
  /** Where the file begins, for what has no place of its own. */
  static final Mark START = new Mark(1, 1);
}

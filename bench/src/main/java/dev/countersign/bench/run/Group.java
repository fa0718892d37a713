// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.run;

import java.util.List;

/**
 * Rows that are measured in turn and compared with one of them.
 *
 * @param title what they have in common
 * @param base name of the row that the others are compared with
 * @param rows in the order of the table
 */
record Group(String title, String base, List<Row> rows) {
  Group {
    rows = List.copyOf(rows);
  }
}

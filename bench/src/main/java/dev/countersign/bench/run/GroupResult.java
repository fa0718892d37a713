// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.run;

import java.util.List;

/** What came of a group. */
record GroupResult(Group group, List<RowResult> rows) {
  GroupResult {
    rows = List.copyOf(rows);
  }

  /**
   * A row by its name.
   *
   * @throws java.util.NoSuchElementException when there is none
   */
  RowResult row(String name) {
    return rows.stream().filter(row -> row.row().name().equals(name)).findFirst().orElseThrow();
  }

  long wrong() {
    return rows.stream().mapToLong(RowResult::wrong).sum();
  }
}

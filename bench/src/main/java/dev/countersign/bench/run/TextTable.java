// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.run;

import java.util.ArrayList;
import java.util.List;

/** A table in Markdown whose columns stand below each other, so that it can be read as it is. */
final class TextTable {
  private final List<List<String>> lines = new ArrayList<>();

  TextTable(String... heads) {
    lines.add(List.of(heads));
  }

  void add(String... cells) {
    lines.add(List.of(cells));
  }

  String text() {
    int columns = lines.getFirst().size();
    int[] widths = new int[columns];
    for (List<String> line : lines) {
      for (int i = 0; i < columns; i++) {
        widths[i] = Math.max(widths[i], line.get(i).length());
      }
    }
    StringBuilder text = new StringBuilder();
    for (int line = 0; line < lines.size(); line++) {
      for (int i = 0; i < columns; i++) {
        String cell = lines.get(line).get(i);
        String space = " ".repeat(widths[i] - cell.length());
        text.append("| ").append(i == 0 ? cell + space : space + cell).append(' ');
      }
      text.append("|\n");
      if (line == 0) {
        for (int i = 0; i < columns; i++) {
          text.append('|').append("-".repeat(widths[i] + 1)).append(i == 0 ? '-' : ':');
        }
        text.append("|\n");
      }
    }
    return text.toString();
  }
}

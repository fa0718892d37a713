// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.e2e;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** What {@code peers/stdio-server.mjs} has read, in all its processes. */
record StdioSeen(Path file) {
  /** Every line, of all processes. */
  Stream<String> lines() throws IOException {
    return entries().stream().map(entry -> entry.path("line").asText());
  }

  /** Whether a process has read a line that contains this. */
  boolean has(String pid, String part) throws IOException {
    return entries().stream()
        .anyMatch(
            entry ->
                entry.path("pid").asText().equals(pid)
                    && entry.path("line").asText().contains(part));
  }

  /** Whether none of the processes that have read anything is left. */
  boolean noneRuns() throws IOException {
    return entries().stream().noneMatch(entry -> runs(entry.path("pid").asText()));
  }

  /** Whether it runs; where nobody reaps orphans, a dead one is still listed. */
  static boolean runs(String pid) {
    try {
      String stat = Files.readString(Path.of("/proc", pid, "stat"));
      return !stat.substring(stat.lastIndexOf(')')).startsWith(") Z");
    } catch (IOException e) {
      return false;
    }
  }

  private List<JsonNode> entries() throws IOException {
    try {
      List<JsonNode> entries = new ArrayList<>();
      for (String line : Files.readAllLines(file)) {
        entries.add(PeerProcess.JSON.readTree(line));
      }
      return entries;
    } catch (NoSuchFileException e) {
      return List.of();
    }
  }
}

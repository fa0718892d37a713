// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** What the kernel says of a process, its descendants included (proc(5)). */
final class ProcessFigures {
  private static final long MICROS_PER_TICK = 10_000;
  private static final int USER_TIME = 11;
  private static final int SYSTEM_TIME = 12;

  private ProcessFigures() {}

  /** User and system time so far, in microseconds; steps of 10 ms. */
  static long cpuMicros(ProcessHandle process) throws IOException {
    long ticks = 0;
    for (ProcessHandle one : family(process)) {
      ticks += ticks(Files.readString(Path.of("/proc/" + one.pid() + "/stat")));
    }
    return ticks * MICROS_PER_TICK;
  }

  /** User and system time of a line of {@code /proc/<pid>/stat}. */
  static long ticks(String stat) {
    // The second field is a name in brackets and may hold blanks.
    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
    return Long.parseLong(fields[USER_TIME]) + Long.parseLong(fields[SYSTEM_TIME]);
  }

  /** Memory that is resident now, in bytes. */
  static long residentBytes(ProcessHandle process) throws IOException {
    long kilobytes = 0;
    for (ProcessHandle one : family(process)) {
      kilobytes += kilobytes(Files.readString(Path.of("/proc/" + one.pid() + "/status")), "VmRSS:");
    }
    return kilobytes << 10;
  }

  /** A figure of {@code /proc/<pid>/status}. */
  static long kilobytes(String status, String name) {
    return status
        .lines()
        .filter(line -> line.startsWith(name))
        .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
        .sum();
  }

  private static ProcessHandle[] family(ProcessHandle process) {
    return Stream.concat(Stream.of(process), process.descendants()).toArray(ProcessHandle[]::new);
  }
}

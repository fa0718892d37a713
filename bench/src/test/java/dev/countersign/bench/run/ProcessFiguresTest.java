// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.Test;

/** What the kernel says is read right. */
final class ProcessFiguresTest {
  @Test
  void findsTimesBehindANameWithBlanksAndBrackets() {
    String stat =
        "4711 (a) b) S 1 4711 4711 0 -1 4194560 9037 0 5 0 1234 567 0 0 20 0 30 0 8867 1 2 3";

    assertThat(ProcessFigures.ticks(stat)).isEqualTo(1234 + 567);
  }

  @Test
  void findsMemory() {
    assertThat(ProcessFigures.kilobytes("Name:\tx\nVmRSS:\t   1024 kB\nVmHWM:\t9 kB\n", "VmRSS:"))
        .isEqualTo(1024);
  }

  @Test
  void knowsThisProcess() throws IOException {
    assertThat(ProcessFigures.residentBytes(ProcessHandle.current())).isGreaterThan(1 << 20);
    assertThat(ProcessFigures.cpuMicros(ProcessHandle.current())).isPositive();
  }
}

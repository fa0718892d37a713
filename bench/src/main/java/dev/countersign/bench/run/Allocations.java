// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.run;

import dev.countersign.bench.load.Load;
import dev.countersign.bench.load.LoadGenerator;
import dev.countersign.bench.load.Progress;
import java.io.IOException;
import java.time.Duration;

/** How many bytes of heap a call takes. */
final class Allocations {
  private static final Duration LENGTH = Duration.ofSeconds(3);

  private Allocations() {}

  /** Of all threads of the row's process, per call; connections are opened before. */
  static double perCall(LoadGenerator generator, Row row) throws IOException, InterruptedException {
    try (Load load = generator.start(row.target(), row.shape())) {
      // The first question starts the agent that answers it.
      Jvm.allocatedBytes(row.measured());
      Progress before = load.progress();
      long allocated = Jvm.allocatedBytes(row.measured());
      Thread.sleep(LENGTH);
      long after = Jvm.allocatedBytes(row.measured());
      long calls = load.progress().answered() - before.answered();
      return (after - allocated) / (double) Math.max(1, calls);
    }
  }
}

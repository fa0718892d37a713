// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.run;

import dev.countersign.bench.load.CallKind;
import dev.countersign.bench.load.Load;
import dev.countersign.bench.load.LoadGenerator;
import dev.countersign.bench.load.Progress;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** How much memory a gateway takes. */
final class Memory {
  private static final int CONNECTIONS = 1000;
  private static final int CALLERS = 50;
  private static final int LARGE_BYTES = 100_000;
  private static final Duration LOOK = Duration.ofMillis(50);

  private final LoadGenerator generator;
  private final RunningGateway gateway;

  Memory(LoadGenerator generator, RunningGateway gateway) {
    this.generator = generator;
    this.gateway = gateway;
  }

  /**
   * The most that was resident during a load, in bytes.
   *
   * @param bytes the most
   * @param end what became of the calls
   */
  record Peak(long bytes, Progress end) {}

  long resident() throws IOException {
    return ProcessFigures.residentBytes(gateway.child().handle());
  }

  /** 1,000 connections at full speed. */
  Peak connections(Duration length) throws IOException, InterruptedException {
    return peak(Kinds.read(gateway, "/notes/mcp", Kinds.USUAL_BYTES), length);
  }

  /** 1,000 calls of 100 KB each, of many callers, that wait for their answers at a time. */
  Peak bodies(Duration length) throws IOException, InterruptedException {
    List<CallKind> kinds = new ArrayList<>();
    for (int i = 0; i < CALLERS; i++) {
      kinds.add(Kinds.ofCaller(gateway, "/held/mcp", "agent-" + i, LARGE_BYTES));
    }
    return peak(kinds, length);
  }

  private Peak peak(List<CallKind> kinds, Duration length)
      throws IOException, InterruptedException {
    long most = 0;
    try (Load load =
        generator.start(gateway.address(), new LoadGenerator.Shape(kinds, CONNECTIONS, false, 0))) {
      long end = System.nanoTime() + length.toNanos();
      while (System.nanoTime() < end) {
        most = Math.max(most, resident());
        Thread.sleep(LOOK);
      }
      return new Peak(most, load.stop());
    }
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.run;

import java.io.IOException;
import java.util.List;

/**
 * One process on the machine's first processor, and all others of the run on the rest, until it is
 * closed. What is measured above its capacity has to be the one process, not the scheduler.
 */
final class Apart implements AutoCloseable {
  private static final int LAST = Runtime.getRuntime().availableProcessors() - 1;

  private final List<ProcessHandle> all;

  private Apart(List<ProcessHandle> all) {
    this.all = all;
  }

  /**
   * Sets one process apart.
   *
   * @param other what has to do with it, beside the process of the run itself
   * @throws IOException when the machine has one processor, or no {@code taskset}
   */
  static Apart of(ProcessHandle one, ProcessHandle other) throws IOException, InterruptedException {
    if (LAST < 1) {
      throw new IOException("one processor is not enough");
    }
    Apart apart = new Apart(List.of(one, ProcessHandle.current(), other));
    for (ProcessHandle process : apart.all) {
      run(process.equals(one) ? "0" : "1-" + LAST, process);
    }
    return apart;
  }

  private static void run(String processors, ProcessHandle process)
      throws IOException, InterruptedException {
    Process taskset =
        new ProcessBuilder("taskset", "-acp", processors, Long.toString(process.pid()))
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    if (taskset.waitFor() != 0) {
      throw new IOException("taskset " + processors + " failed");
    }
  }

  @Override
  public void close() throws IOException {
    try {
      for (ProcessHandle process : all) {
        if (process.isAlive()) {
          run("0-" + LAST, process);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.run;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** A process that the runner has started. */
final class Child implements AutoCloseable {
  private static final Duration START_TIME_MAX = Duration.ofSeconds(60);
  private static final long LOOK_MILLIS = 2;
  private static final long END_SECONDS = 5;

  private final String name;
  private final Process process;
  private final Path output;

  Child(String name, Process process, Path output) {
    this.name = name;
    this.process = process;
    this.output = output;
  }

  ProcessHandle handle() {
    return process.toHandle();
  }

  /**
   * Waits for a line of its output.
   *
   * @return what stands behind the beginning
   */
  String await(String beginning) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + START_TIME_MAX.toNanos();
    while (System.nanoTime() < deadline) {
      String text = Files.readString(output);
      // A line without its end may not be whole yet.
      Optional<String> line =
          text.substring(0, text.lastIndexOf('\n') + 1)
              .lines()
              .filter(candidate -> candidate.startsWith(beginning))
              .findFirst();
      if (line.isPresent()) {
        return line.get().substring(beginning.length()).trim();
      }
      if (!process.isAlive()) {
        break;
      }
      Thread.sleep(LOOK_MILLIS);
    }
    throw new IOException(
        name + " did not start; it said:\n" + Files.readString(output).lines().limit(30).toList());
  }

  /** As {@code kill -9}; returns when it is gone. */
  void kill() throws InterruptedException {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly().waitFor();
  }

  /** Asks it to end, and ends it when it does not. */
  @Override
  public void close() {
    process.descendants().forEach(ProcessHandle::destroy);
    process.destroy();
    try {
      if (!process.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
        kill();
      }
    } catch (InterruptedException e) {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}

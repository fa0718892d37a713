// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** The program in a process of its own; standard error goes to a file. */
final class CliProcess implements AutoCloseable {
  private static final int SIGINT = 2;
  private static final long END_SECONDS = 20;

  private final Process process;
  private final BufferedReader out;
  private final Path err;

  private CliProcess(Process process, Path err) {
    this.process = process;
    this.out = process.inputReader(StandardCharsets.UTF_8);
    this.err = err;
  }

  /** Starts; the folder gets standard error, and what the program calls temporary. */
  static CliProcess start(Path folder, String... arguments) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-XX:TieredStopAtLevel=1",
                "--enable-native-access=ALL-UNNAMED",
                "--sun-misc-unsafe-memory-access=allow",
                "-Djava.io.tmpdir=" + folder,
                "-cp",
                System.getProperty("java.class.path"),
                "dev.countersign.cli.Main"));
    command.addAll(List.of(arguments));
    Path err = folder.resolve("stderr");
    return new CliProcess(new ProcessBuilder(command).redirectError(err.toFile()).start(), err);
  }

  /** The next line of standard output. */
  String line() throws IOException {
    String line = out.readLine();
    if (line == null) {
      throw new IOException("it has said all: " + said());
    }
    return line;
  }

  /** What it wrote to standard error so far. */
  String said() throws IOException {
    return Files.readString(err);
  }

  /** Sends a signal by its name. */
  void signal(String name) throws IOException, InterruptedException {
    Process kill =
        new ProcessBuilder("kill", "-" + name, Long.toString(process.pid())).inheritIO().start();
    if (kill.waitFor() != 0) {
      throw new IOException("no signal " + name);
    }
  }

  /**
   * Whether SIGINT does nothing to it: so it is with all that a shell without job control runs in
   * the background, a build for instance.
   */
  boolean ignoresInterrupts() throws IOException {
    Path status = Path.of("/proc", Long.toString(process.pid()), "status");
    if (!Files.exists(status)) {
      return false;
    }
    try (Stream<String> lines = Files.lines(status)) {
      return lines
          .filter(line -> line.startsWith("SigIgn:"))
          .mapToLong(line -> Long.parseUnsignedLong(line.substring(7).strip(), 16))
          .anyMatch(ignored -> (ignored & (1L << (SIGINT - 1))) != 0);
    }
  }

  /** Waits for its end and gives its exit code. */
  int exit() throws IOException, InterruptedException {
    if (!process.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
      throw new IOException("it does not end: " + said());
    }
    return process.exitValue();
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}

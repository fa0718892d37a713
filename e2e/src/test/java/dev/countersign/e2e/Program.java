// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.e2e;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * The program as the build lays it out in {@code cli/target/countersign}, in a process of its own.
 *
 * <p>Standard error goes to a file; standard output is read line by line, by whoever waits for one.
 */
final class Program implements AutoCloseable {
  /** What {@code mvn verify} of the module cli leaves. */
  static final Path LAYOUT = Tree.ROOT.resolve("cli/target/countersign");

  private static final Duration END_TIME = Duration.ofSeconds(30);

  private final Process process;
  private final BufferedReader out;
  private final Path log;

  private Program(Process process, Path log) {
    this.process = process;
    this.out = process.inputReader(StandardCharsets.UTF_8);
    this.log = log;
  }

  /** The JVM that runs the tests. */
  static Path java() {
    return Path.of(System.getProperty("java.home"), "bin", "java");
  }

  /** Java and all before a command's own name, as {@code ./countersign} has it. */
  static List<String> launcher() throws IOException {
    if (!Files.isDirectory(LAYOUT.resolve("lib"))) {
      throw new IOException(LAYOUT + " is not there: build the module cli first (mvn verify)");
    }
    return List.of(
        java().toString(),
        "-Xmx128m",
        "-XX:+UseSerialGC",
        "--enable-native-access=ALL-UNNAMED",
        "--sun-misc-unsafe-memory-access=allow",
        "-cp",
        LAYOUT.resolve("lib").resolve("*").toString(),
        "dev.countersign.cli.Main");
  }

  /** The launcher and a command's arguments. */
  static List<String> command(String... arguments) throws IOException {
    List<String> command = new ArrayList<>(launcher());
    command.addAll(List.of(arguments));
    return command;
  }

  /** Starts; the folder gets the log of standard error. */
  static Program start(Path folder, Map<String, String> environment, List<String> command)
      throws IOException {
    Path log = Files.createTempFile(folder, "program", ".log");
    ProcessBuilder builder =
        new ProcessBuilder(command).directory(folder.toFile()).redirectError(log.toFile());
    builder.environment().putAll(environment);
    return new Program(builder.start(), log);
  }

  /** Reads up to a line that begins so, and gives the rest of it. */
  String after(String beginning) throws IOException {
    for (String line = out.readLine(); line != null; line = out.readLine()) {
      if (line.startsWith(beginning)) {
        return line.substring(beginning.length());
      }
    }
    throw new IOException("no line \"" + beginning + "\" came:\n" + log());
  }

  /** Everything else it says on standard output until its end. */
  String rest() throws IOException {
    StringBuilder rest = new StringBuilder();
    for (String line = out.readLine(); line != null; line = out.readLine()) {
      rest.append(line).append('\n');
    }
    return rest.toString();
  }

  /** What it said on standard error so far. */
  String log() throws IOException {
    return Files.readString(log);
  }

  /** Waits for its end and gives its exit code. */
  int exit() throws IOException, InterruptedException {
    if (!process.waitFor(END_TIME.toMillis(), TimeUnit.MILLISECONDS)) {
      throw new IOException("still running after " + END_TIME + ":\n" + log());
    }
    return process.exitValue();
  }

  /** SIGTERM; gives the exit code. */
  int stop() throws IOException, InterruptedException {
    process.destroy();
    return exit();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}

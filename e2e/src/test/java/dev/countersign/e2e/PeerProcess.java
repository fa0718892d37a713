// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.e2e;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * A child process that speaks JSON, one value a line, and ends when its standard input does.
 *
 * <p>One virtual thread reads each of its outputs, so a talkative peer never blocks. The last lines
 * of standard error are kept and shown with every failure.
 */
final class PeerProcess implements AutoCloseable {
  static final ObjectMapper JSON = new ObjectMapper();

  private static final Duration END_TIME = Duration.ofSeconds(5);
  private static final int ERROR_LINES_MAX = 200;

  private final Process process;
  private final String name;
  private final Deque<String> errors = new ArrayDeque<>();

  private PeerProcess(Process process, String name) {
    this.process = process;
    this.name = name;
  }

  static PeerProcess start(Path folder, List<String> command, Map<String, String> environment)
      throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
    builder.environment().putAll(environment);
    Process process = builder.start();
    PeerProcess peer = new PeerProcess(process, String.join(" ", command));
    Thread.ofVirtual()
        .name("stderr of " + peer.name)
        .start(() -> eachLine(process.errorReader(StandardCharsets.UTF_8), peer::complained));
    return peer;
  }

  /** Hands every line of its output to the reader, then runs {@code ended}; may be called once. */
  void listen(Consumer<JsonNode> reader, Runnable ended) {
    Thread.ofVirtual()
        .name("stdout of " + name)
        .start(
            () -> {
              try {
                eachLine(
                    process.inputReader(StandardCharsets.UTF_8),
                    line -> reader.accept(parsed(line)));
              } finally {
                ended.run();
              }
            });
  }

  /** Writes one line. */
  void send(JsonNode message) throws IOException {
    synchronized (process) {
      var out = process.outputWriter(StandardCharsets.UTF_8);
      out.write(message.toString());
      out.write('\n');
      out.flush();
    }
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** What it is and what it said last on standard error. */
  String report() {
    synchronized (errors) {
      return "%s (%s)%n%s"
          .formatted(
              name,
              process.isAlive() ? "running" : "ended with " + process.exitValue(),
              String.join(System.lineSeparator(), errors));
    }
  }

  /** Ends its input, and kills it, and only it, if that is not enough. */
  @Override
  public void close() {
    try {
      process.outputWriter(StandardCharsets.UTF_8).close();
    } catch (IOException e) {
      complained("standard input was closed already: " + e.getMessage());
    }
    try {
      if (!process.waitFor(END_TIME.toMillis(), TimeUnit.MILLISECONDS)) {
        process.destroyForcibly().waitFor(END_TIME.toMillis(), TimeUnit.MILLISECONDS);
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }

  private void complained(String line) {
    synchronized (errors) {
      errors.addLast(line);
      if (errors.size() > ERROR_LINES_MAX) {
        errors.removeFirst();
      }
    }
  }

  private JsonNode parsed(String line) {
    try {
      return JSON.readTree(line);
    } catch (IOException e) {
      throw new UncheckedIOException("not JSON: \"%s\" from %s".formatted(line, report()), e);
    }
  }

  private static void eachLine(BufferedReader lines, Consumer<String> reader) {
    try (lines) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        reader.accept(line);
      }
    } catch (IOException e) {
      // The pipe of a killed process breaks: that is its end, and whoever waits for it is told so.
      return;
    }
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.stdio;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * One running program: lines in, lines out, and its end, whoever brings it about. Three threads:
 * one starts it and writes, one reads what it answers, one reads what it logs.
 *
 * <p>Any thread; nothing here blocks its caller but {@link #awaitEnd}.
 */
final class ServerProcess {
  /** What waits at most for a program that does not read. */
  static final long WRITE_BYTES_MAX = 8L << 20;

  /** What was said before a program's end is read within this. */
  private static final Duration READ_REST = Duration.ofSeconds(1);

  private final String server;
  private final Command command;
  private final int lineBytesMax;
  private final Graces graces;
  private final BoundedLines.Sink errors;
  private final Listener listener;
  private final LineWriter writer;
  private final AtomicBoolean stopping = new AtomicBoolean();
  private final CompletableFuture<Running> running = new CompletableFuture<>();
  private final CompletableFuture<@Nullable Void> ended = new CompletableFuture<>();

  /** Told what a program says; {@code line} and {@code tooLong} come on one thread. */
  interface Listener extends BoundedLines.Sink {
    /** It has ended, or could not be started; comes once, after its last line. */
    void ended(String how);
  }

  /**
   * The pauses of an orderly end (MCP, "stdio", "Shutdown").
   *
   * @param input from the end of its input to SIGTERM
   * @param term from SIGTERM to SIGKILL
   */
  record Graces(Duration input, Duration term) {
    static final Graces DEFAULT = new Graces(Duration.ofSeconds(2), Duration.ofSeconds(3));
  }

  private record Running(Process process, ProcessTree tree) {}

  ServerProcess(
      String server,
      Command command,
      int lineBytesMax,
      Graces graces,
      BoundedLines.Sink errors,
      Listener listener) {
    this.server = server;
    this.command = command;
    this.lineBytesMax = lineBytesMax;
    this.graces = graces;
    this.errors = errors;
    this.listener = listener;
    this.writer =
        new LineWriter("countersign-stdin-" + server, this::spawn, WRITE_BYTES_MAX, this::stop);
  }

  /** Starts it; the outcome is told to the listener. */
  void start() {
    writer.start();
  }

  /**
   * Takes a line for its input.
   *
   * @param began runs just before the first byte goes out
   * @return false when too much waits already, or it is being stopped
   */
  boolean write(byte[] line, Runnable began) {
    return writer.write(line, began);
  }

  /** Its process id; 0 before it is started. */
  long pid() {
    Running now = running.isCompletedExceptionally() ? null : running.getNow(null);
    return now == null ? 0 : now.process.pid();
  }

  /** Ends it in order: end of input, SIGTERM, SIGKILL, with a pause after each. */
  void stop() {
    if (stopping.compareAndSet(false, true)) {
      writer.close();
      Thread.ofVirtual().name("countersign-stop-" + server).start(this::end);
    }
  }

  /** Waits until nothing of it is left; false when something is after the time. */
  boolean awaitEnd(Duration time) {
    return ended
        .thenApply(done -> true)
        .completeOnTimeout(false, time.toNanos(), TimeUnit.NANOSECONDS)
        .join();
  }

  /** Ends it at once. */
  void kill() {
    stopping.set(true);
    writer.close();
    var unused = running.thenAccept(now -> now.tree.kill());
  }

  private OutputStream spawn() throws IOException {
    try {
      Optional<String> setsid = ProcessTree.setsid();
      List<String> words = new ArrayList<>(command.words());
      setsid.ifPresent(words::addFirst);
      ProcessBuilder builder = new ProcessBuilder(words);
      builder.environment().clear();
      builder.environment().putAll(command.environment());
      if (command.directory() != null) {
        builder.directory(command.directory().toFile());
      }
      Process process = builder.start();
      Running now = new Running(process, new ProcessTree(process.toHandle(), setsid.isPresent()));
      running.complete(now);
      Thread out = read("out", process.getInputStream(), lineBytesMax, listener, true);
      read("err", process.getErrorStream(), StderrLog.LINE_BYTES_MAX, errors, false);
      var unused =
          process
              .onExit()
              .thenRun(
                  () ->
                      Thread.ofVirtual()
                          .name("countersign-exit-" + server)
                          .start(() -> exited(now, out)));
      return process.getOutputStream();
    } catch (IOException | RuntimeException e) {
      running.completeExceptionally(e);
      over("it could not be started");
      throw e;
    }
  }

  private Thread read(
      String what, InputStream pipe, int bytesMax, BoundedLines.Sink sink, boolean essential) {
    return Thread.ofPlatform()
        .daemon()
        .name("countersign-std" + what + "-" + server)
        .start(
            () -> {
              try (pipe) {
                new BoundedLines(pipe, bytesMax).readTo(sink);
              } catch (IOException e) {
                // The pipe of a program that was killed breaks: its end is told elsewhere.
              } finally {
                if (essential) {
                  // Who has closed its output will answer nothing more.
                  stop();
                }
              }
            });
  }

  private void end() {
    try {
      Running now = running.join();
      now.tree.look();
      if (!now.process.waitFor(graces.input.toNanos(), TimeUnit.NANOSECONDS)) {
        now.tree.terminate();
        if (!now.process.waitFor(graces.term.toNanos(), TimeUnit.NANOSECONDS)) {
          now.tree.kill();
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (RuntimeException e) {
      // It was never started, which was told.
    }
  }

  /** The program has ended; what it has started must not outlive it. */
  private void exited(Running now, Thread out) {
    stopping.set(true);
    writer.close();
    try {
      out.join(READ_REST);
      if (!now.tree.awaitEnd(Duration.ZERO)) {
        now.tree.terminate();
        if (!now.tree.awaitEnd(graces.term)) {
          now.tree.kill();
        }
        out.join(READ_REST);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      over("it ended with " + now.process.exitValue());
    }
  }

  private void over(String how) {
    if (!ended.isDone()) {
      try {
        listener.ended(how);
      } finally {
        ended.complete(null);
      }
    }
  }
}

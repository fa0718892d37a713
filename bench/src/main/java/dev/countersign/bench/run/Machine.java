// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.run;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What a run ran on. */
final class Machine {
  private static final int SYNCS = 300;
  private static final int RECORD_BYTES = 900;
  private static final double NANOS_PER_MICRO = 1e3;

  private Machine() {}

  /** Lines that say what may matter. */
  static List<String> lines(Path root) throws IOException, InterruptedException {
    return List.of(
        "Processor: " + model() + ", " + Runtime.getRuntime().availableProcessors() + " cores",
        "Memory: " + (kilobytes("MemTotal:") >> 20) + " GiB",
        "System: "
            + System.getProperty("os.name")
            + " "
            + System.getProperty("os.version")
            + ", "
            + line(Path.of("/etc/os-release"), "PRETTY_NAME=").replace("\"", ""),
        "Java: " + System.getProperty("java.vm.name") + " " + Runtime.version(),
        "nginx: " + Nginx.version(),
        "Countersign: commit " + commit(root),
        "Load when it began: " + line(Path.of("/proc/loadavg"), ""));
  }

  private static String model() throws IOException {
    String model = line(Path.of("/proc/cpuinfo"), "model name");
    return model.substring(model.indexOf(':') + 1).trim();
  }

  private static long kilobytes(String name) throws IOException {
    return ProcessFigures.kilobytes(Files.readString(Path.of("/proc/meminfo")), name);
  }

  private static String line(Path file, String beginning) throws IOException {
    return Files.readString(file)
        .lines()
        .filter(line -> line.startsWith(beginning))
        .findFirst()
        .map(line -> line.substring(beginning.length()))
        .orElse("");
  }

  private static String commit(Path root) throws InterruptedException {
    try {
      Process git =
          new ProcessBuilder("git", "-C", root.toString(), "describe", "--always", "--dirty")
              .redirectErrorStream(true)
              .start();
      String said = new String(git.getInputStream().readAllBytes(), StandardCharsets.UTF_8).trim();
      return git.waitFor() == 0 ? said : "unknown";
    } catch (IOException e) {
      return "unknown";
    }
  }

  /** What fdatasync takes here after a small write, in microseconds. */
  static Spread syncMicros(Path folder) throws IOException {
    List<Double> times = new ArrayList<>();
    Path file = folder.resolve("sync");
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      ByteBuffer record = ByteBuffer.allocateDirect(RECORD_BYTES);
      for (int i = 0; i < SYNCS; i++) {
        channel.write(record.clear());
        long began = System.nanoTime();
        channel.force(false);
        times.add((System.nanoTime() - began) / NANOS_PER_MICRO);
      }
    }
    Files.delete(file);
    return Spread.of(times);
  }

  /** A number with its thousands apart. */
  static String number(double value) {
    return String.format(Locale.ROOT, "%,.0f", value);
  }
}

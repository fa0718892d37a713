// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.e2e;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * The npm packages that the end-to-end tests talk to, in {@code e2e/peers}.
 *
 * <p>Among them is the Node that runs them, where there is a package of it for this machine; else
 * it is the one on the {@code PATH}, which must be new enough.
 *
 * <p>Installed with {@code npm ci --ignore-scripts} once for each content of the lock file; a stamp
 * under {@code e2e/target} remembers which. Two builds of one tree wait for each other.
 */
final class NodePeers {
  private static final Path FOLDER = Tree.ROOT.resolve("e2e/peers");
  private static final Path TARGET = Tree.ROOT.resolve("e2e/target");
  private static final int NODE_MAJOR_MIN = 22;
  private static final Duration VERSION_TIME = Duration.ofSeconds(20);
  private static final Duration INSTALL_TIME = Duration.ofMinutes(5);

  private NodePeers() {}

  /** Starts one of the scripts; the packages it needs are there. */
  static PeerProcess start(String script, Map<String, String> environment)
      throws IOException, InterruptedException {
    install();
    return PeerProcess.start(FOLDER, List.of(node(), script), environment);
  }

  /**
   * Runs one of the programs that came with the packages to its end, whatever its exit code.
   *
   * @param program below {@code node_modules}
   * @return what it said
   */
  static String runProgram(String program, Duration time, List<String> arguments)
      throws IOException, InterruptedException {
    install();
    List<String> command = new ArrayList<>(List.of(node(), "node_modules/" + program));
    command.addAll(arguments);
    return run(time, command, false);
  }

  /**
   * Runs one of the scripts to its end, which must be a good one.
   *
   * @return what it said
   */
  static String runScript(String script, Duration time, List<String> arguments)
      throws IOException, InterruptedException {
    install();
    List<String> command = new ArrayList<>(List.of(node(), script));
    command.addAll(arguments);
    return run(time, command, true);
  }

  /** The program that runs scripts. */
  static String node() {
    String machine = System.getProperty("os.arch").equals("aarch64") ? "arm64" : "x64";
    Path own = FOLDER.resolve("node_modules/node-linux-" + machine + "/bin/node");
    return Files.isExecutable(own) ? own.toString() : "node";
  }

  /** Sees to it that the packages are there, for who runs node otherwise. */
  static void installed() throws IOException, InterruptedException {
    install();
  }

  private static synchronized void install() throws IOException, InterruptedException {
    Files.createDirectories(TARGET);
    Path stamp = TARGET.resolve("peers.stamp");
    try (FileChannel channel =
            FileChannel.open(
                TARGET.resolve("peers.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock lock = channel.lock()) {
      if (!lock.isValid()) {
        throw new IOException("no lock on the peers");
      }
      String wanted = digest();
      if (Files.exists(stamp)
          && Files.readString(stamp).equals(wanted)
          && Files.exists(FOLDER.resolve("node_modules/.package-lock.json"))) {
        return;
      }
      Files.deleteIfExists(stamp);
      run(INSTALL_TIME, List.of("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"), true);
      requireNode();
      Files.writeString(stamp, wanted);
    }
  }

  private static void requireNode() throws IOException, InterruptedException {
    String version = run(VERSION_TIME, List.of(node(), "--version"), true).strip();
    int major = Integer.parseInt(version.replaceFirst("^v(\\d+)\\..*$", "$1"));
    if (major < NODE_MAJOR_MIN) {
      throw new IOException(
          "node %d or newer is needed: \"%s\"".formatted(NODE_MAJOR_MIN, version));
    }
  }

  private static String digest() throws IOException {
    try {
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      for (String file : List.of("package.json", "package-lock.json")) {
        sha256.update(Files.readAllBytes(FOLDER.resolve(file)));
      }
      return HexFormat.of().formatHex(sha256.digest());
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  /**
   * Runs a command to its end and returns what it said; output goes by a file, so it cannot block.
   */
  private static String run(Duration time, List<String> command, boolean wellOnly)
      throws IOException, InterruptedException {
    Path said = Files.createTempFile(TARGET, "peers", ".log");
    try {
      Process process;
      try {
        process =
            new ProcessBuilder(command)
                .directory(FOLDER.toFile())
                .redirectErrorStream(true)
                .redirectOutput(said.toFile())
                .start();
      } catch (IOException e) {
        throw new IOException(
            "\"%s\" is not on the PATH: the end-to-end tests need node %d or newer and npm"
                .formatted(command.getFirst(), NODE_MAJOR_MIN),
            e);
      }
      boolean ended = process.waitFor(time.toMillis(), TimeUnit.MILLISECONDS);
      process.destroyForcibly();
      String text = Files.readString(said, StandardCharsets.UTF_8);
      if (!ended || (wellOnly && process.exitValue() != 0)) {
        throw new IOException(
            "\"%s\" %s:%n%s"
                .formatted(
                    String.join(" ", command),
                    ended ? "failed with " + process.exitValue() : "took longer than " + time,
                    text));
      }
      return text;
    } finally {
      Files.deleteIfExists(said);
    }
  }
}

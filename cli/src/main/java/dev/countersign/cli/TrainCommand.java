// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import dev.countersign.cli.demo.DemoIssuer;
import dev.countersign.cli.demo.DemoToolServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * {@code countersign train}: makes the JVM's AOT cache (JEP 483, 514, 515) of a gateway under load:
 * its classes, loaded and linked, and what was learnt about its methods. A JVM that is given the
 * file starts faster and is warm sooner; one that it does not fit goes without.
 *
 * <p>The gateway is a process of its own with the options of this one, so that the file holds what
 * a gateway needs and nothing of what drives it. Everything is on loopback, and nothing but the
 * file stays behind.
 */
@Command(
    name = "train",
    description = "Makes the AOT cache that gateways of this installation start with.",
    hidden = true,
    mixinStandardHelpOptions = true)
final class TrainCommand implements Callable<Integer> {
  /**
   * Writing the cache takes some seconds after the gateway's end; much longer on a busy machine.
   */
  private static final Duration END_TIME_MAX = Duration.ofMinutes(3);

  private static final int LINES_SHOWN = 3;

  @Option(
      names = "--output",
      required = true,
      paramLabel = "FILE",
      description = "The file to make; one that is there is replaced.")
  private Path output = Path.of("");

  @Option(
      names = "--seconds",
      paramLabel = "N",
      defaultValue = "6",
      description = "For how long there are calls; ${DEFAULT-VALUE} unless said.")
  private int seconds;

  @Override
  public Integer call() throws InterruptedException, IOException {
    Path folder = Files.createTempDirectory("countersign-train");
    try {
      Path made = folder.resolve("cache.aot");
      train(folder, made);
      // First beside its place: a reader sees the old file or the new one, whole.
      // Of this process alone: two gateways may be started for the first time together.
      String name = "%s.%d.new".formatted(output.getFileName(), ProcessHandle.current().pid());
      Path near = output.toAbsolutePath().resolveSibling(name);
      Files.copy(made, near, StandardCopyOption.REPLACE_EXISTING);
      Files.move(near, output, StandardCopyOption.ATOMIC_MOVE);
      return 0;
    } finally {
      delete(folder);
    }
  }

  private void train(Path folder, Path made) throws InterruptedException, IOException {
    try (DemoToolServer tools = new DemoToolServer();
        DemoIssuer issuer = new DemoIssuer()) {
      Path file = folder.resolve("gateway.yaml");
      Files.writeString(file, settings(tools, issuer, "writer"));
      Path log = folder.resolve("log");
      Process gateway =
          new ProcessBuilder(command(made, file))
              .directory(folder.toFile())
              .redirectError(log.toFile())
              .start();
      try (BufferedReader said = gateway.inputReader()) {
        String url = "http://" + after(said, "listening on ", log);
        URI admin = URI.create(after(said, "admin on ", log));
        new TrainingCalls(URI.create(url + "/notes/mcp"), admin, issuer)
            .run(
                Duration.ofSeconds(seconds),
                () -> Files.writeString(file, settings(tools, issuer, "w*")));
        // What the JVM says while it makes the cache must not fill the pipe.
        Thread.ofVirtual().start(() -> readToItsEnd(said));
        gateway.destroy();
        boolean isOver = gateway.waitFor(END_TIME_MAX.toSeconds(), TimeUnit.SECONDS);
        if (!isOver || !Files.exists(made)) {
          throw new IOException(
              "no cache was made, exit code %s: %s"
                  .formatted(isOver ? gateway.exitValue() : "none", end(log)));
        }
      } finally {
        gateway.destroyForcibly().waitFor();
      }
    }
  }

  /**
   * This process's own options and classes, so that the cache fits whoever is started as it was.
   */
  private static List<String> command(Path made, Path settings) {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    for (String option : ManagementFactory.getRuntimeMXBean().getInputArguments()) {
      if (!option.startsWith("-XX:AOT") && !option.startsWith("-Xlog:aot")) {
        command.add(option);
      }
    }
    command.add("-XX:AOTCacheOutput=" + made);
    command.add("-Xlog:aot*=error:stderr");
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    command.addAll(List.of("run", "--config", settings.toString()));
    return command;
  }

  private static String after(BufferedReader said, String beginning, Path log) throws IOException {
    for (String line = said.readLine(); line != null; line = said.readLine()) {
      if (line.startsWith(beginning)) {
        return line.substring(beginning.length());
      }
    }
    throw new IOException("the gateway did not start: " + end(log));
  }

  private static void readToItsEnd(BufferedReader said) {
    try {
      said.transferTo(Writer.nullWriter());
    } catch (IOException e) {
      // The gateway is gone, and nobody reads any more.
    }
  }

  private static String end(Path log) throws IOException {
    List<String> lines = Files.readAllLines(log);
    return String.join(" ", lines.subList(Math.max(0, lines.size() - LINES_SHOWN), lines.size()));
  }

  private static String settings(DemoToolServer tools, DemoIssuer issuer, String writer) {
    return """
    node: train
    listen: {address: "127.0.0.1:0", drain: 1s, event_loops: 1}
    identity:
      issuers: [{name: demo, issuer: "%s"}]
    servers:
      notes: {url: "%s", effects: {"list_*": read, "read_*": read}}
    policy:
      grants:
        - {name: reads, caller: "oidc:demo:research", allow: ["notes/list_*", "notes/read_*"]}
        - {name: writes, caller: "oidc:demo:%s", allow: ["notes/*_note*"]}
        - {name: a-person, caller: "oidc:demo:*", approve: ["notes/create_*"], approvers: ["group:sec"]}
        - {name: nobody, caller: "**", deny: ["notes/delete_*"]}
    audit: {directory: audit}
    admin: {address: "127.0.0.1:0"}
    """
        .formatted(issuer.issuer(), tools.url(), writer);
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path one : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(one);
      }
    }
  }
}

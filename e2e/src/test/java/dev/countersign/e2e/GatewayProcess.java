// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.e2e;

import dev.countersign.cli.Main;
import dev.countersign.cli.demo.DemoIssuer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The program as a user runs it, in a process of its own, so that it can be killed. */
final class GatewayProcess implements AutoCloseable {
  /** The exit code of a JVM that SIGTERM has stopped, after its drain: 128 and the signal. */
  static final int STOPPED = 143;

  private static final HttpClient CLIENT =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private static final Duration PAGE_TIME = Duration.ofSeconds(10);
  private static final Pattern RELOADS =
      Pattern.compile("(?m)^countersign_reloads_total\\{result=\"(applied|refused)\"} ([0-9.]+)$");

  private final Process process;
  private final Path folder;
  private final String scheme;
  private final int port;
  private final int adminPort;
  private final Queue<String> out = new ConcurrentLinkedQueue<>();

  private GatewayProcess(Process process, Path folder, String scheme, BufferedReader lines)
      throws IOException {
    this.process = process;
    this.folder = folder;
    this.scheme = scheme;
    this.port = port(lines, "listening on ");
    this.adminPort = port(lines, "admin on ");
    Thread.ofVirtual().name("stdout of the gateway").start(() -> keep(lines));
  }

  /** Starts on settings for one server, in a folder that may hold an earlier run's records. */
  static GatewayProcess start(Path folder, DemoIssuer issuer, String upstream, int port)
      throws IOException {
    return start(
        folder,
        """
        node: e2e
        listen: {address: "127.0.0.1:%d", drain: 1s, event_loops: 2}
        identity: {issuers: [{name: demo, issuer: "%s"}]}
        servers:
          notes: {url: "%s", effects: {"read_*": read}}
        policy:
          grants:
            - {caller: "oidc:demo:reader", allow: ["notes/read_*", "notes/list_*", "notes/echo", "notes/trigger-long-running-operation"]}
            - {caller: "oidc:demo:writer", allow: ["notes/create_*"]}
        audit: {directory: audit}
        admin: {address: "127.0.0.1:0"}
        """
            .formatted(port, issuer.issuer(), upstream));
  }

  /** Starts on these settings, which must keep records in {@code audit}. */
  static GatewayProcess start(Path folder, String settings) throws IOException {
    return start(folder, settings, Map.of(), List.of());
  }

  /**
   * Starts with an environment, and under a command that ends in running its arguments.
   *
   * @param under such a command; empty for none
   */
  static GatewayProcess start(
      Path folder, String settings, Map<String, String> environment, List<String> under)
      throws IOException {
    Path file = Files.writeString(folder.resolve("gateway.yaml"), settings);
    List<String> command = new ArrayList<>(under);
    command.addAll(
        List.of(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx128m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-Dio.netty.leakDetection.level=paranoid",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "-cp",
            classPath(),
            "dev.countersign.cli.Main",
            "run",
            "--config",
            file.toString()));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectError(
                ProcessBuilder.Redirect.appendTo(folder.resolve("gateway.log").toFile()));
    builder.environment().putAll(environment);
    Process process = builder.start();
    try {
      return new GatewayProcess(
          process,
          folder,
          settings.contains("certificate:") ? "https" : "http",
          process.inputReader(StandardCharsets.UTF_8));
    } catch (IOException e) {
      process.destroyForcibly();
      throw new IOException("no gateway: " + Files.readString(folder.resolve("gateway.log")), e);
    }
  }

  /**
   * The runnable layout where it was packaged, as {@code ./countersign} has it; else the build's.
   */
  private static String classPath() {
    try {
      Path code = Path.of(Main.class.getProtectionDomain().getCodeSource().getLocation().toURI());
      Path lib = code.resolveSibling("").normalize();
      return code.toString().endsWith(".jar") && lib.endsWith("countersign/lib")
          ? lib.resolve("*").toString()
          : System.getProperty("java.class.path");
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  String url() {
    return url("notes");
  }

  /** Where clients find a server. */
  String url(String server) {
    return scheme + "://127.0.0.1:" + port + "/" + server + "/mcp";
  }

  int port() {
    return port;
  }

  Path audit() {
    return folder.resolve("audit");
  }

  Records records() {
    return new Records(audit());
  }

  /** A page of the admin address. */
  HttpResponse<String> admin(String page) throws IOException, InterruptedException {
    return CLIENT.send(
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + adminPort + page))
            .timeout(PAGE_TIME)
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  /**
   * Writes new settings and asks for them to be read, as an operator does; waits until they were.
   *
   * @return whether they are in force
   */
  boolean reload(String settings) throws IOException, InterruptedException {
    double applied = reloads("applied");
    double refused = reloads("refused");
    Files.writeString(folder.resolve("gateway.yaml"), settings);
    signal("HUP");
    Await.until(
        "the settings to be read",
        () -> reloads("applied") > applied || reloads("refused") > refused);
    return reloads("applied") > applied;
  }

  private double reloads(String result) throws IOException, InterruptedException {
    Matcher lines = RELOADS.matcher(admin("/metrics").body());
    double count = 0;
    while (lines.find()) {
      count += lines.group(1).equals(result) ? Double.parseDouble(lines.group(2)) : 0;
    }
    return count;
  }

  /** What it has on its heap, after a collection. */
  LiveMemory liveMemory() throws IOException, InterruptedException {
    Path jmap = Path.of(System.getProperty("java.home"), "bin", "jmap");
    return LiveMemory.of(run(jmap.toString(), "-histo:live"));
  }

  /** Runs a command with this process's id for its last argument; what it says. */
  String run(String... command) throws IOException, InterruptedException {
    List<String> whole = new ArrayList<>(List.of(command));
    whole.add(Long.toString(process.pid()));
    Process run = new ProcessBuilder(whole).redirectErrorStream(true).start();
    String said = new String(run.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (run.waitFor() != 0) {
      throw new IOException(whole + ": " + said);
    }
    return said;
  }

  /** Sends a signal by its name. */
  void signal(String name) throws IOException, InterruptedException {
    run("kill", "-" + name);
  }

  /** All it has written to standard output and standard error. */
  String said() throws IOException {
    return String.join("\n", out) + "\n" + Files.readString(folder.resolve("gateway.log"));
  }

  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
  }

  /**
   * SIGTERM; waits for the drain and gives the exit code. Whatever happened before, there must be
   * neither a fault of the program nor a lost buffer in what it said.
   */
  int stop() throws IOException, InterruptedException {
    process.destroy();
    int code = exitCode();
    String said = said();
    for (String fault : List.of("\"stack\":", "Exception in thread", "LEAK:")) {
      if (said.contains(fault)) {
        throw new AssertionError("the gateway said " + fault + " in:\n" + said);
      }
    }
    return code;
  }

  /** Waits until it has ended by itself. */
  int exitCode() throws InterruptedException {
    if (!process.waitFor(20, TimeUnit.SECONDS)) {
      throw new AssertionError("the gateway does not end");
    }
    return process.exitValue();
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }

  private int port(BufferedReader lines, String start) throws IOException {
    String line;
    do {
      line = lines.readLine();
      if (line == null) {
        throw new IOException("it said " + out + " and no \"" + start + "…\"");
      }
      out.add(line);
    } while (!line.startsWith(start));
    return Integer.parseInt(line.substring(line.lastIndexOf(':') + 1));
  }

  private void keep(BufferedReader lines) {
    try (lines) {
      lines.lines().forEach(out::add);
    } catch (IOException | UncheckedIOException e) {
      out.add("(cut)");
    }
  }
}

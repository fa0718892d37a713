// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.e2e;

import dev.countersign.cli.demo.DemoIssuer;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** The program as a user runs it, in a process of its own, so that it can be killed. */
final class GatewayProcess implements AutoCloseable {
  private final Process process;
  private final Path folder;
  private final int port;

  private GatewayProcess(Process process, Path folder, int port) {
    this.process = process;
    this.folder = folder;
    this.port = port;
  }

  /** Starts on a settings file in a folder that may hold an earlier run's records. */
  static GatewayProcess start(Path folder, DemoIssuer issuer, String upstream, int port)
      throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("gateway.yaml"),
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
    Process process =
        new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-Xmx128m",
                    "-XX:+UseSerialGC",
                    "-cp",
                    System.getProperty("java.class.path"),
                    "dev.countersign.cli.Main",
                    "run",
                    "--config",
                    file.toString()))
            .redirectError(ProcessBuilder.Redirect.appendTo(folder.resolve("gateway.log").toFile()))
            .start();
    BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
    String line = out.readLine();
    if (line == null || !line.startsWith("listening on")) {
      process.destroyForcibly();
      throw new IOException(
          "no gateway: " + line + "\n" + Files.readString(folder.resolve("gateway.log")));
    }
    return new GatewayProcess(
        process, folder, Integer.parseInt(line.substring(line.lastIndexOf(':') + 1)));
  }

  String url() {
    return "http://127.0.0.1:" + port + "/notes/mcp";
  }

  int port() {
    return port;
  }

  Path audit() {
    return folder.resolve("audit");
  }

  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor(10, TimeUnit.SECONDS);
  }

  /** SIGTERM; waits for the drain. */
  void stop() throws InterruptedException {
    process.destroy();
    process.waitFor(20, TimeUnit.SECONDS);
  }

  @Override
  public void close() {
    process.destroyForcibly();
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import dev.countersign.cli.demo.DemoIssuer;
import dev.countersign.cli.demo.DemoToolServer;
import dev.countersign.config.ConfigReader;
import dev.countersign.config.ConfigResult;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code countersign demo}: everything on loopback, nothing else to install. */
@Command(
    name = "demo",
    description =
        "Starts a tool server, a token issuer and the gateway on loopback, to try it out.",
    mixinStandardHelpOptions = true)
final class DemoCommand implements Callable<Integer> {
  private static final Duration TOKEN_LIFE = Duration.ofHours(8);

  @Spec private @Nullable CommandSpec spec;

  @Option(
      names = "--port",
      paramLabel = "PORT",
      defaultValue = "8080",
      converter = PortType.class,
      description = "The gateway's port; ${DEFAULT-VALUE} unless said, 0 for any.")
  private int port;

  @Option(
      names = "--admin-port",
      paramLabel = "PORT",
      defaultValue = "9901",
      converter = PortType.class,
      description = "The port of metrics and health; ${DEFAULT-VALUE} unless said, 0 for any.")
  private int adminPort;

  @Override
  public Integer call() throws InterruptedException, IOException {
    logWarningsOnly();
    Path folder = Files.createTempDirectory("countersign-demo");
    try (DemoToolServer tools = new DemoToolServer();
        DemoIssuer issuer = new DemoIssuer();
        Signals signals = Signals.take()) {
      Path file = Files.writeString(folder.resolve("gateway.yaml"), settings(tools, issuer));
      ConfigResult result = ConfigReader.read(file, Map.of());
      if (!(result instanceof ConfigResult.Valid valid)) {
        CheckCommand.report(result, Main.err(spec));
        return Main.NO;
      }
      RunningGateway running = signals.start(() -> start(file, valid, folder));
      print(running, issuer, folder);
      signals.awaitEnd();
      return 0;
    }
  }

  /** Leaves nothing behind of a demo that did not start. */
  private static RunningGateway start(Path file, ConfigResult.Valid valid, Path folder)
      throws IOException {
    try {
      return RunningGateway.start(file, valid, Map.of());
    } catch (IOException | RuntimeException e) {
      try (Stream<Path> files = Files.walk(folder)) {
        for (Path one : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(one);
        }
      }
      throw e;
    }
  }

  /** Lines to paste are hard to find between lines of a log. */
  private static void logWarningsOnly() {
    for (String name : List.of(Logger.ROOT_LOGGER_NAME, "dev.countersign")) {
      if (LoggerFactory.getLogger(name) instanceof Logger logger) {
        logger.setLevel(Level.WARN);
      }
    }
  }

  private String settings(DemoToolServer tools, DemoIssuer issuer) {
    return """
    node: demo
    listen: {address: "127.0.0.1:%d", drain: 2s}
    identity:
      issuers: [{name: demo, issuer: "%s"}]
    servers:
      notes: {url: "%s", effects: {"list_*": read, "read_*": read}}
    policy:
      grants:
        - {name: research-reads, caller: "oidc:demo:research", allow: ["notes/list_*", "notes/read_*"]}
        - {name: writes-need-a-person, caller: "oidc:demo:*", approve: ["notes/create_*"], approvers: ["group:sec"]}
    audit: {directory: audit}
    admin: {address: "127.0.0.1:%d"}
    """
        .formatted(port, issuer.issuer(), tools.url(), adminPort);
  }

  private void print(RunningGateway running, DemoIssuer issuer, Path folder) {
    String url = "http://127.0.0.1:" + running.gateway().address().getPort() + "/notes/mcp";
    String token = issuer.token("research", url, TOKEN_LIFE);
    PrintWriter out = Main.out(spec);
    out.println(
        """
        Countersign demo. Gateway %1$s, admin http://127.0.0.1:%2$d, records %3$s/audit.

        export TOKEN=%4$s
        call() { curl -s %1$s -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \\
          -H 'Accept: application/json, text/event-stream' -H 'MCP-Protocol-Version: 2026-07-28' \\
          -H 'Mcp-Method: tools/call' -H "Mcp-Name: $1" -d '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"'$1'","arguments":{"id":"1"},"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{}}}}'; echo; }

        call read_note     # permitted by the grant research-reads
        call delete_note   # refused, and answered like a tool that does not exist
        call create_note   # refused for now: policy wants a person's approval
        ./countersign audit show %3$s/audit
        ./countersign audit verify %3$s/audit

        A client's configuration: {"mcpServers":{"notes":{"type":"http","url":"%1$s","headers":{"Authorization":"Bearer %4$s"}}}}
        Ctrl-C stops it; settings and records stay in %3$s.\
        """
            .formatted(url, running.gateway().adminAddress().getPort(), folder, token));
    out.flush();
  }
}

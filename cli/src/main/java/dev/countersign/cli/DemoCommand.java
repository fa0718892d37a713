// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import dev.countersign.cli.demo.DemoIssuer;
import dev.countersign.cli.demo.DemoToolServer;
import dev.countersign.config.ConfigReader;
import dev.countersign.config.ConfigResult;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
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

  @Option(names = "--port", defaultValue = "8080", description = "The gateway's port; 0 for any.")
  private int port;

  @Option(names = "--admin-port", defaultValue = "9901", description = "The admin port; 0 for any.")
  private int adminPort;

  @Override
  public Integer call() throws InterruptedException, IOException {
    Path folder = Files.createTempDirectory("countersign-demo");
    try (DemoToolServer tools = new DemoToolServer();
        DemoIssuer issuer = new DemoIssuer()) {
      Path file = Files.writeString(folder.resolve("gateway.yaml"), settings(tools, issuer));
      ConfigResult result = ConfigReader.read(file, Map.of());
      if (!(result instanceof ConfigResult.Valid valid)) {
        CheckCommand.report(result, Main.err(spec));
        return Main.NO;
      }
      try (RunningGateway running = RunningGateway.start(file, valid, Map.of())) {
        CountDownLatch stop = new CountDownLatch(1);
        Thread main = Thread.currentThread();
        Runtime.getRuntime()
            .addShutdownHook(
                new Thread(
                    () -> {
                      stop.countDown();
                      try {
                        main.join(Duration.ofSeconds(25));
                      } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                      }
                    },
                    "countersign-stop"));
        print(running, issuer, folder);
        stop.await();
      }
    } catch (IOException e) {
      System.err.println("countersign: " + e.getMessage());
      return Main.FAILED;
    }
    return 0;
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

  private static void print(RunningGateway running, DemoIssuer issuer, Path folder) {
    String url = "http://127.0.0.1:" + running.gateway().address().getPort() + "/notes/mcp";
    String token = issuer.token("research", url, TOKEN_LIFE);
    System.out.println(
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

        A client's configuration: {"mcpServers":{"notes":{"type":"http","url":"%1$s","headers":{"Authorization":"Bearer $TOKEN"}}}}
        Ctrl-C stops it.\
        """
            .formatted(url, running.gateway().adminAddress().getPort(), folder, token));
    System.out.flush();
  }
}

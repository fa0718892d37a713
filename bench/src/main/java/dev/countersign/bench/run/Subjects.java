// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.run;

import dev.countersign.bench.toolserver.ToolServer;
import dev.countersign.cli.demo.DemoIssuer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.Map;

/**
 * Everything that runs during the whole run.
 *
 * @param issuer whose tokens the gateways take
 * @param toolServer what is behind all of them
 * @param server where it listens
 * @param canned nginx with answers of its own, to see that the tool server is no bottleneck
 * @param nginx nginx that passes on
 * @param bare the product's legs alone
 * @param durable the product
 * @param unsynced the product with its log in memory
 */
record Subjects(
    DemoIssuer issuer,
    Child toolServer,
    InetSocketAddress server,
    Nginx.Running canned,
    Nginx.Running nginx,
    RunningGateway bare,
    RunningGateway durable,
    RunningGateway unsynced) {
  /** Routes by name, and the path of the tool server behind each. */
  static final Map<String, String> SERVERS =
      Map.of(
          "notes", "/mcp",
          "events", "/sse/mcp",
          "slow", "/delay-300/mcp",
          "big", "/size-100000/mcp");

  private static final String CANNED =
      "{\"jsonrpc\":\"2.0\",\"id\":1000000000,\"result\":{\"resultType\":\"complete\",\"content\":[{\"type\":\"text\",\"text\":\"Buy"
          + " milk, bread, butter, jam and what else there is.\"}]}}";

  static Subjects start(Children children, Places places) throws IOException, InterruptedException {
    DemoIssuer issuer = new DemoIssuer();
    Path folder = places.folder();
    Child toolServer = children.startJava("toolserver", ToolServer.class);
    int port = Integer.parseInt(toolServer.await("listening on "));
    Nginx.Running canned = Nginx.canned(children, folder, CANNED);
    Nginx.Running nginx = Nginx.passThrough(children, folder, port);
    GatewayOptions bare =
        new GatewayOptions(
            "bare", folder.resolve("audit-bare"), issuer.issuer(), port, Map.of("bare", "/mcp"), 1);
    GatewayOptions durable =
        new GatewayOptions("durable", folder.resolve("audit"), issuer.issuer(), port, SERVERS, 1);
    GatewayOptions unsynced =
        new GatewayOptions(
            "unsynced", places.memory().resolve("audit"), issuer.issuer(), port, SERVERS, 1);
    return new Subjects(
        issuer,
        toolServer,
        new InetSocketAddress(InetAddress.getLoopbackAddress(), port),
        canned,
        nginx,
        RunningGateway.startBare(children, folder, bare, issuer),
        RunningGateway.start(children, places.root(), folder, durable, issuer),
        RunningGateway.start(children, places.root(), folder, unsynced, issuer));
  }
}

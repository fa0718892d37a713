// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.run;

import dev.countersign.bench.toolserver.ToolServer;
import dev.countersign.cli.demo.DemoIssuer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;

/**
 * Everything that runs during the whole run.
 *
 * @param toolServer what is behind all of them
 * @param server where it listens
 * @param canned nginx with answers of its own, to see that the tool server is no bottleneck
 * @param nginx nginx that passes on
 * @param gateways starts further ones
 * @param bare the product's legs alone
 * @param durable the product
 * @param unsynced the product with its log in memory
 */
record Subjects(
    Child toolServer,
    InetSocketAddress server,
    Nginx.Running canned,
    Nginx.Running nginx,
    Gateways gateways,
    RunningGateway bare,
    RunningGateway durable,
    RunningGateway unsynced) {
  private static final String CANNED =
      "{\"jsonrpc\":\"2.0\",\"id\":$http_x_id,\"result\":{\"resultType\":\"complete\",\"content\":[{\"type\":\"text\",\"text\":\"Buy"
          + " milk, bread, butter, jam and what else there is.\"}]}}";

  static Subjects start(Children children, Places places) throws IOException, InterruptedException {
    DemoIssuer issuer = new DemoIssuer();
    Child toolServer = children.startJava("toolserver", ToolServer.class);
    int port = Integer.parseInt(toolServer.await("listening on "));
    Nginx.Running canned = Nginx.canned(children, places.folder(), CANNED);
    Nginx.Running nginx = Nginx.passThrough(children, places.folder(), port);
    Gateways gateways =
        new Gateways(
            children, places, new Launcher(places.root().resolve("countersign")), issuer, port);
    return new Subjects(
        toolServer,
        Gateways.loopback(port),
        canned,
        nginx,
        gateways,
        gateways.bare(),
        gateways.full("durable"),
        gateways.full("unsynced", Gateways.Kind.UNSYNCED));
  }

  List<RunningGateway> full() {
    return List.of(durable, unsynced);
  }
}

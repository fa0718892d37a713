// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.run;

import dev.countersign.bench.bare.BareGateway;
import dev.countersign.cli.demo.DemoIssuer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * A gateway under test.
 *
 * @param child its process
 * @param address where it listens
 * @param audit its log's directory
 * @param issuer whose tokens it takes
 */
record RunningGateway(Child child, InetSocketAddress address, Path audit, DemoIssuer issuer) {
  private static final Duration TOKEN_LIFE = Duration.ofHours(6);

  /** Starts the product as it is delivered. */
  static RunningGateway start(
      Children children, Path root, Path folder, GatewayOptions options, DemoIssuer issuer)
      throws IOException, InterruptedException {
    Path settings = settings(folder, options);
    Child child =
        children.start(
            options.name(),
            List.of(root.resolve("countersign").toString(), "run", "--config", settings.toString()),
            Map.of());
    String listening = child.await("listening on ");
    child.await("admin on ");
    int port = Integer.parseInt(listening.substring(listening.lastIndexOf(':') + 1));
    return new RunningGateway(child, loopback(port), options.audit(), issuer);
  }

  /** Starts the product's two legs with nothing between them. */
  static RunningGateway startBare(
      Children children, Path folder, GatewayOptions options, DemoIssuer issuer)
      throws IOException, InterruptedException {
    Path settings = settings(folder, options);
    String audience = "http://127.0.0.1/bare";
    Child child =
        children.startJava(
            options.name(),
            BareGateway.class,
            settings.toString(),
            issuer.token("bare", audience, TOKEN_LIFE),
            audience);
    int port = Integer.parseInt(child.await("listening on "));
    return new RunningGateway(child, loopback(port), options.audit(), issuer);
  }

  private static Path settings(Path folder, GatewayOptions options) throws IOException {
    return Files.writeString(folder.resolve(options.name() + ".yaml"), options.yaml());
  }

  private static InetSocketAddress loopback(int port) {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
  }

  /** Host and port as clients write them. */
  String authority() {
    return "127.0.0.1:" + address.getPort();
  }

  /** A token of a caller for a route. */
  String token(String subject, String route) {
    return issuer.token(subject, "http://" + authority() + route, TOKEN_LIFE);
  }
}

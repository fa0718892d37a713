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
import java.util.Map;

/**
 * Starts gateways.
 *
 * @param children what they are among
 * @param places where their files go
 * @param launcher how they are started
 * @param issuer whose tokens they take
 * @param serverPort where the tool server is
 */
record Gateways(
    Children children, Places places, Launcher launcher, DemoIssuer issuer, int serverPort) {
  private static final Duration TOKEN_LIFE = Duration.ofHours(6);

  /** Routes by name, and the path of the tool server behind each. */
  private static final Map<String, String> SERVERS =
      Map.of(
          "notes", "/mcp",
          "events", "/sse/mcp",
          "slow", "/delay-300/mcp",
          "held", "/delay-1000000/mcp",
          "big", "/size-100000/mcp");

  /**
   * What a gateway may have other than the usual.
   *
   * @param grants how many
   * @param tokensRemembered verified tokens that are remembered
   * @param bounded whether the bounds that keep callers apart are as delivered, rather than raised;
   *     but {@link #LOOP_TURN}
   * @param synced whether its log is on the disk
   */
  record Kind(int grants, int tokensRemembered, boolean bounded, boolean synced) {
    private static final int TOKENS = 10_000;

    /** What is waited for then before calls are refused. */
    static final String LOOP_TURN = "2ms";

    static final Kind USUAL = new Kind(1, TOKENS, false, true);
    static final Kind UNSYNCED = new Kind(1, TOKENS, false, false);
    static final Kind BOUNDED = new Kind(1, TOKENS, true, true);
    static final Kind FORGETFUL = new Kind(1, 1, false, true);

    static Kind withGrants(int count) {
      return new Kind(count, TOKENS, false, true);
    }
  }

  /** The product as it is delivered. */
  RunningGateway full(String name) throws IOException, InterruptedException {
    return full(name, Kind.USUAL);
  }

  /** The same with something other than usual. */
  RunningGateway full(String name, Kind kind) throws IOException, InterruptedException {
    Path audit = (kind.synced() ? places.folder() : places.memory()).resolve("audit-" + name);
    Path settings = settings(name, audit, 0, kind);
    Child child = children.start(name, launcher.command(settings), Map.of());
    String listening = child.await("listening on ");
    child.await("admin on ");
    launcher.learn(child.handle().info());
    int port = Integer.parseInt(listening.substring(listening.lastIndexOf(':') + 1));
    return new RunningGateway(name, child, loopback(port), audit, settings, issuer);
  }

  /** Writes a settings file. */
  Path settings(String name, Path audit, int port, Kind kind) throws IOException {
    String yaml =
        new GatewayOptions(
                port,
                audit,
                issuer.issuer(),
                serverPort,
                SERVERS,
                kind.grants(),
                kind.tokensRemembered(),
                kind.bounded())
            .yaml();
    return Files.writeString(places.folder().resolve(name + ".yaml"), yaml);
  }

  /** The product's two legs with nothing between them. */
  RunningGateway bare() throws IOException, InterruptedException {
    String audience = "http://127.0.0.1/bare";
    Path audit = places.folder().resolve("audit-bare");
    Path settings = settings("bare", audit, 0, Kind.USUAL);
    Child child =
        children.startJava(
            "bare",
            BareGateway.class,
            settings.toString(),
            issuer.token("bare", audience, TOKEN_LIFE),
            audience);
    int port = Integer.parseInt(child.await("listening on "));
    return new RunningGateway("bare", child, loopback(port), audit, settings, issuer);
  }

  static InetSocketAddress loopback(int port) {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
  }
}

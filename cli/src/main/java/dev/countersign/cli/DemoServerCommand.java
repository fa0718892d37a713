// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import dev.countersign.cli.demo.DemoToolServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code countersign demo-server}: the demo's tool server, in a process of its own. */
@Command(
    name = "demo-server",
    description = "For development: runs the demo's tool server, which serves whoever reaches it.",
    hidden = true,
    mixinStandardHelpOptions = true)
final class DemoServerCommand implements Callable<Integer> {
  @Option(
      names = "--address",
      paramLabel = "IP:PORT",
      defaultValue = "127.0.0.1:3001",
      description = "Where to listen; ${DEFAULT-VALUE} unless said, port 0 for any.")
  private String address = "";

  @Option(
      names = "--authority",
      paramLabel = "HOST:PORT",
      description = "The Host that requests have to name; needed on any address but 127.0.0.1.")
  private @Nullable String authority;

  @Option(
      names = "--off-loopback",
      description = "Needed to listen off loopback: others than this machine may use it.")
  private boolean offLoopback;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Override
  public Integer call() throws InterruptedException, IOException {
    InetSocketAddress at = parsed();
    if (!at.getAddress().isLoopbackAddress() && !offLoopback) {
      throw wrong(address + " is not loopback; only --off-loopback makes it so on purpose");
    }
    if (authority == null && !at.getAddress().getHostAddress().equals("127.0.0.1")) {
      throw wrong("--authority is needed on any address but 127.0.0.1");
    }
    try (DemoToolServer server =
        authority == null ? new DemoToolServer(at.getPort()) : DemoToolServer.at(at, authority)) {
      DemoParts.serve(server.url(), "it serves whoever reaches it", spec);
    }
    return 0;
  }

  private InetSocketAddress parsed() {
    int colon = address.lastIndexOf(':');
    try {
      return new InetSocketAddress(
          InetAddress.ofLiteral(address.substring(0, Math.max(colon, 0))),
          Integer.parseInt(address.substring(colon + 1)));
    } catch (IllegalArgumentException e) {
      throw wrong("expected an IP address and a port such as 127.0.0.1:3001, found: " + address);
    }
  }

  private CommandLine.ParameterException wrong(String why) {
    return new CommandLine.ParameterException(spec.commandLine(), why);
  }
}

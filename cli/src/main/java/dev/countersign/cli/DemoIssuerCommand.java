// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import dev.countersign.cli.demo.DemoIssuer;
import java.io.IOException;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code countersign demo-issuer}: the demo's token issuer, in a process of its own; on loopback
 * and nowhere else.
 */
@Command(
    name = "demo-issuer",
    description = "For development: runs a token issuer on loopback that vouches for any name.",
    hidden = true,
    mixinStandardHelpOptions = true)
final class DemoIssuerCommand implements Callable<Integer> {
  @Spec private @Nullable CommandSpec spec;

  @Option(
      names = "--port",
      paramLabel = "PORT",
      converter = PortType.class,
      defaultValue = "8180",
      description = "Its port; ${DEFAULT-VALUE} unless said, 0 for any.")
  private int port;

  @Override
  public Integer call() throws InterruptedException, IOException {
    try (DemoIssuer issuer = DemoIssuer.withOpenTokenEndpoint(port)) {
      DemoParts.serve(issuer.issuer(), "it gives everybody a token for any name", spec);
    }
    return 0;
  }
}

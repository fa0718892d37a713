// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import dev.countersign.config.ConfigReader;
import dev.countersign.config.ConfigResult;
import dev.countersign.gateway.snapshot.ServerSettings;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code countersign run}. */
@Command(
    name = "run",
    description =
        "Runs the gateway until it is told to stop. Changed settings are put in force when their"
            + " files have changed, and on SIGHUP.",
    exitCodeList = {
      "1:the settings have problems",
      "2:wrong usage",
      "3:it could not start",
      "130:stopped by SIGINT, after its drain",
      "143:stopped by SIGTERM, after its drain"
    },
    mixinStandardHelpOptions = true)
final class RunCommand implements Callable<Integer> {
  @Spec private @Nullable CommandSpec spec;

  @Option(names = "--config", required = true, paramLabel = "FILE", description = "The settings.")
  private Path config = Path.of("");

  @Override
  public Integer call() throws InterruptedException, IOException {
    return run(config, Main.out(spec), Main.err(spec));
  }

  /** Runs a gateway on a settings file; gives the exit code. */
  static int run(Path config, PrintWriter out, PrintWriter err)
      throws InterruptedException, IOException {
    try (Signals signals = Signals.take()) {
      signals.takeHangUp(err);
      ConfigResult result = ConfigReader.read(config, System.getenv());
      if (!(result instanceof ConfigResult.Valid valid)) {
        CheckCommand.report(result, err);
        return Main.NO;
      }
      RunningGateway.warn(valid);
      RunningGateway running =
          signals.start(() -> RunningGateway.start(config, valid, System.getenv()));
      print(running, valid, out);
      signals.awaitEnd();
      return 0;
    }
  }

  private static void print(RunningGateway running, ConfigResult.Valid valid, PrintWriter out) {
    out.println("listening on " + Words.address(running.gateway().address()));
    out.println("public URL " + running.gateway().publicUrl(valid.settings()));
    for (ServerSettings server : valid.settings().servers().values()) {
      out.println("/" + server.name() + "/mcp -> " + server.url());
    }
    out.println("admin on http://" + Words.address(running.gateway().adminAddress()));
    out.flush();
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import dev.countersign.config.ConfigReader;
import dev.countersign.config.ConfigResult;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
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
    mixinStandardHelpOptions = true)
final class RunCommand implements Callable<Integer> {
  @Spec private @Nullable CommandSpec spec;

  @Option(names = "--config", required = true, paramLabel = "FILE", description = "The settings.")
  private Path config = Path.of("");

  @Override
  public Integer call() throws InterruptedException, IOException {
    ConfigResult result = ConfigReader.read(config, System.getenv());
    if (!(result instanceof ConfigResult.Valid valid)) {
      CheckCommand.report(result, Main.err(spec));
      return Main.NO;
    }
    RunningGateway.warn(valid);
    RunningGateway running = RunningGateway.start(config, valid, System.getenv());
    CountDownLatch stopped = new CountDownLatch(1);
    Runtime.getRuntime()
        .addShutdownHook(
            new Thread(
                () -> {
                  running.close();
                  stopped.countDown();
                },
                "countersign-stop"));
    onHangUp(running);
    Main.out(spec).println("listening on " + running.gateway().address());
    Main.out(spec).println("admin on " + running.gateway().adminAddress());
    Main.out(spec).flush();
    stopped.await();
    return 0;
  }

  /**
   * By reflection, because javac warns of every use of the one door to signals that the JDK has.
   */
  private static void onHangUp(RunningGateway running) {
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> handler = Class.forName("sun.misc.SignalHandler");
      Object reload =
          Proxy.newProxyInstance(
              RunCommand.class.getClassLoader(),
              new Class<?>[] {handler},
              (proxy, method, arguments) -> {
                if (method.getName().equals("handle")) {
                  running.requestReload();
                }
                return null;
              });
      signal
          .getMethod("handle", signal, handler)
          .invoke(null, signal.getConstructor(String.class).newInstance("HUP"), reload);
    } catch (ReflectiveOperationException e) {
      System.err.println("countersign: SIGHUP cannot be taken here; restart to reload");
    }
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import dev.countersign.config.ConfigReader;
import dev.countersign.config.ConfigResult;
import java.io.IOException;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code countersign run}. */
@Command(
    name = "run",
    description = "Runs the gateway until it is told to stop; SIGHUP reads the settings again.",
    mixinStandardHelpOptions = true)
final class RunCommand implements Callable<Integer> {
  @Option(names = "--config", required = true, paramLabel = "FILE", description = "The settings.")
  private Path config = Path.of("");

  @Override
  public Integer call() throws InterruptedException {
    if (!(ConfigReader.read(config, System.getenv()) instanceof ConfigResult.Valid valid)) {
      return CheckCommand.report(config, false);
    }
    RunningGateway running;
    try {
      running = RunningGateway.start(config, valid.settings(), System.getenv());
    } catch (IOException e) {
      System.err.println("countersign: " + e.getMessage());
      return Main.FAILED;
    }
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
    System.out.println("listening on " + running.gateway().address());
    System.out.println("admin on " + running.gateway().adminAddress());
    System.out.flush();
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
                  running.reload();
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

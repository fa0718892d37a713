// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.lang.reflect.Proxy;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;

/**
 * What signals ask of the process's one gateway, from before its start on: its end waits for the
 * start and then closes what was opened, and a reload is done once it has started.
 */
final class Signals implements AutoCloseable {
  /** Starts a gateway. */
  interface Start {
    RunningGateway start() throws IOException;
  }

  private final CompletableFuture<RunningGateway> started = new CompletableFuture<>();
  private final CountDownLatch ended = new CountDownLatch(1);
  private final Thread hook = new Thread(this::end, "countersign-stop");

  private Signals() {}

  /** Takes the process's end: SIGTERM, SIGINT. */
  static Signals take() {
    Signals signals = new Signals();
    Runtime.getRuntime().addShutdownHook(signals.hook);
    return signals;
  }

  /**
   * Takes SIGHUP, too. By reflection, because javac warns of every use of the one door to signals
   * that the JDK has.
   */
  void takeHangUp(PrintWriter err) {
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> handler = Class.forName("sun.misc.SignalHandler");
      Object reload =
          Proxy.newProxyInstance(
              Signals.class.getClassLoader(),
              new Class<?>[] {handler},
              (proxy, method, arguments) -> {
                if (method.getName().equals("handle")) {
                  hangUp();
                }
                return null;
              });
      signal
          .getMethod("handle", signal, handler)
          .invoke(null, signal.getConstructor(String.class).newInstance("HUP"), reload);
    } catch (ReflectiveOperationException e) {
      err.println("countersign: SIGHUP cannot be taken here; restart to reload");
    }
  }

  private void hangUp() {
    var unused = started.thenAccept(RunningGateway::requestReload);
  }

  /** Starts the gateway that signals are about; once. */
  RunningGateway start(Start start) throws IOException {
    RunningGateway running = start.start();
    started.complete(running);
    return running;
  }

  /** Waits until the gateway was closed because the process ends. */
  void awaitEnd() throws InterruptedException {
    ended.await();
  }

  private void end() {
    try {
      started.join().close();
    } catch (CancellationException e) {
      // Nothing was started, and nothing is to be closed.
      return;
    } finally {
      ended.countDown();
    }
  }

  /** Nothing is started any more: the process's end need not wait for it. */
  @Override
  public void close() {
    started.cancel(false);
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.run;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;

/** Waits for somebody to listen. */
final class Ports {
  private static final Duration TIME_MAX = Duration.ofSeconds(20);

  private Ports() {}

  static void await(InetSocketAddress address) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + TIME_MAX.toNanos();
    while (true) {
      try (Socket socket = new Socket()) {
        socket.connect(address);
        return;
      } catch (IOException e) {
        if (System.nanoTime() > deadline) {
          throw new IOException("nobody listens on " + address, e);
        }
        Thread.sleep(5);
      }
    }
  }
}

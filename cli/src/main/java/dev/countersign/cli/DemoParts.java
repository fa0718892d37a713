// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;

/** What the demo's parts have in common when each is a process of its own. */
final class DemoParts {
  private DemoParts() {}

  /** Says where a part is and what it must not be taken for, then waits for the process's end. */
  static void serve(String url, String because, @Nullable CommandSpec spec)
      throws InterruptedException {
    Main.err(spec).println("FOR DEVELOPMENT ONLY: " + because);
    Main.err(spec).flush();
    Main.out(spec).println("listening on " + url);
    Main.out(spec).flush();
    new CountDownLatch(1).await();
  }
}

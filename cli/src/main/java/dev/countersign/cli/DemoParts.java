// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import java.util.concurrent.CountDownLatch;

/** What the demo's parts have in common when each is a process of its own. */
final class DemoParts {
  private DemoParts() {}

  /** Says where a part is and what it must not be taken for, then waits for the process's end. */
  static void serve(String url, String because) throws InterruptedException {
    System.err.println("FOR DEVELOPMENT ONLY: " + because);
    System.out.println("listening on " + url);
    System.out.flush();
    new CountDownLatch(1).await();
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** One thing that happens unless something else does before. Confined to its loop. */
final class Deadline {
  private final Loop loop;
  private Loop.@Nullable Timer timer;

  Deadline(Loop loop) {
    this.loop = loop;
  }

  /** Runs a task after a time, in place of what was armed before. */
  void arm(Duration time, Runnable task) {
    disarm();
    timer =
        loop.after(
            time,
            () -> {
              timer = null;
              task.run();
            });
  }

  /** As {@link #arm}, unless something is armed already. */
  void armOnce(Duration time, Runnable task) {
    if (timer == null) {
      arm(time, task);
    }
  }

  void disarm() {
    if (timer != null) {
      timer.cancel();
      timer = null;
    }
  }
}

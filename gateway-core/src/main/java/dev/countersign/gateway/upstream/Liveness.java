// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.upstream;

import dev.countersign.gateway.http.Loop;
import java.time.Duration;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The clock of a shared connection, which is in one state at a time: greeting, idle, or busy and
 * asked for a sign of life when it has been silent. Confined to its loop.
 */
final class Liveness {
  private final Loop loop;
  private final Runnable ping;
  private final Consumer<String> dead;
  private Loop.@Nullable Timer timer;
  private boolean heard;

  /**
   * @param ping asks the server
   * @param dead told why, when no sign came
   */
  Liveness(Loop loop, Runnable ping, Consumer<String> dead) {
    this.loop = loop;
    this.ping = ping;
    this.dead = dead;
  }

  /** Something was read. */
  void heard() {
    heard = true;
  }

  void greeting(Duration longest) {
    after(longest, () -> dead.accept("the server's settings did not come"));
  }

  void idle(Duration longest, Runnable then) {
    after(longest, then);
  }

  /**
   * There are calls.
   *
   * @param silence after which the server is asked
   * @param answer how long it has to say anything then
   */
  void busy(Duration silence, Duration answer) {
    heard = false;
    after(silence, () -> look(silence, answer));
  }

  private void look(Duration silence, Duration answer) {
    if (heard) {
      busy(silence, answer);
      return;
    }
    ping.run();
    after(
        answer,
        () -> {
          if (heard) {
            busy(silence, answer);
          } else {
            dead.accept("the server did not answer a ping");
          }
        });
  }

  private void after(Duration delay, Runnable task) {
    stop();
    timer = loop.after(delay, task);
  }

  void stop() {
    if (timer != null) {
      timer.cancel();
      timer = null;
    }
  }
}

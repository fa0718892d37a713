// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.audit.OutcomeResult;
import dev.countersign.gateway.http.Loop;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * When a call began, whether it has gone out, and that it ends once, with whatever waits for that.
 * Confined to the call's event loop, except where said.
 */
final class CallLife {
  private static final Logger LOG = LoggerFactory.getLogger(CallLife.class);

  private final String callId;
  private final Loop loop;
  private final long beganNanos = System.nanoTime();
  private final List<Runnable> endTasks = new ArrayList<>(4);
  private Runnable cancellation = () -> {};
  private boolean sent;
  private @Nullable OutcomeResult result;
  private boolean ended;

  CallLife(String callId, Loop loop) {
    this.callId = callId;
    this.loop = loop;
  }

  /** When it came in, on the clock of {@link System#nanoTime}. */
  long beganNanos() {
    return beganNanos;
  }

  /** Sets what a cancel by the client does once the call is under way. */
  void onCancel(Runnable task) {
    cancellation = task;
  }

  /** The client took the request back; may be called from any thread. */
  void cancelled() {
    loop.execute(() -> cancellation.run());
  }

  /** Something of it has gone to the server. */
  void sent() {
    sent = true;
  }

  /** Whether something of it has gone to the server. */
  boolean wasSent() {
    return sent;
  }

  /** What became of it, said before it ends. */
  void result(OutcomeResult what) {
    result = what;
  }

  /** What became of it; null when it did not get so far as to be forwarded. */
  @Nullable OutcomeResult result() {
    return result;
  }

  /** Runs a task when the call has ended, however it ended. */
  void onEnd(Runnable task) {
    if (ended) {
      task.run();
    } else {
      endTasks.add(task);
    }
  }

  /** Marks the end; true for the first to say so. */
  boolean end() {
    if (ended) {
      return false;
    }
    ended = true;
    for (Runnable task : endTasks) {
      try {
        task.run();
      } catch (RuntimeException failure) {
        // What the call held must be given back all the same.
        LOG.atError()
            .setCause(failure)
            .addKeyValue("call", callId)
            .log("a task at a call's end failed");
      }
    }
    endTasks.clear();
    return true;
  }

  /** Whether it is over. */
  boolean ended() {
    return ended;
  }
}

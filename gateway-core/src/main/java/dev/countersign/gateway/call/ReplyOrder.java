// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.gateway.upstream.UpstreamExchange;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Does one thing after another with the messages of a reply, so that none overtakes one that waits
 * for policy or the disk; while one waits the server is not read. Confined to the call's event
 * loop.
 */
final class ReplyOrder {
  private final Outcome outcome;
  private final Consumer<Throwable> broke;
  private @Nullable UpstreamExchange upstream;
  private CompletableFuture<Void> last = CompletableFuture.completedFuture(null);

  /**
   * @param broke told what a step failed with
   */
  ReplyOrder(Outcome outcome, Consumer<Throwable> broke) {
    this.outcome = outcome;
    this.broke = broke;
  }

  /** The exchange that is paused while a step waits. */
  void of(UpstreamExchange exchange) {
    upstream = exchange;
  }

  /** Runs a step once those before it are done, unless the call is over by then. */
  void then(Supplier<CompletableFuture<?>> step) {
    CompletableFuture<Void> next =
        last.thenCompose(
                before -> outcome.over() ? CompletableFuture.completedFuture(null) : step.get())
            .handle(
                (done, failure) -> {
                  if (failure != null) {
                    broke.accept(failure);
                  }
                  return null;
                });
    last = next;
    if (!next.isDone() && upstream != null) {
      UpstreamExchange paused = upstream;
      paused.pause();
      next.whenComplete((done, failure) -> paused.resume());
    }
  }

  /** As {@link #then}, for a step that does not wait. */
  void thenRun(Runnable step) {
    then(
        () -> {
          step.run();
          return CompletableFuture.completedFuture(null);
        });
  }
}

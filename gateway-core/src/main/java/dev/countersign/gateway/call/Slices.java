// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.gateway.http.Loop;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/** Something to do for each of many, with turns for the other calls of the loop in between. */
final class Slices {
  /** So many at a time. */
  private static final int AT_A_TIME = 32;

  private Slices() {}

  /** Completes, on the loop, when it has been done for all. */
  static CompletableFuture<Void> of(
      Loop loop, int count, IntFunction<CompletableFuture<Void>> each) {
    return from(loop, 0, count, each);
  }

  private static CompletableFuture<Void> from(
      Loop loop, int from, int count, IntFunction<CompletableFuture<Void>> each) {
    int to = Math.min(count, from + AT_A_TIME);
    CompletableFuture<Void> slice =
        CompletableFuture.allOf(
            IntStream.range(from, to).mapToObj(each).toArray(CompletableFuture[]::new));
    if (to == count) {
      return slice;
    }
    return slice
        .thenCompose(
            done -> {
              CompletableFuture<Void> turn = new CompletableFuture<>();
              loop.execute(() -> turn.complete(null));
              return turn;
            })
        .thenCompose(turn -> from(loop, to, count, each));
  }
}

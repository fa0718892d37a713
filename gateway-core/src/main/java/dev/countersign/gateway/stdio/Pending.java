// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.stdio;

import dev.countersign.gateway.jsonrpc.RpcMessage;
import dev.countersign.gateway.upstream.PresentedExchange;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** A request that a program has not answered. */
sealed interface Pending {
  /**
   * A caller's.
   *
   * @param id as its client wrote it
   * @param progressToken as its client wrote it, or null when it wants no progress
   * @param opens whether its answer opens the session
   */
  record Forwarded(
      PresentedExchange exchange, byte[] id, byte @Nullable [] progressToken, boolean opens)
      implements Pending {}

  /** The gateway's own. */
  record Own(CompletableFuture<RpcMessage> answer) implements Pending {}
}

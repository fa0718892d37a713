// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.session;

import dev.countersign.gateway.json.JsonValue;
import dev.countersign.gateway.jsonrpc.RpcId;
import dev.countersign.gateway.jsonrpc.RpcMessage;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The stream of a request whose events have ids: when it breaks, its client may go on by GET, and
 * what comes there is judged as if it had come on the stream. May be used from any thread.
 */
public interface ResumableStream {
  /** The id of the request. */
  @Nullable RpcId request();

  /** Whether progress under this token is the request's. */
  boolean ownsProgress(@Nullable JsonValue token);

  /**
   * Judges the answer to the request, and ends its call.
   *
   * @param digest of a result's bytes, else null
   * @return what the client gets
   */
  CompletableFuture<byte[]> answer(byte[] bytes, RpcMessage message, @Nullable String digest);
}

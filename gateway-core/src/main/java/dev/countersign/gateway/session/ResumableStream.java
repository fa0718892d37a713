// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.session;

import dev.countersign.gateway.json.JsonValue;
import dev.countersign.gateway.jsonrpc.RpcId;
import dev.countersign.gateway.jsonrpc.RpcMessage;
import java.util.Optional;
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
   * Judges the answer to the request, and ends its call. Of a call that is over, nothing is given
   * but once more the answer that it ended with.
   *
   * @param digest of an answer's bytes
   * @return what the client gets, if anything
   */
  CompletableFuture<Optional<byte[]>> answer(
      byte[] bytes, RpcMessage message, @Nullable String digest);
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.jsonrpc;

import dev.countersign.gateway.json.JsonDocument;
import dev.countersign.gateway.json.JsonValue;
import org.jspecify.annotations.Nullable;

/** One JSON-RPC 2.0 message. */
public sealed interface RpcMessage {
  /** The document it was read from. */
  JsonDocument document();

  /** A call that wants an answer; {@code params} is an object or absent. */
  record Request(RpcId id, String method, @Nullable JsonValue params, JsonDocument document)
      implements RpcMessage {}

  /** A message that wants none. */
  record Notification(String method, @Nullable JsonValue params, JsonDocument document)
      implements RpcMessage {}

  /** A good answer. */
  record Result(RpcId id, JsonValue result, JsonDocument document) implements RpcMessage {}

  /** An error; {@code id} is null when its sender could not read the request's. */
  record Failure(@Nullable RpcId id, int code, String message, JsonDocument document)
      implements RpcMessage {}
}

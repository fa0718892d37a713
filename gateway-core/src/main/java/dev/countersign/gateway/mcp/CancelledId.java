// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.mcp;

import dev.countersign.gateway.json.JsonValue;
import dev.countersign.gateway.jsonrpc.RpcId;
import org.jspecify.annotations.Nullable;

/** Which request a {@code notifications/cancelled} takes back. */
public final class CancelledId {
  private CancelledId() {}

  /** The request that its parameters name, or null when they name none. */
  public static @Nullable RpcId of(@Nullable JsonValue params) {
    JsonValue id = params == null ? null : params.member("requestId");
    if (id == null) {
      return null;
    }
    return switch (id.kind()) {
      case STRING -> new RpcId.Text(id.text());
      case NUMBER -> id.integer().isPresent() ? new RpcId.Number(id.integer().getAsLong()) : null;
      case OBJECT, ARRAY, TRUE, FALSE, NULL -> null;
    };
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.jsonrpc;

import org.jspecify.annotations.Nullable;

/** A body that is not one strict JSON-RPC message; carries no stack trace. */
public final class RpcRefusedException extends Exception {
  private static final long serialVersionUID = 1L;

  /** JSON-RPC 2.0: the text is not JSON. */
  static final int PARSE_ERROR = -32700;

  /** JSON-RPC 2.0: the JSON is not a message. */
  static final int INVALID_REQUEST = -32600;

  private final int code;
  private final String reason;
  private final transient @Nullable RpcId id;

  RpcRefusedException(int code, String reason, @Nullable RpcId id) {
    super(reason, null, false, false);
    this.code = code;
    this.reason = reason;
    this.id = id;
  }

  /** -32700 or -32600. */
  public int code() {
    return code;
  }

  /** Why, in snake case; stable. */
  public String reason() {
    return reason;
  }

  /** The message's id when it could be read safely, else null. */
  public @Nullable RpcId id() {
    return id;
  }
}

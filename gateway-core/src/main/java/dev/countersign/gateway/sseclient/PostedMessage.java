// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.sseclient;

import dev.countersign.gateway.json.JsonLimits;
import dev.countersign.gateway.jsonrpc.RpcId;
import dev.countersign.gateway.jsonrpc.RpcMessage;
import dev.countersign.gateway.jsonrpc.RpcReader;
import dev.countersign.gateway.jsonrpc.RpcRefusedException;
import dev.countersign.gateway.mcp.CancelledId;
import dev.countersign.gateway.mcp.McpMethod;
import dev.countersign.gateway.mcp.RequestMeta;
import org.jspecify.annotations.Nullable;

/**
 * What a client posted, as far as it matters where its answer goes. The call line judges it.
 *
 * @param kind what it is to the client
 * @param id the request's, or null
 * @param cancels the request that it takes back, or null
 * @param body not changed after this was made
 */
public record PostedMessage(Kind kind, @Nullable RpcId id, @Nullable RpcId cancels, byte[] body) {
  private static final byte[] NOTHING = {};

  /** What it is to the client. */
  public enum Kind {
    /** A request, whose answer comes on the stream. */
    REQUEST,
    /** The same for {@code initialize}. */
    OPENING,
    /** What wants no answer, or cannot be read: the POST is answered what the call line says. */
    TOLD,
    /** The stream of what belongs to no request. */
    STREAM
  }

  /** Reads it; what cannot be read is answered where it was posted. */
  public static PostedMessage of(byte[] body, JsonLimits limits) {
    try {
      return switch (RpcReader.read(body, limits)) {
        case RpcMessage.Request request ->
            new PostedMessage(kind(request), request.id(), null, body);
        case RpcMessage.Notification told when told.method().equals(McpMethod.CANCELLED.wire()) ->
            new PostedMessage(Kind.TOLD, null, CancelledId.of(told.params()), body);
        default -> new PostedMessage(Kind.TOLD, null, null, body);
      };
    } catch (RpcRefusedException e) {
      return new PostedMessage(Kind.TOLD, null, null, body);
    }
  }

  /** The request for the stream of what belongs to no request. */
  static PostedMessage stream() {
    return new PostedMessage(Kind.STREAM, null, null, NOTHING);
  }

  /** Whether its answer goes where it was posted. */
  boolean isTold() {
    return kind == Kind.TOLD;
  }

  private static Kind kind(RpcMessage.Request request) {
    boolean opens =
        request.method().equals(McpMethod.INITIALIZE.wire())
            && !RequestMeta.claimsModern(request.params());
    return opens ? Kind.OPENING : Kind.REQUEST;
  }
}

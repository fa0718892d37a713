// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.audit.Commitments;
import dev.countersign.gateway.json.CanonicalJson;
import dev.countersign.gateway.json.JsonKind;
import dev.countersign.gateway.json.JsonLimits;
import dev.countersign.gateway.json.JsonValue;
import dev.countersign.gateway.jsonrpc.CredentialScan;
import dev.countersign.gateway.jsonrpc.RpcMessage;
import dev.countersign.gateway.jsonrpc.RpcReader;
import dev.countersign.gateway.jsonrpc.RpcRefusedException;
import org.jspecify.annotations.Nullable;

/**
 * What one pass over a body found. Takes as long as the body is large and looks at nothing else, so
 * it may run beside the call's loop.
 */
sealed interface BodyReading {
  /**
   * A strict message.
   *
   * @param holdsCredential whether the caller's own credential is somewhere in it
   * @param commitment to its arguments, or null when it has none that could go on record
   */
  record Message(RpcMessage message, boolean holdsCredential, @Nullable String commitment)
      implements BodyReading {}

  /** No strict message. */
  record Fault(RpcRefusedException why) implements BodyReading {}

  /**
   * Reads a body.
   *
   * @param own finds the caller's own credential; null when it showed none
   */
  static BodyReading of(
      byte[] body, JsonLimits limits, @Nullable CredentialScan own, Commitments commitments) {
    try {
      RpcMessage message = RpcReader.read(body, limits);
      boolean holdsCredential = own != null && own.finds(message.document());
      JsonValue arguments = holdsCredential ? null : arguments(message);
      return new Message(
          message,
          holdsCredential,
          arguments == null ? null : commitments.commit(CanonicalJson.bytes(arguments)));
    } catch (RpcRefusedException e) {
      return new Fault(e);
    }
  }

  /** Those that have a canonical form; others are refused before they could go on record. */
  private static @Nullable JsonValue arguments(RpcMessage message) {
    if (message instanceof RpcMessage.Request request
        && request.params() != null
        && !message.document().hasLossyNumber()) {
      JsonValue arguments = request.params().member("arguments");
      return arguments != null && arguments.kind() == JsonKind.OBJECT ? arguments : null;
    }
    return null;
  }
}

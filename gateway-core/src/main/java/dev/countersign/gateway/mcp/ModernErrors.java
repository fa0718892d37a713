// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.mcp;

import dev.countersign.gateway.json.JsonKind;
import dev.countersign.gateway.json.JsonMember;
import dev.countersign.gateway.json.JsonValue;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** A modern server's errors, where the gateway has something to say about them. */
public final class ModernErrors {
  /** The server needs a capability that the request did not declare. */
  public static final int MISSING_CAPABILITY = -32021;

  /** A missing resource in legacy revisions; there is no such code in the modern one. */
  public static final int LEGACY_RESOURCE_UNKNOWN = -32002;

  /** A question to the user in 2025-11-25; modern servers ask by result. */
  public static final int LEGACY_INPUT_NEEDED = -32042;

  /** Bad parameters, which names of things that do not exist are. */
  public static final int INVALID_PARAMS = -32602;

  /** What the gateway says of a resource that is not there, or not for this caller. */
  public static final String NO_SUCH_RESOURCE = "Resource not found";

  private ModernErrors() {}

  /**
   * Puts another code into an error.
   *
   * @param envelope the whole message
   */
  public static byte[] withCode(byte[] reply, JsonValue envelope, int code) {
    JsonValue error = envelope.member("error");
    JsonValue now = error == null ? null : error.member("code");
    return now == null
        ? reply
        : new BodyEdit(reply)
            .replace(
                now.start(), now.end(), Integer.toString(code).getBytes(StandardCharsets.US_ASCII))
            .bytes();
  }

  /**
   * Whether a capability that a server misses had been declared by the client, so that it is the
   * gateway that took it away.
   *
   * @param envelope the server's whole message
   * @param declared what the client declared
   */
  public static boolean missesDeclared(JsonValue envelope, @Nullable JsonValue declared) {
    JsonValue error = envelope.member("error");
    JsonValue data = error == null ? null : error.member("data");
    JsonValue required = data == null ? null : data.member("requiredCapabilities");
    if (declared == null || required == null || required.kind() != JsonKind.OBJECT) {
      return declared != null && !declared.members().isEmpty();
    }
    return required.members().stream().anyMatch(member -> has(member, declared));
  }

  /** One capability, or one of its parts; an elicitation without any means forms. */
  private static boolean has(JsonMember required, JsonValue declared) {
    JsonValue found = declared.member(required.name());
    if (found == null) {
      return false;
    }
    boolean bareForm =
        required.name().equals("elicitation")
            && found.members().isEmpty()
            && required.value().member("form") != null;
    return bareForm
        || required.value().members().isEmpty()
        || required.value().members().stream().anyMatch(part -> has(part, found));
  }
}

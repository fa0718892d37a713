// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.gateway.error.Reason;
import dev.countersign.gateway.error.RefusedException;
import dev.countersign.gateway.json.CanonicalJson;
import dev.countersign.gateway.json.JsonKind;
import dev.countersign.gateway.json.JsonValue;
import dev.countersign.gateway.mcp.McpMessage;
import dev.countersign.gateway.mcp.McpMethod;
import dev.countersign.gateway.seal.Binding;
import dev.countersign.gateway.seal.Purpose;
import dev.countersign.gateway.seal.Seal;
import java.nio.charset.StandardCharsets;

/**
 * Puts the server's own cursor in the place of the client's. A cursor is sealed to its caller,
 * path, server and method and to the policy it was given under: a server may have put into it whose
 * list it is, and what a caller may see changes with policy (MCP 2026-07-28, "Pagination").
 */
final class CursorStep {
  private final Seal seal;

  CursorStep(Seal seal) {
    this.seal = seal;
  }

  /** Whether answers to this hold cursors. */
  private static boolean isList(McpMethod method) {
    return method.listing() != null || method == McpMethod.TASKS_LIST;
  }

  /**
   * Changes the message on its way out.
   *
   * @throws RefusedException with {@link Reason#PARAMS_INVALID} for a cursor that this caller was
   *     not given for this list
   */
  void open(Call call) {
    McpMessage message = call.message();
    if (!isList(message.method())) {
      return;
    }
    Binding binding =
        Binding.of(
            call.caller().key(),
            call.entrance().path(),
            call.route().server().name(),
            message.method().wire(),
            call.snapshot().policyRevision());
    call.terms().cursors(theirs -> sealed(binding, theirs));
    JsonValue given = message.params() == null ? null : message.params().member("cursor");
    if (given == null) {
      return;
    }
    byte[] theirs =
        given.kind() == JsonKind.STRING ? seal.open(Purpose.CURSOR, given.text(), binding) : null;
    if (theirs == null) {
      throw noCursor();
    }
    call.edits()
        .replace(
            given.start(),
            given.end(),
            CanonicalJson.quoted(new String(theirs, StandardCharsets.UTF_8))
                .getBytes(StandardCharsets.UTF_8));
  }

  /** For whatever was not given to this caller as a cursor of this list; clients begin anew. */
  static RefusedException noCursor() {
    return RefusedException.of(
        Reason.PARAMS_INVALID, "params.cursor is not a cursor of this list, or not any more");
  }

  private String sealed(Binding binding, String theirs) {
    byte[] bytes = theirs.getBytes(StandardCharsets.UTF_8);
    if (bytes.length > Purpose.CURSOR.bytesMax()) {
      throw ResultStep.badReply("a cursor over the limit");
    }
    return seal.seal(Purpose.CURSOR, bytes, binding);
  }
}

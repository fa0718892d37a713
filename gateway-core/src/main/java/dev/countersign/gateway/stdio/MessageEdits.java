// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.stdio;

import dev.countersign.gateway.json.JsonKind;
import dev.countersign.gateway.json.JsonMember;
import dev.countersign.gateway.json.JsonValue;
import dev.countersign.gateway.jsonrpc.RpcMessage;
import dev.countersign.gateway.mcp.BodyEdit;
import dev.countersign.gateway.mcp.Era;
import dev.countersign.gateway.mcp.OwnIds;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The places of a message that change between a client and a program: ids and progress tokens,
 * which are the gateway's own on a pipe that several calls share. Every other byte passes.
 */
final class MessageEdits {
  private static final String META = "_meta";
  private static final String SUBSCRIPTION = "io.modelcontextprotocol/subscriptionId";

  /** What a server that callers share may offer: nothing that one caller sets for all. */
  private static final Set<String> SHAREABLE = Set.of("tools", "prompts", "completions");

  /** The outcome of what is not forwarded. */
  static final String NOT_SERVED =
      "\"error\":{\"code\":-32601,\"message\":\"not served by the gateway\"}";

  private MessageEdits() {}

  /** A request under an id of ours, on one line. */
  static byte[] request(RpcMessage.Request request, long id) {
    return oneLine(OwnIds.request(request, id));
  }

  /** An answer under the id that the client gave. */
  static byte[] answer(RpcMessage answer, byte[] id) {
    JsonValue envelope = answer.document().root();
    BodyEdit edit = new BodyEdit(answer.document().bytes());
    replace(edit, envelope.member("id"), id);
    if (answer instanceof RpcMessage.Result result) {
      replace(edit, in(in(result.result(), META), SUBSCRIPTION), id);
    }
    return edit.bytes();
  }

  /** The answer to {@code initialize} of a server that callers share. */
  static byte[] facts(RpcMessage answer, byte[] id) {
    BodyEdit edit = new BodyEdit(answer.document().bytes());
    replace(edit, answer.document().root().member("id"), id);
    JsonValue capabilities =
        answer instanceof RpcMessage.Result result ? in(result.result(), "capabilities") : null;
    if (capabilities != null) {
      StringBuilder kept = new StringBuilder("{");
      for (JsonMember member : capabilities.members()) {
        String value =
            SHAREABLE.contains(member.name())
                ? new String(member.value().raw(), StandardCharsets.UTF_8)
                : member.name().equals("resources") ? resources(member.value()) : null;
        if (value != null) {
          kept.append(kept.length() > 1 ? "," : "")
              .append('"')
              .append(member.name())
              .append("\":")
              .append(value);
        }
      }
      replace(edit, capabilities, utf8(kept.append('}').toString()));
    }
    return edit.bytes();
  }

  private static String resources(JsonValue offered) {
    JsonValue changes = in(offered, "listChanged");
    return changes != null && changes.kind() == JsonKind.TRUE ? "{\"listChanged\":true}" : "{}";
  }

  /** Which request of ours a change is announced for, or 0 when it names none. */
  static long subscriptionOf(RpcMessage.Notification notification) {
    JsonValue id = in(in(notification.params(), META), SUBSCRIPTION);
    return id == null ? 0 : id.integer().orElse(0);
  }

  /** A change under the subscription's id that the client gave. */
  static byte[] subscription(RpcMessage.Notification notification, byte[] id) {
    BodyEdit edit = new BodyEdit(notification.document().bytes());
    replace(edit, in(in(notification.params(), META), SUBSCRIPTION), id);
    return edit.bytes();
  }

  /** The same message on one line: a line end can only be white space between its tokens. */
  static byte[] oneLine(byte[] json) {
    byte[] line = json;
    for (int at = 0; at < json.length; at++) {
      if (json[at] == '\n' || json[at] == '\r') {
        if (line == json) {
          line = json.clone();
        }
        line[at] = ' ';
      }
    }
    return line;
  }

  /** An answer of ours. */
  static byte[] reply(String id, String outcome) {
    return utf8("{\"jsonrpc\":\"2.0\",\"id\":" + id + "," + outcome + "}");
  }

  /** Takes a request of ours back. */
  static byte[] cancelled(long id, boolean modern) {
    String meta =
        modern
            ? ",\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\""
                + Era.MODERN_VERSION
                + "\",\"io.modelcontextprotocol/clientCapabilities\":{}}"
            : "";
    return utf8(
        "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":"
            + id
            + meta
            + "}}");
  }

  static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static void replace(BodyEdit edit, @Nullable JsonValue old, byte[] bytes) {
    if (old != null) {
      edit.replace(old.start(), old.end(), bytes);
    }
  }

  private static @Nullable JsonValue in(@Nullable JsonValue object, String name) {
    return object == null ? null : object.member(name);
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.mcp;

import dev.countersign.gateway.json.JsonValue;
import dev.countersign.gateway.jsonrpc.RpcId;
import dev.countersign.gateway.jsonrpc.RpcMessage;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Ids of requests, and tokens of their progress, that are the gateway's own towards a server which
 * says everything on one channel. Every other byte passes.
 */
public final class OwnIds {
  private OwnIds() {}

  /** A request under an id of ours, which is its progress token, too, if it has one. */
  public static byte[] request(RpcMessage.Request request, long id) {
    byte[] own = Long.toString(id).getBytes(StandardCharsets.UTF_8);
    BodyEdit edit = edit(request);
    replace(edit, request.document().root().member("id"), own);
    replace(edit, progressToken(request), own);
    return edit.bytes();
  }

  /** The token that a request gave for its progress, or null. */
  public static @Nullable JsonValue progressToken(RpcMessage.Request request) {
    return in(in(request.params(), "_meta"), "progressToken");
  }

  /** The id of a request as its client wrote it. */
  public static byte[] rawId(RpcMessage.Request request) {
    JsonValue id = request.document().root().member("id");
    return id == null ? "null".getBytes(StandardCharsets.UTF_8) : id.raw();
  }

  /** An answer under the id that the client gave. */
  public static byte[] answer(RpcMessage answer, byte[] id) {
    BodyEdit edit = edit(answer);
    replace(edit, answer.document().root().member("id"), id);
    return edit.bytes();
  }

  /** Which request of ours a progress message is about, or 0. */
  public static long progressOf(RpcMessage.Notification notification) {
    JsonValue token = in(notification.params(), "progressToken");
    return token == null ? 0 : token.integer().orElse(0);
  }

  /** Progress with the token that the client gave. */
  public static byte[] progress(RpcMessage.Notification notification, byte[] token) {
    BodyEdit edit = edit(notification);
    replace(edit, in(notification.params(), "progressToken"), token);
    return edit.bytes();
  }

  /** A cancel of the request that we know by this id. */
  public static byte[] cancelled(RpcMessage.Notification notification, long id) {
    BodyEdit edit = edit(notification);
    replace(
        edit,
        in(notification.params(), "requestId"),
        Long.toString(id).getBytes(StandardCharsets.UTF_8));
    return edit.bytes();
  }

  /** The id as a request of ours, or 0. */
  public static long of(@Nullable RpcId id) {
    return id instanceof RpcId.Number number ? number.value() : 0;
  }

  private static BodyEdit edit(RpcMessage message) {
    return new BodyEdit(message.document().bytes());
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

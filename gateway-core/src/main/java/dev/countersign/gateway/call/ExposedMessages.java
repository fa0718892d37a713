// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.gateway.error.Reason;
import dev.countersign.gateway.error.RefusedException;
import dev.countersign.gateway.http.BufferHold;
import dev.countersign.gateway.http.Loop;
import dev.countersign.gateway.json.JsonLimits;
import dev.countersign.gateway.jsonrpc.RpcMessage;
import dev.countersign.gateway.jsonrpc.RpcReader;
import dev.countersign.gateway.jsonrpc.RpcRefusedException;
import dev.countersign.gateway.mcp.ExposedNames;
import dev.countersign.gateway.mcp.McpMethod;
import dev.countersign.gateway.work.WorkPool;
import dev.countersign.identity.CallerKey;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Reads what one server says to a client of a federated path, and puts in the names that this
 * client knows. Large messages are read beside the event loop. Confined to the call's loop.
 */
final class ExposedMessages {
  private final Loop loop;
  private final BufferHold hold;
  private final CallerKey caller;
  private final McpMethod method;
  private final String server;
  private final JsonLimits limits;
  private final WorkPool work;
  private int bytesHeld;

  ExposedMessages(Call outer, String server, WorkPool work) {
    this(outer, outer.exchange().hold(), server, work);
  }

  /**
   * @param hold counts what is read, as long as it is held
   */
  ExposedMessages(Call outer, BufferHold hold, String server, WorkPool work) {
    this.loop = outer.exchange().loop();
    this.hold = hold;
    this.caller = outer.caller().key();
    this.method = outer.message().method();
    this.server = server;
    this.work = work;
    int bytesMax = Math.max(outer.limits().answerBytesMax(), outer.limits().eventBytesMax()) + 1024;
    this.limits = JsonLimits.DEFAULTS.with(bytesMax, outer.limits().depthMax() + 1, 2_000_000);
  }

  /**
   * One message.
   *
   * @param message what it says, or null when it is none in the strict sense, such as our own
   *     errors with a null id
   * @param bytes as the client gets it
   */
  record Exposed(@Nullable RpcMessage message, byte[] bytes) {}

  /**
   * Reads one; completes on the loop, fails with {@link Reason#UPSTREAM_BAD_REPLY} when there is no
   * room for it. What it takes is counted as long as the hold is held, once for the largest: they
   * are read one after the other.
   */
  CompletableFuture<Exposed> read(byte[] message) {
    if (message.length == 0) {
      return CompletableFuture.completedFuture(new Exposed(null, message));
    }
    int more = message.length - bytesHeld;
    if (more > 0) {
      if (!hold.take(more)) {
        return CompletableFuture.failedFuture(noRoom());
      }
      bytesHeld = message.length;
    }
    return work.forUnderWay(caller, message.length, loop, () -> exposed(message))
        .exceptionallyCompose(failure -> CompletableFuture.failedFuture(told(failure)));
  }

  private static Throwable told(Throwable failure) {
    return failure instanceof RefusedException refusal && refusal.reason() == Reason.OVERLOADED
        ? noRoom()
        : failure;
  }

  /** The server has acted, so the client is not told to come again. */
  private static RefusedException noRoom() {
    return ResultStep.badReply("there is no room for it now");
  }

  private Exposed exposed(byte[] message) {
    RpcMessage read;
    try {
      read = RpcReader.readReply(message, limits);
    } catch (RpcRefusedException e) {
      return new Exposed(null, message);
    }
    return new Exposed(
        read,
        switch (read) {
          case RpcMessage.Result result ->
              ExposedNames.reply(message, result.result(), method, server);
          case RpcMessage.Notification note
              when note.method().equals("notifications/resources/updated") ->
              ExposedNames.updated(message, note.params(), server);
          default -> message;
        });
  }
}

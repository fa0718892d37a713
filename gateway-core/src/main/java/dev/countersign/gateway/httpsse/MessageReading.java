// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.httpsse;

import dev.countersign.gateway.error.RefusedException;
import dev.countersign.gateway.http.Loop;
import dev.countersign.gateway.json.JsonLimits;
import dev.countersign.gateway.jsonrpc.RpcMessage;
import dev.countersign.gateway.jsonrpc.RpcReader;
import dev.countersign.gateway.jsonrpc.RpcRefusedException;
import dev.countersign.gateway.work.WorkPool;
import dev.countersign.identity.CallerKey;
import java.time.Duration;
import java.util.concurrent.CompletionException;

/**
 * Reads one message after another of what a server says; a large one in its caller's turn, for as
 * long as that takes. Confined to the loop of the session.
 */
final class MessageReading {
  private static final Duration UNTIL_THERE_IS_ROOM = Duration.ofMillis(50);

  private final WorkPool work;
  private final JsonLimits limits;
  private final Loop home;
  private final Sink sink;

  /** Takes what was read. */
  interface Sink {
    /** Whether nobody wants it any more. */
    boolean isOver();

    /** A message. */
    void read(RpcMessage message);

    /** It was none. */
    void unreadable();
  }

  MessageReading(WorkPool work, JsonLimits limits, Loop home, Sink sink) {
    this.work = work;
    this.limits = limits;
    this.home = home;
    this.sink = sink;
  }

  /**
   * Reads one.
   *
   * @param caller whose turn it takes
   */
  void read(CallerKey caller, byte[] json) {
    if (sink.isOver()) {
      return;
    }
    var unused =
        work.forUnderWay(caller, json.length, home, () -> parse(json))
            .whenComplete(
                (message, failure) -> {
                  if (failure == null) {
                    sink.read(message);
                  } else if (failure instanceof RefusedException) {
                    // Nothing further is read of the server meanwhile.
                    readLater(caller, json);
                  } else {
                    sink.unreadable();
                  }
                });
  }

  private void readLater(CallerKey caller, byte[] json) {
    var unused = home.after(UNTIL_THERE_IS_ROOM, () -> read(caller, json));
  }

  private RpcMessage parse(byte[] json) {
    try {
      return RpcReader.readReply(json, limits);
    } catch (RpcRefusedException e) {
      throw new CompletionException(e);
    }
  }
}

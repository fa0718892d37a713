// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.gateway.http.BufferHold;
import dev.countersign.gateway.http.Responder;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * What one server has of a stream that several make: the request to it, and its own stream.
 * Confined to the call's loop.
 */
abstract class MemberPart implements Responder, MemberStream.Sink {
  private final Call outer;
  private final String server;
  private final FederatedParts shared;
  private @Nullable Call sent;
  private @Nullable MemberStream stream;

  MemberPart(Call outer, String server, FederatedParts shared) {
    this.outer = outer;
    this.server = server;
    this.shared = shared;
  }

  final String server() {
    return server;
  }

  /** The request is on its way. */
  final void sent(Call request) {
    sent = request;
  }

  /**
   * Its stream begins.
   *
   * @param hold counts what is read of it
   */
  final MemberStream begin(BufferHold hold) {
    MemberStream begun =
        new MemberStream(new ExposedMessages(outer, hold, server, shared.work()), this);
    stream = begun;
    return begun;
  }

  /** Completes when what came so far is taken. */
  final CompletableFuture<Void> settled() {
    return stream == null ? CompletableFuture.completedFuture(null) : stream.settled();
  }

  /** The client may have caught up. */
  final void caughtUp() {
    if (stream != null) {
      stream.caughtUp();
    }
  }

  final void drain() {
    if (sent != null) {
      sent.exchange().drain();
    }
  }

  /** Nobody wants more of it. */
  final void cancel() {
    if (sent != null) {
      sent.exchange().clientGone();
    }
  }

  @Override
  public final boolean draining() {
    return outer.exchange().draining();
  }
}

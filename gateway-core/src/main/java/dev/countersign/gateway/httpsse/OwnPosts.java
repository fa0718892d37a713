// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.httpsse;

import dev.countersign.gateway.http.Loop;
import dev.countersign.gateway.upstream.UnheardReply;

/**
 * What the gateway itself answers to a server, without anybody waiting for what it says to that.
 */
final class OwnPosts {
  /** So many may be on their way at a time. */
  private static final int PENDING_MAX = 16;

  private int pending;

  /** Posts a message; false when too many are on their way. */
  boolean send(Posting under, Loop loop, String target, byte[] message) {
    if (pending == PENDING_MAX) {
      return false;
    }
    pending++;
    UnheardReply reply = new UnheardReply(() -> {}, () -> pending--);
    reply.to(under.post(loop, target, message, reply), loop);
    return true;
  }
}

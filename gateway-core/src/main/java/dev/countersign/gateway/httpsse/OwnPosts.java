// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.httpsse;

import dev.countersign.gateway.http.Loop;
import dev.countersign.gateway.upstream.ReplyHead;
import dev.countersign.gateway.upstream.ReplyListener;
import dev.countersign.gateway.upstream.UpstreamExchange;
import dev.countersign.gateway.upstream.UpstreamFailure;
import java.time.Duration;

/**
 * What the gateway itself answers to a server, without anybody waiting for what it says to that.
 */
final class OwnPosts {
  /** So many may be on their way at a time. */
  private static final int PENDING_MAX = 16;

  private static final Duration REPLY_TIME = Duration.ofSeconds(5);

  private int pending;

  /** Posts a message; false when too many are on their way. */
  boolean send(Posting under, Loop loop, String target, byte[] message) {
    if (pending == PENDING_MAX) {
      return false;
    }
    pending++;
    Unheard reply = new Unheard();
    UpstreamExchange sent = under.post(loop, target, message, reply);
    var unused =
        loop.after(
            REPLY_TIME,
            () -> {
              sent.cancel();
              reply.over();
            });
    return true;
  }

  private final class Unheard implements ReplyListener {
    private boolean over;

    @Override
    public void head(ReplyHead reply) {}

    @Override
    public void data(byte[] piece) {}

    @Override
    public void end() {
      over();
    }

    @Override
    public void failed(UpstreamFailure failure) {
      over();
    }

    void over() {
      if (!over) {
        over = true;
        pending--;
      }
    }
  }
}

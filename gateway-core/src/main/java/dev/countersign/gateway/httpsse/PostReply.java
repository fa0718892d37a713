// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.httpsse;

import dev.countersign.gateway.http.Loop;
import dev.countersign.gateway.upstream.PresentedExchange;
import dev.countersign.gateway.upstream.ReplyHead;
import dev.countersign.gateway.upstream.ReplyListener;
import dev.countersign.gateway.upstream.UpstreamExchange;
import dev.countersign.gateway.upstream.UpstreamFailure;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What a server says to a message that was posted: that it took it, or not. The answer to a request
 * comes on the stream, and what else this reply holds is dropped. Confined to the call's loop.
 */
final class PostReply implements ReplyListener {
  private static final int BODY_BYTES_MAX = 64 << 10;
  private static final Duration BODY_TIME = Duration.ofSeconds(1);

  private final ServerSession session;
  private final PresentedExchange exchange;
  private final long request;
  private final Loop loop;
  private @Nullable UpstreamExchange sent;
  private Loop.@Nullable Timer timer;
  private int bodyBytes;
  private boolean taken;

  /**
   * @param request the id of what was posted, or 0 when it wants no answer
   */
  PostReply(ServerSession session, PresentedExchange exchange, long request, Loop loop) {
    this.session = session;
    this.exchange = exchange;
    this.request = request;
    this.loop = loop;
  }

  /** What this is the reply to. */
  void to(UpstreamExchange posted) {
    sent = posted;
  }

  @Override
  public void sentAgain() {
    exchange.sentAgain();
  }

  @Override
  public void head(ReplyHead reply) {
    exchange.dispatched();
    taken = reply.status() / 100 == 2;
    if (taken) {
      if (request == 0) {
        exchange.status(202);
      } else {
        exchange.announce(false);
      }
    } else {
      refused(reply.status());
    }
    timer = loop.after(BODY_TIME, this::letGo);
  }

  private void refused(int status) {
    session.notOpened(exchange);
    if (request == 0 || session.takeBack(request)) {
      exchange.status(status);
    }
    if (status == 404) {
      session.end("the server no longer knows it");
    }
  }

  private void letGo() {
    if (sent != null) {
      sent.cancel();
    }
  }

  @Override
  public void data(byte[] piece) {
    bodyBytes += piece.length;
    if (bodyBytes > BODY_BYTES_MAX) {
      letGo();
    }
  }

  @Override
  public void end() {
    cancelTimer();
  }

  @Override
  public void failed(UpstreamFailure failure) {
    cancelTimer();
    if (taken) {
      // What it says beside is dropped anyway.
      return;
    }
    if (failure.dispatched()) {
      exchange.dispatched();
    }
    session.notOpened(exchange);
    if (request == 0 || session.takeBack(request)) {
      exchange.fail(failure.kind(), failure.detail());
    }
  }

  private void cancelTimer() {
    if (timer != null) {
      timer.cancel();
    }
  }
}

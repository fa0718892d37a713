// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.upstream;

import io.netty.handler.codec.http.FullHttpRequest;
import org.jspecify.annotations.Nullable;

/** A request from the wish to send it to the end of its reply. Confined to its loop. */
final class PendingExchange implements UpstreamExchange {
  private final FullHttpRequest request;
  private final ReplyListener listener;
  private final UnderWay underWay;
  private @Nullable UpstreamConnection connection;
  private boolean over;
  private int pauses;

  PendingExchange(FullHttpRequest request, ReplyListener listener, UnderWay underWay) {
    this.request = request;
    this.listener = listener;
    this.underWay = underWay;
    underWay.began(this);
  }

  /** Goes out on this connection, unless it was cancelled meanwhile. */
  void on(UpstreamConnection ready) {
    if (over) {
      release();
      ready.giveBackUnused();
      return;
    }
    connection = ready;
    ready.send(request, this);
    if (pauses > 0) {
      ready.reading(false);
    }
  }

  boolean cancelled() {
    return over;
  }

  /** Lets go of the request's buffer when it was never written. */
  void release() {
    if (request.refCnt() > 0) {
      request.release();
    }
  }

  void head(ReplyHead head) {
    if (!over) {
      listener.head(head);
    }
  }

  void data(byte[] piece) {
    if (!over) {
      listener.data(piece);
    }
  }

  void end() {
    if (!over) {
      finish();
      listener.end();
    }
  }

  void fail(UpstreamFailure failure) {
    if (connection == null) {
      release();
    }
    if (!over) {
      finish();
      listener.failed(failure);
    }
  }

  /** Ends it because the gateway stops; who waits for the reply is told. */
  void abandon() {
    UpstreamConnection used = connection;
    fail(
        new UpstreamFailure(
            UpstreamFailure.Kind.UNREACHABLE, used != null, "the gateway has stopped"));
    if (used != null) {
      used.close();
    }
  }

  private void finish() {
    over = true;
    underWay.ended(this);
  }

  @Override
  public void cancel() {
    if (!over) {
      finish();
      if (connection != null) {
        connection.close();
      }
    }
  }

  @Override
  public void pause() {
    pauses++;
    if (pauses == 1 && connection != null && !over) {
      connection.reading(false);
    }
  }

  @Override
  public void resume() {
    pauses--;
    if (pauses == 0 && connection != null && !over) {
      connection.reading(true);
    }
  }
}

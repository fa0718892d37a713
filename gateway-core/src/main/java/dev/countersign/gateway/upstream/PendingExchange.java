// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.upstream;

import dev.countersign.identity.CallerKey;
import org.jspecify.annotations.Nullable;

/** A request from the wish to send it to the end of its reply. Confined to its loop. */
final class PendingExchange implements UpstreamExchange {
  // A server that lets every connection go stale is not to be courted for ever.
  private static final int ATTEMPTS_MAX = 3;

  private final CallerKey caller;
  private @Nullable UpstreamRequest request;
  private final ReplyListener listener;
  private final UnderWay underWay;
  private @Nullable Carrier carrier;
  private boolean over;
  private int pauses;
  private int attempts;

  PendingExchange(
      CallerKey caller, UpstreamRequest request, ReplyListener listener, UnderWay underWay) {
    this.caller = caller;
    this.request = request;
    this.listener = listener;
    this.underWay = underWay;
    underWay.began(this);
  }

  CallerKey caller() {
    return caller;
  }

  /** What is to be sent; there is none once the server has begun to reply. */
  UpstreamRequest request() {
    if (request == null) {
      throw new IllegalStateException("the server has replied");
    }
    return request;
  }

  /** Whether it was cancelled or has ended. */
  boolean over() {
    return over;
  }

  /** Goes out on this from now on. */
  void on(Carrier taken) {
    carrier = taken;
    attempts++;
    if (pauses > 0) {
      taken.reading(false);
    }
  }

  /** Leaves what it was on, of which the server got nothing; false when it may not go out again. */
  boolean backToStart() {
    carrier = null;
    if (over || request == null || attempts == ATTEMPTS_MAX) {
      return false;
    }
    listener.sentAgain();
    return true;
  }

  void head(ReplyHead head) {
    if (!over) {
      // It cannot go out again, and a stream may stay open for hours.
      request = null;
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
    if (!over) {
      finish();
      listener.failed(failure);
    }
  }

  /** Ends it because the gateway stops; who waits for the reply is told. */
  void abandon() {
    Carrier used = carrier;
    fail(
        new UpstreamFailure(
            UpstreamFailure.Kind.UNREACHABLE, used != null, "the gateway has stopped"));
    if (used != null) {
      used.cancel();
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
      if (carrier != null) {
        carrier.cancel();
      }
    }
  }

  @Override
  public void pause() {
    pauses++;
    if (pauses == 1 && carrier != null && !over) {
      carrier.reading(false);
    }
  }

  @Override
  public void resume() {
    pauses--;
    if (pauses == 0 && carrier != null && !over) {
      carrier.reading(true);
    }
  }
}

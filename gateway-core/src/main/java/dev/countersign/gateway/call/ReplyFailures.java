// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.audit.OutcomeResult;
import dev.countersign.gateway.error.CallEndException;
import dev.countersign.gateway.error.Reason;
import dev.countersign.gateway.error.RefusedException;
import dev.countersign.gateway.telemetry.Meters;
import dev.countersign.gateway.upstream.UpstreamFailure;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the client is told, and what goes on record, when a call ends without the server's answer.
 * Confined to the call's event loop.
 */
final class ReplyFailures {
  private static final Logger LOG = LoggerFactory.getLogger(ReplyFailures.class);

  private final Call call;
  private final Delivery delivery;
  private final Meters meters;

  ReplyFailures(Call call, Delivery delivery, Meters meters) {
    this.call = call;
    this.delivery = delivery;
    this.meters = meters;
  }

  void fail(Reason reason, OutcomeResult result) {
    delivery.failed(RefusedException.of(reason), result);
  }

  /** No server may reply so. */
  void bad(String detail) {
    delivery.failed(ResultStep.badReply(detail), OutcomeResult.BAD_REPLY);
  }

  /** A server of the other era answers a modern request with some 4xx of its own. */
  void notAnAnswer(int status, String detail) {
    if (call.modern() && (status == 400 || status == 404 || status == 405 || status == 406)) {
      fail(Reason.ERA_NOT_SERVED, OutcomeResult.ERROR_ANSWERED);
    } else {
      bad(detail);
    }
  }

  /** The server has acted, so the client is not told to come again. */
  void noRoom() {
    meters.refused(Reason.OVERLOADED);
    delivery.failed(ResultStep.badReply("there is no room for it now"), OutcomeResult.WITHHELD);
  }

  /** The server, or the way to it, failed. */
  void upstream(UpstreamFailure failure) {
    fail(reason(failure), result(failure));
  }

  /** Something failed that must not. */
  void broke(Throwable failure) {
    Throwable cause = CallEndException.causeOf(failure);
    if (cause instanceof RefusedException refusal && refusal.reason() == Reason.OVERLOADED) {
      noRoom();
    } else if (cause instanceof RefusedException refusal) {
      delivery.failed(
          refusal,
          refusal.reason() == Reason.UPSTREAM_BAD_REPLY
              ? OutcomeResult.BAD_REPLY
              : OutcomeResult.WITHHELD);
    } else {
      LOG.atError().setCause(cause).addKeyValue("call", call.id()).log("governing a reply failed");
      fail(Reason.INTERNAL, OutcomeResult.WITHHELD);
    }
  }

  private static Reason reason(UpstreamFailure failure) {
    return switch (failure.kind()) {
      case UNREACHABLE, BUSY -> Reason.UPSTREAM_UNAVAILABLE;
      case HEAD_TIMEOUT -> Reason.UPSTREAM_TIMEOUT;
      case BAD_REPLY -> Reason.UPSTREAM_BAD_REPLY;
    };
  }

  private static OutcomeResult result(UpstreamFailure failure) {
    if (!failure.dispatched()) {
      return OutcomeResult.NOT_DISPATCHED;
    }
    return switch (failure.kind()) {
      case UNREACHABLE, BUSY -> OutcomeResult.UPSTREAM_UNAVAILABLE;
      case HEAD_TIMEOUT -> OutcomeResult.TIMEOUT;
      case BAD_REPLY -> OutcomeResult.BAD_REPLY;
    };
  }
}

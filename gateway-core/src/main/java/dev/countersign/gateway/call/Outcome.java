// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.audit.OutcomeLeaf;
import dev.countersign.audit.OutcomeResult;
import dev.countersign.audit.SideEffect;
import dev.countersign.gateway.telemetry.Meters;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gathers how a permitted call goes and, whatever happened, writes it down once: the outcome leaf
 * and the metric come from here. Confined to the call's event loop.
 */
final class Outcome {
  private static final Logger LOG = LoggerFactory.getLogger(Outcome.class);

  private final Call call;
  private final RecordStep records;
  private final Meters meters;
  private final long dispatchedNanos = System.nanoTime();
  private long firstByteNanos;
  private boolean firstByte;
  private @Nullable Integer httpStatus;
  private @Nullable Integer rpcCode;
  private @Nullable Boolean toolError;
  private @Nullable String executor;
  private @Nullable String resultDigest;
  private long replyBytes;
  private int sentAgain;
  private boolean over;

  Outcome(Call call, RecordStep records, Meters meters) {
    this.call = call;
    this.records = records;
    this.meters = meters;
  }

  /** It goes out anew, because the server provably had nothing of it. */
  void sentAgain() {
    sentAgain++;
  }

  /** The server began to answer. */
  void replied(int status, String by) {
    firstByte = true;
    firstByteNanos = System.nanoTime();
    httpStatus = status;
    executor = by;
  }

  void received(int bytes) {
    replyBytes += bytes;
  }

  void result(@Nullable String digest, @Nullable Boolean isError) {
    resultDigest = digest;
    toolError = isError;
  }

  void error(int code) {
    rpcCode = code;
  }

  boolean over() {
    return over;
  }

  /** Ends the call; only the first end counts. */
  void end(OutcomeResult result, SideEffect sideEffect, @Nullable String detail) {
    if (over) {
      return;
    }
    over = true;
    call.life().result(result);
    call.end();
    long now = System.nanoTime();
    boolean dispatched = result != OutcomeResult.NOT_DISPATCHED;
    records.ended(
        call,
        new OutcomeLeaf(
            call.id(),
            result,
            httpStatus,
            rpcCode,
            toolError,
            executor,
            sideEffect,
            resultDigest,
            replyBytes,
            dispatched ? sinceDecision(dispatchedNanos) : -1,
            firstByte ? sinceDecision(firstByteNanos) : -1,
            sinceDecision(now),
            sentAgain,
            detail));
    LOG.atDebug()
        .addKeyValue("call", call.id())
        .addKeyValue("server", call.route().server().name())
        .addKeyValue("result", result.name().toLowerCase(Locale.ROOT))
        .log("call ended");
    meters.callEnded(
        call.message().method().wire(),
        call.route().server().name(),
        word(result),
        now - call.life().beganNanos(),
        call.id());
  }

  private static String word(OutcomeResult result) {
    return switch (result) {
      case ANSWERED, ERROR_ANSWERED -> "answered";
      case WITHHELD -> "refused";
      case CLIENT_GONE, NOT_DISPATCHED -> "abandoned";
      case BAD_REPLY, UPSTREAM_UNAVAILABLE, TIMEOUT, UNKNOWN -> "unavailable";
    };
  }

  private long sinceDecision(long nanos) {
    return TimeUnit.NANOSECONDS.toMicros(nanos - call.decidedNanos());
  }
}

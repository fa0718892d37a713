// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.gateway.admission.AdmittedCall;
import dev.countersign.gateway.error.Reason;
import dev.countersign.gateway.error.RefusedException;
import dev.countersign.gateway.http.Header;
import dev.countersign.gateway.http.Loop;
import dev.countersign.gateway.jsonrpc.RpcMessage;
import dev.countersign.gateway.mcp.McpMethod;
import dev.countersign.gateway.session.BoundSession;
import dev.countersign.gateway.session.SessionTable;
import dev.countersign.gateway.upstream.Upstream;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Releases the server's answer to a request: not before the decision is on disk, and only what of
 * it the caller may have. The answer to {@code initialize} opens the session. Confined to the
 * call's event loop.
 */
final class FinalAnswer {
  private final Call call;
  private final AdmittedCall admitted;
  private final RecordStep records;
  private final ResultStep results;
  private final SessionTable sessions;
  private final Delivery delivery;
  private boolean opened;
  private @Nullable String endedWith;

  FinalAnswer(
      Call call,
      AdmittedCall admitted,
      RecordStep records,
      ResultStep results,
      SessionTable sessions,
      Delivery delivery) {
    this.call = call;
    this.admitted = admitted;
    this.records = records;
    this.results = results;
    this.sessions = sessions;
    this.delivery = delivery;
  }

  /** Completes when the decision is on disk; fails with a refusal when it cannot be. */
  CompletableFuture<?> durable() {
    if (admitted.receipt().isDurable()) {
      return CompletableFuture.completedFuture(null);
    }
    return records
        .onDisk(call, admitted.receipt())
        .exceptionally(
            failure -> {
              throw RefusedException.of(Reason.AUDIT_UNAVAILABLE);
            });
  }

  /**
   * Judges the answer and delivers what is left of it.
   *
   * @param upstreamSessionId what the server calls the session that this may open, or null
   */
  CompletableFuture<Void> release(
      ReplyMessages.Judged.Final answer, @Nullable String upstreamSessionId) {
    RpcMessage message = answer.message();
    return durable()
        .thenCompose(durable -> results.judge(answer))
        .thenAccept(
            judged -> {
              RefusedException unknown = UnknownTarget.said(call, message);
              ends(answer);
              if (unknown == null) {
                delivery.answered(judged, message, headers(message, upstreamSessionId));
              } else {
                delivery.unknown(unknown, message);
              }
            });
  }

  /**
   * Judges the answer, and gives what is left of it to a stream that took over from this one:
   * nothing when the call is over, unless it ended with this very answer and is on record with it.
   */
  CompletableFuture<Optional<byte[]>> releaseElsewhere(ReplyMessages.Judged.Final answer) {
    if (!mayEndWith(answer)) {
      return CompletableFuture.completedFuture(Optional.empty());
    }
    return durable()
        .thenCompose(durable -> results.judge(answer))
        .thenApply(
            judged -> {
              if (!mayEndWith(answer)) {
                return Optional.empty();
              }
              ends(answer);
              delivery.answeredElsewhere(answer.message());
              RefusedException unknown = UnknownTarget.said(call, answer.message());
              return Optional.of(unknown == null ? judged : RefusalBody.of(call, unknown));
            });
  }

  private void ends(ReplyMessages.Judged.Final answer) {
    if (!call.life().ended()) {
      endedWith = answer.digest();
    }
  }

  private boolean mayEndWith(ReplyMessages.Judged.Final answer) {
    return !call.life().ended() || (endedWith != null && endedWith.equals(answer.digest()));
  }

  private List<Header> headers(RpcMessage answer, @Nullable String upstreamSessionId) {
    if (call.message().method() == McpMethod.INITIALIZE
        && answer instanceof RpcMessage.Result result
        && delivery.isAwaited()) {
      BoundSession session =
          open(ResultStep.agreedVersion(call, result.result()), upstreamSessionId);
      return List.of(new Header("mcp-session-id", session.wireId()));
    }
    return List.of();
  }

  /** Has the server's side of a session ended if none is open here when the call ends. */
  void opening(String upstreamSessionId) {
    call.onEnd(
        () -> {
          if (!opened) {
            call.route().upstream().sessionEnded(upstreamSessionId, call.exchange().loop());
          }
        });
  }

  private BoundSession open(String version, @Nullable String upstreamSessionId) {
    BoundSession session =
        sessions.open(
            call.caller().key(),
            call.route().path(),
            version,
            upstreamSessionId,
            call.terms().capabilities(),
            call.limits());
    if (session == null) {
      throw RefusedException.of(Reason.SESSION_LIMIT);
    }
    opened = true;
    if (upstreamSessionId != null) {
      // The session outlives this call by hours, and must not keep its bytes.
      Upstream upstream = call.route().upstream();
      Loop loop = call.exchange().loop();
      session.onEnd(() -> upstream.sessionEnded(upstreamSessionId, loop));
    }
    return session;
  }
}

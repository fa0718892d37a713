// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.gateway.error.CallEndException;
import dev.countersign.gateway.error.ErrorAnswers;
import dev.countersign.gateway.error.Reason;
import dev.countersign.gateway.error.RefusedException;
import dev.countersign.gateway.http.Answer;
import dev.countersign.gateway.http.Exchange;
import dev.countersign.gateway.http.Header;
import dev.countersign.gateway.http.Loop;
import dev.countersign.gateway.json.JsonLimits;
import dev.countersign.gateway.jsonrpc.RpcReader;
import dev.countersign.gateway.snapshot.Snapshot;
import dev.countersign.gateway.telemetry.Meters;
import dev.countersign.gateway.work.LoopTimes;
import dev.countersign.identity.ProtectedResource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Every way a call can end before a server's reply: one place for the answer, the record, the
 * metric and the log line of a refusal.
 */
final class Endings {
  private static final Logger LOG = LoggerFactory.getLogger(Endings.class);

  /** A stranger's body is read this far to name its request's id in the answer. */
  private static final int PEEKED_BODY_BYTES_MAX = 64 << 10;

  private final RecordStep records;
  private final Meters meters;
  private final LoopTimes times;

  Endings(RecordStep records, Meters meters, LoopTimes times) {
    this.records = records;
    this.times = times;
    this.meters = meters;
  }

  /** Answers a request that did not get past the front door. */
  void refuse(Exchange exchange, RefusedException refusal) {
    meters.refused(refusal.reason());
    // Whoever came by a wrong name or from a wrong page is not to be helped to read the answer.
    boolean trusted =
        refusal.reason() != Reason.HOST_NOT_ALLOWED
            && refusal.reason() != Reason.ORIGIN_NOT_ALLOWED;
    exchange.answer(
        answer(
            refusal,
            refusal.told().status(false),
            ErrorAnswers.body(refusal, null, null),
            trusted ? FrontDoor.cors(exchange.head()) : List.of(),
            List.of()));
  }

  /** Ends a call that a step stopped, if one did. */
  void of(Call call, @Nullable Throwable failure) {
    if (failure == null) {
      return;
    }
    try {
      refuse(call, failure);
    } catch (RuntimeException | LinkageError e) {
      // Nobody is left to tell; without an answer the client would wait for ever.
      LOG.atError().setCause(e).addKeyValue("call", call.id()).log("ending a call failed");
      write(call, RefusedException.of(Reason.INTERNAL));
    }
  }

  /** Ends a call that a step stopped; what stopped it is a refusal, an own answer, or a fault. */
  void refuse(Call call, Throwable failure) {
    Throwable cause = CallEndException.causeOf(failure);
    switch (cause) {
      case SettledException settled -> settle(call, settled);
      case RefusedException refusal -> refuse(call, refusal);
      case null, default -> {
        LOG.atError().setCause(cause).addKeyValue("call", call.id()).log("a call failed");
        refuse(call, RefusedException.of(Reason.INTERNAL));
      }
    }
  }

  private void settle(Call call, SettledException settled) {
    if (call.end()) {
      Answer answer = settled.answer();
      List<Header> headers = new ArrayList<>(answer.headers());
      headers.addAll(FrontDoor.cors(call.exchange().head()));
      call.exchange().answer(new Answer(answer.status(), headers, answer.body()));
    }
  }

  private void refuse(Call call, RefusedException refusal) {
    if (!call.end()) {
      return;
    }
    Reason reason = refusal.reason();
    meters.refused(reason);
    log(call, reason);
    if (call.hasMessage()) {
      long nanos = System.nanoTime() - call.life().beganNanos();
      meters.callBegan();
      meters.callEnded(
          call.message().method().wire(),
          call.entrance().label(),
          reason.family() == Reason.Family.REFUSED ? "refused" : "unavailable",
          nanos,
          call.id());
      recorded(call, reason).whenComplete((done, ignored) -> write(call, refusal));
    } else if (mayPeek(call, reason)) {
      peekId(call).whenComplete((done, ignored) -> writeInTime(call, refusal));
    } else {
      writeInTime(call, refusal);
    }
  }

  /**
   * Whether the body is read to name the request's id. An answer before the body has come costs the
   * client its connection, and one more would have to be opened by whoever is to come again later.
   */
  private static boolean mayPeek(Call call, Reason reason) {
    return (!call.hasCaller() || isForLoad(reason))
        && !call.exchange().bodyAsked()
        && call.exchange().bodyWithin(PEEKED_BODY_BYTES_MAX);
  }

  /** Refused for what others do, too; the same request may be taken a second later. */
  private static boolean isForLoad(Reason reason) {
    return switch (reason) {
      case CALL_LIMIT, OVERLOADED, BUSY -> true;
      default -> false;
    };
  }

  private CompletableFuture<?> recorded(Call call, Reason reason) {
    // What cannot be recorded need not be waited for.
    return reason == Reason.AUDIT_UNAVAILABLE
        ? CompletableFuture.completedFuture(null)
        : records.refused(call, reason);
  }

  private static void log(Call call, Reason reason) {
    // Neither strangers nor floods must be able to fill the log; metrics count them.
    var event = call.hasCaller() && !isForLoad(reason) ? LOG.atInfo() : LOG.atDebug();

    event =
        event
            .addKeyValue("call", call.id())
            .addKeyValue("reason", reason.id())
            .addKeyValue("server", call.entrance().label());
    if (call.hasCaller()) {
      event = event.addKeyValue("caller", call.caller().id());
    }
    if (call.hasMessage()) {
      event = event.addKeyValue("method", call.message().method().wire());
      event = event.addKeyValue("target", call.governedName());
    }
    event.log("call refused");
  }

  /** Clients lose their session on a 401 without their request's id, so the body is looked at. */
  private static CompletableFuture<?> peekId(Call call) {
    if (!call.exchange().head().method().equals("POST")) {
      return CompletableFuture.completedFuture(null);
    }
    return call.exchange()
        .body(PEEKED_BODY_BYTES_MAX)
        .thenAccept(body -> call.rpcId(RpcReader.requestIdOf(body, JsonLimits.DEFAULTS)));
  }

  private void writeInTime(Call call, RefusedException refusal) {
    if (refusal.reason() != Reason.BUSY) {
      write(call, refusal);
      return;
    }
    Exchange exchange = call.exchange();
    Answer answer = answer(call, refusal);
    // Thousands may wait for it, so nothing but the answer is kept.
    exchange.forgetBody();
    exchange.keepOnly("origin");
    Loop loop = exchange.loop();
    Loop.Timer told = loop.after(times.of(loop).pause(), () -> exchange.answer(answer));
    exchange.onClosed(told::cancel);
  }

  /** Tells a client why there is no answer. */
  static void write(Call call, RefusedException refusal) {
    call.exchange().answer(answer(call, refusal));
  }

  private static Answer answer(Call call, RefusedException refusal) {
    return answer(
        refusal,
        StatusTable.of(refusal.told(), call),
        RefusalBody.of(call, refusal),
        FrontDoor.cors(call.exchange().head()),
        challenge(call, refusal));
  }

  private static List<Header> challenge(Call call, RefusedException refusal) {
    String metadata = call.entrance().metadataUrl();
    return switch (refusal.reason()) {
      case UNAUTHENTICATED, CREDENTIAL_REJECTED ->
          List.of(
              new Header(
                  "www-authenticate", ProtectedResource.challenge401(metadata, call.rejection())));
      case STEP_UP_NEEDED ->
          List.of(
              new Header(
                  "www-authenticate",
                  ProtectedResource.challenge403InsufficientScope(
                      metadata, refusal.scopes(), refusal.detail())));
      case CALL_LIMIT, OVERLOADED, BUSY, AUDIT_UNAVAILABLE, IDENTITY_UNAVAILABLE ->
          List.of(new Header("retry-after", "1"));
      case METHOD_NOT_ALLOWED -> List.of(new Header("allow", allowed(call)));
      default -> List.of();
    };
  }

  private static String allowed(Call call) {
    return Snapshot.messagesOf(call.exchange().head().target()) == null
        ? "POST, GET, DELETE, OPTIONS"
        : "POST, OPTIONS";
  }

  private static Answer answer(
      RefusedException refusal, int status, byte[] body, List<Header> cors, List<Header> more) {
    if (refusal.reason() == Reason.ERA_NOT_SERVED) {
      // An empty 400 is what makes a client that speaks both eras try the other one.
      return new Answer(400, cors, new byte[0]);
    }
    List<Header> headers = new ArrayList<>();
    headers.add(new Header("content-type", "application/json"));
    headers.add(new Header("cache-control", "no-store"));
    headers.addAll(cors);
    headers.addAll(more);
    return new Answer(status, headers, body);
  }
}

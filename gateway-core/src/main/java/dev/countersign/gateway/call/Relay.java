// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.gateway.error.CallEndException;
import dev.countersign.gateway.error.Reason;
import dev.countersign.gateway.error.RefusedException;
import dev.countersign.gateway.http.Answer;
import dev.countersign.gateway.http.Exchange;
import dev.countersign.gateway.http.Header;
import dev.countersign.gateway.http.Responder;
import dev.countersign.gateway.http.ResponseStream;
import dev.countersign.gateway.session.BoundSession;
import dev.countersign.gateway.sse.SseMark;
import dev.countersign.gateway.work.WorkPool;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes what one server answered to the client that asked on a federated path, with names as that
 * client knows them. Confined to the call's loop.
 */
final class Relay implements Responder {
  private static final Logger LOG = LoggerFactory.getLogger(Relay.class);
  private static final Header JSON = new Header("content-type", "application/json");

  private final Call outer;
  private final Exchange client;
  private final ExposedMessages messages;
  private Supplier<CompletableFuture<Void>> settled = () -> CompletableFuture.completedFuture(null);

  Relay(Call outer, String server, WorkPool work) {
    this.outer = outer;
    this.client = outer.exchange();
    this.messages = new ExposedMessages(outer, server, work);
  }

  /** Completes, well in any case, when all that came so far is with the client. */
  CompletableFuture<Void> settled() {
    return settled.get();
  }

  @Override
  public void answer(Answer answer) {
    CompletableFuture<Void> given =
        messages
            .read(answer.body())
            .thenApply(said -> new Answer(answer.status(), answer.headers(), said.bytes()))
            .thenApply(said -> unlessSessionGone(outer, said))
            .exceptionally(failure -> withheld(outer, failure))
            .thenAccept(client::answer);
    settled = () -> given;
  }

  /**
   * An answer, unless it is that a server does not know its session any more. Of the client's own
   * session that is not true, and it would give up those with all other servers.
   */
  static Answer unlessSessionGone(Call outer, Answer answer) {
    BoundSession session = outer.session();
    return answer.status() == 404 && session != null && !session.ended()
        ? withheld(outer, RefusedException.of(Reason.UPSTREAM_UNAVAILABLE))
        : answer;
  }

  /** What a client gets when a server has answered and this cannot be handed on. */
  static Answer withheld(Call outer, Throwable failure) {
    RefusedException refusal = refusal(outer, failure);
    List<Header> headers = new ArrayList<>(FrontDoor.cors(outer.exchange().head()));
    headers.add(JSON);
    return new Answer(
        StatusTable.of(refusal.told(), outer), headers, RefusalBody.of(outer, refusal));
  }

  private static RefusedException refusal(Call outer, Throwable failure) {
    Throwable cause = CallEndException.causeOf(failure);
    var event = cause instanceof RefusedException ? LOG.atWarn() : LOG.atError().setCause(cause);
    event.addKeyValue("call", outer.id()).log("an answer could not be handed on");
    return cause instanceof RefusedException refusal
        ? refusal
        : RefusedException.of(Reason.INTERNAL);
  }

  @Override
  public ResponseStream stream(int status, List<Header> headers) {
    ResponseStream to = client.stream(status, headers);
    MemberStream stream = new MemberStream(messages, new ToClient(to));
    to.onWritable(stream::caughtUp);
    settled = stream::settled;
    return stream;
  }

  @Override
  public boolean draining() {
    return client.draining();
  }

  private final class ToClient implements MemberStream.Sink {
    private final ResponseStream to;

    ToClient(ResponseStream to) {
      this.to = to;
    }

    @Override
    public CompletableFuture<Void> message(ExposedMessages.Exposed said) {
      to.message(SseMark.NONE, said.bytes());
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public void ended(boolean whole) {
      if (whole) {
        to.end();
      } else {
        to.abort();
      }
    }

    @Override
    public void failed(Throwable failure) {
      to.message(SseMark.NONE, RefusalBody.of(outer, refusal(outer, failure)));
      to.end();
    }

    @Override
    public void keepAlive() {
      to.keepAlive();
    }

    @Override
    public boolean writable() {
      return to.writable();
    }
  }
}

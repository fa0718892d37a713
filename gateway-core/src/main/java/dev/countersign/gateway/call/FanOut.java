// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.gateway.error.Reason;
import dev.countersign.gateway.error.RefusedException;
import dev.countersign.gateway.http.Answer;
import dev.countersign.gateway.http.BufferHold;
import dev.countersign.gateway.http.Exchange;
import dev.countersign.gateway.http.Header;
import dev.countersign.gateway.http.Responder;
import dev.countersign.gateway.http.ResponseStream;
import dev.countersign.gateway.json.JsonValue;
import dev.countersign.gateway.jsonrpc.RpcMessage;
import dev.countersign.gateway.snapshot.Snapshot;
import dev.countersign.gateway.sse.SseMark;
import dev.countersign.gateway.work.WorkPool;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Asks several servers one thing and waits for all of their answers. Only answers count: what a
 * server says before its own is about a request that its client never made. Confined to the loop of
 * the call.
 */
final class FanOut {
  private final InnerCalls inner;
  private final WorkPool work;

  FanOut(InnerCalls inner, WorkPool work) {
    this.inner = inner;
    this.work = work;
  }

  /**
   * What one server said.
   *
   * @param request what it was asked
   * @param answer the answer; without a body when there was none
   * @param message the same as JSON-RPC, or null when it is none
   */
  record Said(InnerCalls.Request request, Answer answer, @Nullable RpcMessage message) {
    String server() {
      return request.route().server().name();
    }

    /** Its result, or null when it has none. */
    @Nullable JsonValue result() {
      return message instanceof RpcMessage.Result result ? result.result() : null;
    }

    /** Whether policy does not let the caller see this server, which is no failure. */
    boolean hidden() {
      return message instanceof RpcMessage.Failure failure
          && failure.code() == Reason.POLICY_REFUSED.code();
    }

    @Nullable String header(String name) {
      for (Header header : answer.headers()) {
        if (header.name().equals(name)) {
          return header.value();
        }
      }
      return null;
    }
  }

  /**
   * Completes, on the call's loop, with what each said, in order, or at once when the client left.
   *
   * @param under the settings that hold for it
   * @param over runs for each when its server has nothing more to do for it, which may be later
   */
  CompletableFuture<List<Said>> ask(
      Call outer, Snapshot under, List<InnerCalls.Request> requests, Runnable over) {
    List<CompletableFuture<Said>> asked = new ArrayList<>();
    for (InnerCalls.Request request : requests) {
      Collector collector = new Collector(outer, outer.exchange().hold(), request, work);
      asked.add(collector.said);
      // A client that left is answered nothing, so what was asked for it ends with it.
      outer.exchange().onClosed(collector::nothing);
      inner.send(under, outer, request, collector).onEnd(over);
    }
    return CompletableFuture.allOf(asked.toArray(CompletableFuture<?>[]::new))
        .thenApply(all -> asked.stream().map(CompletableFuture::join).toList());
  }

  /**
   * Asks one server something that is not for the client of this call alone, so that it goes on
   * when that client leaves; completes on the call's loop, fails with {@link Reason#OVERLOADED}
   * when there is no room in memory.
   *
   * @param under the settings that hold for it
   */
  CompletableFuture<Said> one(Call outer, Snapshot under, InnerCalls.Request request) {
    BufferHold hold = outer.exchange().hold().another();
    if (!hold.take(request.body().length)) {
      return CompletableFuture.failedFuture(RefusedException.of(Reason.OVERLOADED));
    }
    Collector collector = new Collector(outer, hold, request, work);
    inner
        .sendAside(under, outer, request, collector, hold)
        .onEnd(() -> collector.said.whenComplete((said, failure) -> hold.release()));
    return collector.said;
  }

  private static final class Collector implements Responder, ResponseStream {
    private final InnerCalls.Request request;
    private final Exchange client;
    private final CompletableFuture<Said> said = new CompletableFuture<>();
    private final ExposedMessages messages;
    private List<Header> headers = List.of();
    private @Nullable Answer last;

    Collector(Call outer, BufferHold hold, InnerCalls.Request request, WorkPool work) {
      this.request = request;
      this.client = outer.exchange();
      this.messages = new ExposedMessages(outer, hold, request.route().server().name(), work);
    }

    void nothing() {
      said.complete(new Said(request, Answer.empty(503), null));
    }

    @Override
    public void answer(Answer answer) {
      messages
          .read(answer.body())
          .whenComplete(
              (read, failure) -> {
                if (failure == null) {
                  said.complete(new Said(request, answer, read.message()));
                } else {
                  nothing();
                }
              });
    }

    @Override
    public ResponseStream stream(int status, List<Header> head) {
      headers = head;
      return this;
    }

    @Override
    public void message(SseMark mark, byte[] json) {
      // The last one is the answer, or the error in its place.
      last = new Answer(200, headers, json);
    }

    @Override
    public void mark(SseMark mark) {
      // What goes on by GET is no answer.
    }

    @Override
    public void keepAlive() {
      // Nobody's connection has to be kept alive here.
    }

    @Override
    public void end() {
      if (last == null) {
        nothing();
      } else {
        answer(last);
      }
    }

    @Override
    public void abort() {
      nothing();
    }

    @Override
    public boolean writable() {
      return true;
    }

    @Override
    public void onWritable(Runnable task) {
      // It always is.
    }

    @Override
    public boolean draining() {
      return client.draining();
    }
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.gateway.error.Reason;
import dev.countersign.gateway.error.RefusedException;
import dev.countersign.gateway.http.Answer;
import dev.countersign.gateway.http.Exchange;
import dev.countersign.gateway.http.Header;
import dev.countersign.gateway.http.Loop;
import dev.countersign.gateway.http.RequestHead;
import dev.countersign.gateway.http.Responder;
import dev.countersign.gateway.http.ResponseStream;
import dev.countersign.gateway.json.JsonLimits;
import dev.countersign.gateway.jsonrpc.RpcMessage;
import dev.countersign.gateway.jsonrpc.RpcReader;
import dev.countersign.gateway.jsonrpc.RpcRefusedException;
import dev.countersign.gateway.mcp.Era;
import dev.countersign.gateway.mcp.HeaderAgreement;
import dev.countersign.gateway.mcp.McpMethod;
import dev.countersign.gateway.sse.SseMark;
import dev.countersign.gateway.work.WorkPool;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends modern requests down the call line for a legacy client, behind the proof of who it is: each
 * is parsed, decided, recorded and governed like one that a modern client sent.
 */
final class ModernCalls {
  private static final Logger LOG = LoggerFactory.getLogger(ModernCalls.class);

  private final Consumer<Call> line;
  private final WorkPool work;

  /**
   * @param line what takes a call whose caller is proven
   */
  ModernCalls(Consumer<Call> line, WorkPool work) {
    this.line = line;
    this.work = work;
  }

  /** Told what comes back, one after the other, on the loop of the call that it was sent for. */
  interface Reply {
    /** A stream begins. */
    void begun();

    /** Something that the server says before its answer. */
    void said(RpcMessage.Notification notification, byte[] bytes);

    /**
     * The answer.
     *
     * @param head status and headers that go with it
     */
    void answer(RpcMessage answer, byte[] bytes, Answer head);

    /** There will be no answer; a stream that wants none has ended. */
    void none(int status);

    /** Whether the client keeps up. */
    boolean keepsUp();
  }

  /**
   * What to send.
   *
   * @param id of the call: the client's request's when it is the only one, else one of its own
   * @param name of the target, when a header is to mirror it
   * @param mirrored arguments of a tool, as headers
   */
  record Request(
      String id, McpMethod method, @Nullable String name, List<Header> mirrored, byte[] body) {}

  /**
   * Sends one.
   *
   * @throws RefusedException with {@link Reason#OVERLOADED} when there is no room in memory
   */
  Sent send(Call outer, Request request, Reply reply) {
    Exchange around = outer.exchange();
    if (!around.hold().take(request.body().length)) {
      throw RefusedException.of(Reason.OVERLOADED);
    }
    Sent sent = new Sent(outer, reply);
    Exchange exchange =
        Exchange.of(sent, around.loop(), head(outer, request), request.body(), around.hold());
    Call inner = outer.bridged(request.id(), exchange);
    exchange.hold().retain();
    inner.onEnd(exchange.hold()::release);
    around.onDrain(exchange::drain);
    sent.exchange = exchange;
    sent.call = inner;
    line.accept(inner);
    return sent;
  }

  private static RequestHead head(Call outer, Request request) {
    RequestHead from = outer.exchange().head();
    List<Header> headers = new ArrayList<>();
    for (Header header : from.headersStartingWith("")) {
      if (!InnerCalls.isOfConnection(header.name()) && !isOfEra(header.name())) {
        headers.add(header);
      }
    }
    headers.add(new Header("content-type", "application/json"));
    headers.add(new Header("accept", "application/json, text/event-stream"));
    headers.add(new Header("mcp-protocol-version", Era.MODERN_VERSION));
    headers.add(new Header("mcp-method", request.method().wire()));
    if (request.name() != null) {
      headers.add(new Header("mcp-name", HeaderAgreement.encode(request.name())));
    }
    headers.addAll(request.mirrored());
    return new RequestHead("POST", outer.route().path(), headers, from.source());
  }

  private static boolean isOfEra(String name) {
    return name.startsWith("mcp-") || name.equals("accept") || name.startsWith("content-");
  }

  /** A request under way. */
  final class Sent implements Responder, ResponseStream {
    private final Call outer;
    private final Loop loop;
    private final Reply reply;
    private final JsonLimits limits;
    private @Nullable Exchange exchange;
    private @Nullable Call call;
    private List<Header> head = List.of();
    private CompletableFuture<Void> last = CompletableFuture.completedFuture(null);
    private Runnable onWritable = () -> {};
    private boolean answered;

    Sent(Call outer, Reply reply) {
      this.outer = outer;
      this.loop = outer.exchange().loop();
      this.reply = reply;
      int bytesMax =
          Math.max(outer.limits().answerBytesMax(), outer.limits().eventBytesMax()) + 1024;
      this.limits = JsonLimits.DEFAULTS.with(bytesMax, outer.limits().depthMax() + 1, 2_000_000);
    }

    /** The call that it is. */
    Call call() {
      return Call.established(call);
    }

    /** Nobody wants its answer any more: its server is let go. */
    void cancel() {
      answered = true;
      if (exchange != null) {
        exchange.clientGone();
      }
    }

    /** The client has caught up. */
    void caughtUp() {
      onWritable.run();
    }

    @Override
    public void answer(Answer answer) {
      byte[] body = answer.body();
      if (body.length == 0) {
        then(() -> none(answer.status()));
      } else {
        read(body, message -> take(message, body, answer));
      }
    }

    @Override
    public ResponseStream stream(int status, List<Header> headers) {
      head = headers;
      then(reply::begun);
      return this;
    }

    @Override
    public void message(SseMark mark, byte[] json) {
      read(json, message -> take(message, json, new Answer(200, head, json)));
    }

    @Override
    public void mark(SseMark mark) {
      // Modern streams cannot be gone on with.
    }

    @Override
    public void keepAlive() {
      // The client's own stream has its own.
    }

    @Override
    public void end() {
      then(() -> none(200));
    }

    @Override
    public void abort() {
      then(() -> none(502));
    }

    @Override
    public boolean writable() {
      return last.isDone() && reply.keepsUp();
    }

    @Override
    public void onWritable(Runnable task) {
      onWritable = task;
    }

    @Override
    public boolean draining() {
      return false;
    }

    private void none(int status) {
      if (!answered) {
        answered = true;
        reply.none(status);
      }
    }

    private void take(@Nullable RpcMessage message, byte[] bytes, Answer answer) {
      if (answered) {
        return;
      }
      switch (message) {
        case RpcMessage.Notification notification -> reply.said(notification, bytes);
        case RpcMessage.Result result -> {
          answered = true;
          reply.answer(result, bytes, answer);
        }
        case RpcMessage.Failure failure -> {
          answered = true;
          reply.answer(failure, bytes, answer);
        }
        case null -> none(answer.status());
        case RpcMessage.Request request -> none(502);
      }
    }

    /** Parses what the governor let through, large ones elsewhere, and keeps the order. */
    private void read(byte[] bytes, Consumer<@Nullable RpcMessage> taker) {
      chain(
          last.thenCompose(
                  before ->
                      work.forUnderWay(
                          outer.caller().key(), bytes.length, loop, () -> message(bytes)))
              .thenAccept(read -> taker.accept(read.message())));
    }

    private Read message(byte[] bytes) {
      try {
        return new Read(RpcReader.readReply(bytes, limits));
      } catch (RpcRefusedException e) {
        return new Read(null);
      }
    }

    private void then(Runnable step) {
      chain(last.thenRun(step));
    }

    private void chain(CompletableFuture<Void> next) {
      last =
          next.exceptionally(
              failure -> {
                LOG.atError()
                    .setCause(failure)
                    .addKeyValue("call", outer.id())
                    .log("bridging a reply failed");
                none(500);
                return null;
              });
      if (!last.isDone()) {
        last.thenRun(this::caughtUp);
      }
    }
  }

  /** A message, or none where there was none that can be read. */
  private record Read(@Nullable RpcMessage message) {}
}

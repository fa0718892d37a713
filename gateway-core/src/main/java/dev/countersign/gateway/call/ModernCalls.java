// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import dev.countersign.gateway.catalogue.ToolSchemas;
import dev.countersign.gateway.error.Reason;
import dev.countersign.gateway.error.RefusedException;
import dev.countersign.gateway.http.Answer;
import dev.countersign.gateway.http.BufferHold;
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
import dev.countersign.gateway.session.BoundSession;
import dev.countersign.gateway.snapshot.Route;
import dev.countersign.gateway.snapshot.Snapshot;
import dev.countersign.gateway.snapshot.SnapshotHolder;
import dev.countersign.gateway.sse.SseMark;
import dev.countersign.gateway.work.WorkPool;
import dev.countersign.identity.Caller;
import java.time.Instant;
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

  private static final List<Header> JSON = List.of(new Header("content-type", "application/json"));

  private final Consumer<Call> line;
  private final SnapshotHolder snapshots;
  private final WorkPool work;

  /**
   * @param line what takes a call whose caller is proven
   */
  ModernCalls(Consumer<Call> line, SnapshotHolder snapshots, WorkPool work) {
    this.line = line;
    this.snapshots = snapshots;
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
     * @param from the call that it is of
     * @param whole the same with status and headers for a client that has no stream
     */
    void answer(Call from, RpcMessage answer, Answer whole);

    /** There is no answer, or none that can be read; a stream that wants none has ended. */
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
   * Sends the first request for a call.
   *
   * @throws RefusedException with {@link Reason#OVERLOADED} when there is no room in memory
   */
  Sent send(Call outer, Request request, Reply reply) {
    return send(outer, outer.caller(), request, reply, outer.snapshot(), outer.route());
  }

  /**
   * Sends a further request for a call: under the newest settings, and only while the caller's
   * credential, its session and the bridge still are what they were. A modern client would have to
   * show all that again, too.
   *
   * @param caller the same as the call's, perhaps proven anew since
   * @throws RefusedException when they are not, or there is no room in memory
   */
  Sent sendMore(Call outer, Caller caller, Request request, Reply reply) {
    BoundSession session = outer.session();
    if (session == null || session.ended()) {
      throw RefusedException.of(Reason.SESSION_UNKNOWN);
    }
    if (!caller.expiresAt().isAfter(Instant.now())) {
      throw RefusedException.of(Reason.CREDENTIAL_REJECTED, "the credential has expired");
    }
    Snapshot newest = snapshots.current();
    Route route =
        newest == null ? null : newest.route(outer.route().path(), outer.route().server().name());
    if (newest == null || route == null || !BridgeLine.isBridged(route)) {
      throw RefusedException.of(
          Reason.UPSTREAM_UNAVAILABLE, "its server is not bridged to any more");
    }
    return send(outer, caller, request, reply, newest, route);
  }

  /** What is known of the tools of a call's server now. */
  ToolSchemas schemas(Call outer) {
    Snapshot newest = snapshots.current();
    return (newest == null ? outer.snapshot() : newest).toolSchemas(outer.route().server().name());
  }

  private Sent send(
      Call outer, Caller caller, Request request, Reply reply, Snapshot under, Route to) {
    Exchange around = outer.exchange();
    BufferHold hold = around.hold().another();
    if (!hold.take(request.body().length)) {
      throw RefusedException.of(Reason.OVERLOADED);
    }
    Sent sent = new Sent(outer, reply);
    Exchange exchange =
        Exchange.of(sent, around.loop(), head(outer, to, request), request.body(), hold);
    Call inner = outer.bridged(under, request.id(), exchange, to);
    inner.caller(caller);
    inner.onEnd(hold::release);
    sent.exchange = exchange;
    sent.call = inner;
    line.accept(inner);
    return sent;
  }

  private static RequestHead head(Call outer, Route to, Request request) {
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
    return new RequestHead("POST", to.path(), headers, from.source());
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

    /** Its answer is not wanted any more: its server is let go. */
    void cancel() {
      answered = true;
      call().life().cancelled();
      gone();
    }

    /** Nobody waits for its answer any more, which is no cancel of what is not a stream. */
    void gone() {
      if (exchange != null) {
        exchange.clientGone();
      }
    }

    /** The gateway is stopping. */
    void drain() {
      if (exchange != null) {
        exchange.drain();
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
        read(body, message -> take(message, answer));
      }
    }

    @Override
    public ResponseStream stream(int status, List<Header> headers) {
      then(reply::begun);
      return this;
    }

    @Override
    public void message(SseMark mark, byte[] json) {
      read(json, message -> take(message, new Answer(200, JSON, json)));
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
      return outer.exchange().draining();
    }

    private void none(int status) {
      if (!answered) {
        answered = true;
        reply.none(status);
      }
    }

    private void take(@Nullable RpcMessage message, Answer answer) {
      if (answered) {
        return;
      }
      switch (message) {
        case RpcMessage.Notification notification -> reply.said(notification, answer.body());
        case RpcMessage.Result result -> answered(result, answer);
        case RpcMessage.Failure failure -> answered(failure, answer);
        case null -> none(answer.status());
        case RpcMessage.Request request -> none(502);
      }
    }

    private void answered(RpcMessage message, Answer answer) {
      answered = true;
      reply.answer(call(), message, answer);
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
                // Somebody waits for the answer, and there will be no other.
                reply.none(500);
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

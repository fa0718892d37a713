// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.stdio;

import dev.countersign.gateway.json.JsonLimits;
import dev.countersign.gateway.jsonrpc.RpcMessage;
import dev.countersign.gateway.mcp.OwnIds;
import dev.countersign.gateway.upstream.PresentedExchange;
import dev.countersign.gateway.upstream.UpstreamFailure;
import dev.countersign.identity.CallerKey;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What is said with one program: every request goes out under an id of ours, and what comes back
 * goes by it to the call it belongs to. Any thread.
 */
final class Conversation implements ServerProcess.Listener {
  /** What one caller would set for all. */
  private static final Set<String> NOT_SHARED =
      Set.of("logging/setLevel", "resources/subscribe", "resources/unsubscribe");

  private final String name;
  private final Kind kind;
  private final @Nullable CallerKey owner;
  private final Events events;
  private final Requests requests = new Requests();
  private final Incoming incoming;
  private final ServerProcess process;
  private final long beganNanos = System.nanoTime();
  private final AtomicBoolean served = new AtomicBoolean();
  private volatile boolean stopped;

  /**
   * Who talks, and how.
   *
   * @param modern the era
   * @param shared whether callers have the program together
   */
  record Kind(boolean modern, boolean shared) {}

  /** What whoever supervises it is told, on the thread that found out. */
  interface Events {
    /** The program has given its first answer. */
    void served(Conversation conversation);

    /** The program is gone. */
    void gone(Conversation conversation, String how);
  }

  /**
   * @param name the program's, for records
   * @param owner whose it is, or null when callers share it
   * @param maker makes the program, which is not started by that
   */
  Conversation(
      String server,
      String name,
      Kind kind,
      @Nullable CallerKey owner,
      JsonLimits limits,
      StdioObserver observer,
      Events events,
      Function<ServerProcess.Listener, ServerProcess> maker) {
    this.name = name;
    this.kind = kind;
    this.owner = owner;
    this.events = events;
    this.incoming = new Incoming(this, requests, limits, server, observer);
    this.process = maker.apply(this);
  }

  Kind kind() {
    return kind;
  }

  @Nullable CallerKey owner() {
    return owner;
  }

  /** Starts the program. */
  void start() {
    process.start();
  }

  /** Its process id; 0 before it is started. */
  long pid() {
    return process.pid();
  }

  /** Whether the program has answered anything. */
  boolean hasServed() {
    return served.get();
  }

  /** Whether its end was wanted. */
  boolean wasStopped() {
    return stopped;
  }

  long ageNanos() {
    return System.nanoTime() - beganNanos;
  }

  /** Whether nothing is under way, and nothing was for so long. */
  boolean idleFor(long nanos) {
    return requests.idleFor(nanos);
  }

  /**
   * Sends a caller's request; the exchange is told of the answer.
   *
   * @param opens whether its answer opens the session
   */
  void request(PresentedExchange exchange, RpcMessage.Request request, boolean opens) {
    exchange.by(this::executor, this::cancelled);
    byte[] rawId = OwnIds.rawId(request);
    if (kind.shared && NOT_SHARED.contains(request.method())) {
      String id = new String(rawId, StandardCharsets.UTF_8);
      exchange.message(MessageEdits.reply(id, MessageEdits.NOT_SERVED), true, false);
      return;
    }
    var token = OwnIds.progressToken(request);
    long id =
        requests.add(
            new Pending.Forwarded(exchange, rawId, token == null ? null : token.raw(), opens));
    if (id == 0) {
      exchange.fail(UpstreamFailure.Kind.UNREACHABLE, "the program has ended");
    } else if (process.write(MessageEdits.request(request, id), exchange::dispatched)) {
      exchange.announce(false);
    } else {
      var unused = requests.take(id);
      exchange.fail(UpstreamFailure.Kind.BUSY, "the program does not read what waits for it");
    }
  }

  /** Sends a request of the gateway's own; fails when the program ends before it has answered. */
  CompletableFuture<RpcMessage> ask(String method, String params) {
    CompletableFuture<RpcMessage> answer = new CompletableFuture<>();
    long id = requests.add(new Pending.Own(answer));
    String line =
        "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"%s\",\"params\":%s}"
            .formatted(id, method, params);
    if (id == 0 || !tell(MessageEdits.utf8(line))) {
      answer.completeExceptionally(new IllegalStateException("the program takes nothing"));
    }
    return answer;
  }

  /** Sends what wants no answer; false when there is no room for it. */
  boolean tell(byte[] message) {
    return process.write(MessageEdits.oneLine(message), () -> {});
  }

  /** Opens a stream for what belongs to no request. */
  void stream(PresentedExchange exchange) {
    exchange.by(this::executor, this::cancelled);
    if (requests.add(exchange)) {
      exchange.announce(true);
    } else {
      exchange.status(404);
    }
  }

  /** Who executes: the program's name and process id. */
  String executor() {
    return "stdio:" + name + " pid " + process.pid();
  }

  /** Nobody waits for an exchange's reply any more; the program is told so. */
  void cancelled(PresentedExchange exchange) {
    Pending.Forwarded oldest = requests.oldest();
    boolean opens = oldest != null && oldest.exchange() == exchange && oldest.opens();
    long id = requests.take(exchange);
    if (opens) {
      // A session that nobody will ever use.
      stop();
    } else if (id != 0 && exchange.wasDispatched()) {
      tell(MessageEdits.cancelled(id, kind.modern));
    }
  }

  /** The program has answered something. */
  void serves() {
    if (served.compareAndSet(false, true)) {
      events.served(this);
    }
  }

  @Override
  public void line(byte[] line) {
    incoming.line(line);
  }

  @Override
  public void tooLong(byte[] beginning) {
    incoming.tooLong(beginning);
  }

  @Override
  public void ended(String how) {
    over("the program is gone: " + how);
    events.gone(this, how);
  }

  /** Takes nothing more, tells everybody who waits, and ends the program in order. */
  void stop() {
    stopped = true;
    over("the program was stopped");
    process.stop();
  }

  /** The same for a program that does not serve; that is its failure. */
  void abandon() {
    over("the program does not serve");
    process.stop();
  }

  /** Ends what is left of a program that was stopped. */
  void kill() {
    process.kill();
  }

  private void over(String how) {
    Requests.Left left = requests.close();
    for (Pending one : left.pending()) {
      switch (one) {
        case Pending.Own own -> own.answer().completeExceptionally(new IllegalStateException(how));
        case Pending.Forwarded forwarded ->
            forwarded.exchange().fail(UpstreamFailure.Kind.UNREACHABLE, how);
      }
    }
    left.streams().forEach(stream -> stream.fail(UpstreamFailure.Kind.UNREACHABLE, how));
  }
}

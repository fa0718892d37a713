// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.sseclient;

import dev.countersign.gateway.error.Reason;
import dev.countersign.gateway.error.RefusedException;
import dev.countersign.gateway.http.Answer;
import dev.countersign.gateway.http.BufferHold;
import dev.countersign.gateway.http.Exchange;
import dev.countersign.gateway.http.Header;
import dev.countersign.gateway.http.Loop;
import dev.countersign.gateway.http.RequestHead;
import dev.countersign.gateway.http.ResponseStream;
import dev.countersign.gateway.jsonrpc.RpcId;
import dev.countersign.gateway.session.BoundSession;
import dev.countersign.gateway.sse.SseMark;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One client: its stream, the session that it has opened, and what it has under way. The session
 * ends with the stream, and the stream with the session. Confined to the loop of the stream.
 */
public final class SseClient {
  /**
   * What a client may have under way that is answered on its stream, that included, and as much
   * that is not: what the server waits for must not wait for the server.
   */
  static final int MESSAGES_MAX = 64;

  /** What a request for the session's stream is refused with for good. */
  private static final Set<Integer> FINAL = Set.of(401, 403, 404);

  private static final Duration STREAM_PAUSE = Duration.ofSeconds(1);

  private final SseClients clients;
  private final SseClients.Place place;
  private final Exchange exchange;
  private final ResponseStream stream;
  private final StreamClock clock;
  private final Runnable whenOver;
  private final Set<SseMessage> underWay = new LinkedHashSet<>();
  private final ArrayDeque<SseMessage> held = new ArrayDeque<>();
  private final List<BufferHold> unread = new ArrayList<>();
  private final Runnable sessionOver;
  private @Nullable BoundSession session;
  private boolean opening;
  private boolean draining;
  private boolean over;

  SseClient(
      SseClients clients,
      SseClients.Place place,
      Exchange exchange,
      ResponseStream stream,
      BooleanSupplier served,
      Runnable whenOver) {
    this.clients = clients;
    this.place = place;
    this.exchange = exchange;
    this.stream = stream;
    this.whenOver = whenOver;
    this.sessionOver = () -> loop().execute(this::end);
    this.clock = new StreamClock(this, stream, place, served);
  }

  SseClients.Place place() {
    return place;
  }

  /** The loop that it is confined to. */
  public Loop loop() {
    return exchange.loop();
  }

  /** Tells the client where to post. */
  void begin(String endpoint) {
    stream.onWritable(this::caughtUp);
    stream.endpoint(endpoint);
    clock.begin();
    exchange.onDrain(this::drain);
    exchange.onClosed(this::end);
  }

  /**
   * Takes a message that was posted; on this client's loop.
   *
   * @param head of what brought it
   * @param hold what it keeps in memory, empty, for its caller
   * @return what that is answered; fails with a refusal
   */
  public CompletableFuture<Answer> take(RequestHead head, PostedMessage message, BufferHold hold) {
    if (over) {
      return refused(RefusedException.of(Reason.SESSION_UNKNOWN));
    }
    if (underWay.stream().filter(one -> one.message().isTold() == message.isTold()).count()
        >= MESSAGES_MAX) {
      return refused(RefusedException.of(Reason.CALL_LIMIT));
    }
    boolean opens = message.kind() == PostedMessage.Kind.OPENING;
    if (opens && opening) {
      return refused(
          RefusedException.of(Reason.INVALID_REQUEST, "this session is being initialized"));
    }
    if (!hold.take(message.body().length)) {
      return refused(RefusedException.of(Reason.OVERLOADED));
    }
    opening |= opens;
    takeBack(message.cancels());
    SseMessage made = send(message, InnerHeads.message(head, place.path(), sessionId()), hold);
    // Who posts a request may wait for this before it answers what the server asks meanwhile.
    return message.kind() == PostedMessage.Kind.TOLD
        ? made.posted
        : CompletableFuture.completedFuture(Answer.empty(202));
  }

  /** What is not begun yet, the call line could not cancel. */
  private void takeBack(@Nullable RpcId request) {
    if (request != null) {
      held.stream()
          .filter(one -> request.equals(one.message().id()))
          .findFirst()
          .ifPresent(SseMessage::takenBack);
    }
  }

  private static CompletableFuture<Answer> refused(RefusedException refusal) {
    return CompletableFuture.failedFuture(refusal);
  }

  private @Nullable String sessionId() {
    return session == null ? null : session.wireId();
  }

  private SseMessage send(PostedMessage message, RequestHead head, BufferHold hold) {
    SseMessage made =
        new SseMessage(
            this,
            message,
            hold,
            responder -> Exchange.of(responder, loop(), head, message.body(), hold));
    underWay.add(made);
    if (message.kind() == PostedMessage.Kind.REQUEST && !keepsUp()) {
      // Who does not read what it asked for is given nothing more to read.
      held.add(made);
    } else {
      clients.calls().handle(made.exchange());
    }
    return made;
  }

  /** A whole answer came for a message that wants one. */
  void answered(SseMessage message, Answer answer) {
    switch (message.kind()) {
      case REQUEST -> say(Answers.of(message, answer));
      case OPENING -> {
        say(Answers.of(message, answer));
        opened(answer);
      }
      case STREAM -> {
        // The credential has expired, policy says no, or the session is over; else it is asked for
        // again.
        if (FINAL.contains(answer.status())) {
          end();
        }
      }
      case TOLD -> {}
    }
  }

  private void opened(Answer answer) {
    for (Header header : answer.headers()) {
      if (header.name().equals("mcp-session-id") && session == null) {
        session = clients.session(header.value(), place);
        begun();
      }
    }
  }

  private void begun() {
    if (session != null) {
      clock.opened();
      session.onEnd(sessionOver);
      listen();
    }
  }

  /** The session's own stream, for what belongs to no request. */
  private void listen() {
    String id = sessionId();
    boolean listens = underWay.stream().anyMatch(one -> one.kind() == PostedMessage.Kind.STREAM);
    if (!over && !draining && !listens && id != null) {
      var unused =
          send(
              PostedMessage.stream(),
              InnerHeads.stream(exchange.head(), place.path(), id),
              exchange.hold().another());
    }
  }

  /** The answer to a message broke off. */
  void brokeOff(SseMessage message) {
    if (message.kind() == PostedMessage.Kind.REQUEST
        || message.kind() == PostedMessage.Kind.OPENING) {
      say(Answers.error(message, "the answer broke off"));
    }
  }

  /** The message has its answer, or wants none any more. */
  void over(SseMessage message) {
    underWay.remove(message);
    held.remove(message);
    if (keepsUp() || over || message.message().isTold()) {
      message.hold().release();
    } else {
      unread.add(message.hold());
    }
    switch (message.kind()) {
      case OPENING -> opening = false;
      case STREAM -> {
        var unused = loop().after(STREAM_PAUSE, this::listen);
      }
      case REQUEST, TOLD -> {}
    }
    endIfDrained();
  }

  /** Writes one message to the client. */
  void say(byte[] json) {
    if (!over) {
      stream.message(SseMark.NONE, json);
      clock.said();
    }
  }

  boolean keepsUp() {
    return stream.writable();
  }

  private void caughtUp() {
    unread.forEach(BufferHold::release);
    unread.clear();
    clock.caughtUp();
    List.copyOf(underWay).forEach(SseMessage::caughtUp);
    while (!held.isEmpty() && keepsUp() && !over) {
      clients.calls().handle(held.remove().exchange());
    }
  }

  boolean draining() {
    return draining;
  }

  private void drain() {
    draining = true;
    List.copyOf(underWay).forEach(message -> message.exchange().drain());
    endIfDrained();
  }

  private void endIfDrained() {
    if (draining && underWay.isEmpty()) {
      end();
    }
  }

  /** The session's end would look like the server's failure. */
  private void cancelCalls() {
    for (SseMessage message : underWay) {
      RpcId id = message.message().id();
      Runnable cancellation = session == null || id == null ? null : session.cancellation(id);
      if (cancellation != null) {
        cancellation.run();
      }
    }
  }

  /** Ends the stream, the session, and the wait for what is under way. */
  void end() {
    if (over) {
      return;
    }
    over = true;
    clock.end();
    cancelCalls();
    List.copyOf(underWay).forEach(SseMessage::gone);
    unread.forEach(BufferHold::release);
    unread.clear();
    BoundSession ended = session;
    session = null;
    if (ended != null) {
      ended.forget(sessionOver);
      clients.end(ended);
    }
    if (!exchange.closed()) {
      stream.end();
    }
    whenOver.run();
  }
}

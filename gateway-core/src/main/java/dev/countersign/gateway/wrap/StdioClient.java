// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.wrap;

import dev.countersign.gateway.http.Answer;
import dev.countersign.gateway.http.BufferHold;
import dev.countersign.gateway.http.Exchange;
import dev.countersign.gateway.http.Header;
import dev.countersign.gateway.http.Loop;
import dev.countersign.gateway.http.RequestHandler;
import dev.countersign.gateway.http.RequestHead;
import dev.countersign.gateway.json.JsonLimits;
import dev.countersign.gateway.jsonrpc.RpcId;
import dev.countersign.gateway.jsonrpc.RpcMessage;
import dev.countersign.gateway.jsonrpc.RpcReader;
import dev.countersign.gateway.jsonrpc.RpcRefusedException;
import dev.countersign.gateway.mcp.McpMethod;
import dev.countersign.gateway.mcp.RequestMeta;
import dev.countersign.gateway.stdio.BoundedLines;
import dev.countersign.gateway.stdio.LineWriter;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The client at the other end of two pipes. Each of its lines goes down the call line as an
 * exchange of its own; the session that HTTP clients carry in a header is kept here.
 *
 * <p>{@link #run} blocks the thread that reads. Everything else is confined to one loop.
 */
public final class StdioClient {
  /** Lines that are under way; further ones are not read. */
  private static final int LINES_MAX = 512;

  private static final long UNREAD_BYTES_MAX = 64L << 20;
  private static final long KEEPS_UP_BYTES = 1 << 20;
  private static final Duration STREAM_PAUSE = Duration.ofSeconds(1);
  private static final Duration END_TIME = Duration.ofSeconds(3);

  private final RequestHandler calls;
  private final Supplier<BufferHold> holds;
  private final Loop loop;
  private final Place place;
  private final JsonLimits limits;
  private final InputStream in;
  private final LineWriter out;
  private final Semaphore room = new Semaphore(LINES_MAX);
  private final ArrayDeque<byte[]> waiting = new ArrayDeque<>();
  private final Set<ClientLine> underWay = new LinkedHashSet<>();
  private final CompletableFuture<@Nullable Void> idle = new CompletableFuture<>();
  private final CompletableFuture<@Nullable Void> goodbye = new CompletableFuture<>();
  private final ClientSession session = new ClientSession(this);
  private volatile boolean stalled;
  private volatile boolean closing;
  private @Nullable ClientLine barrier;
  private boolean ended;

  /**
   * Where the client's requests go.
   *
   * @param host what the gateway knows itself by
   * @param path of the route
   */
  public record Place(String host, String path) {}

  /**
   * @param holds makes what each request keeps in memory
   * @param limits of one line
   */
  public StdioClient(
      RequestHandler calls,
      Supplier<BufferHold> holds,
      Loop loop,
      Place place,
      JsonLimits limits,
      InputStream in,
      OutputStream out) {
    this.calls = calls;
    this.holds = holds;
    this.loop = loop;
    this.place = place;
    this.limits = limits;
    this.in = in;
    this.out =
        new LineWriter("countersign-stdout", () -> out, UNREAD_BYTES_MAX, () -> closing = true);
  }

  /**
   * Serves the client until it ends its input; then what is under way may end, too.
   *
   * @param drain how long that may take
   * @throws IOException when the input breaks
   */
  public void run(Duration drain) throws IOException, InterruptedException {
    out.onRoom(this::wrote);
    out.start();
    try {
      new BoundedLines(in, limits.bytesMax()).readTo(new Lines());
    } finally {
      finish(drain);
    }
  }

  private final class Lines implements BoundedLines.Sink {
    @Override
    public void line(byte[] line) {
      if (line.length > 0) {
        room.acquireUninterruptibly();
        loop.execute(
            () -> {
              waiting.add(line);
              next();
            });
      }
    }

    @Override
    public void tooLong(byte[] beginning) {
      loop.execute(() -> say(Answers.error("null", -32600, "a line over limits.body_bytes", "")));
    }
  }

  private void finish(Duration drain) throws InterruptedException {
    loop.execute(
        () -> {
          ended = true;
          checkIdle();
        });
    idle.completeOnTimeout(null, drain.toMillis(), TimeUnit.MILLISECONDS).join();
    closing = true;
    loop.execute(
        () -> {
          List.copyOf(underWay).forEach(ClientLine::gone);
          ClientLine ending = session.ending();
          if (ending == null) {
            goodbye.complete(null);
          } else {
            send(ending, "DELETE", List.of());
          }
        });
    goodbye.completeOnTimeout(null, END_TIME.toMillis(), TimeUnit.MILLISECONDS).join();
    out.close();
    out.awaitClosed(END_TIME);
  }

  /** What the client tells comes in its order: nothing overtakes a message without an answer. */
  private void next() {
    while (barrier == null && !waiting.isEmpty()) {
      take(waiting.remove());
    }
  }

  private void take(byte[] bytes) {
    RpcMessage message;
    try {
      message = RpcReader.read(bytes, limits);
    } catch (RpcRefusedException e) {
      // The call line says what is wrong with it, and counts it.
      send(line(ClientLine.Kind.REQUEST, bytes, e.id(), session.id()), "POST", List.of());
      return;
    }
    switch (message) {
      case RpcMessage.Request request -> request(request, bytes);
      case RpcMessage.Notification notification -> notification(notification, bytes);
      case RpcMessage.Result result -> tell(bytes, false);
      case RpcMessage.Failure failure -> tell(bytes, false);
    }
  }

  private void request(RpcMessage.Request request, byte[] bytes) {
    boolean modern = RequestMeta.claimsModern(request.params());
    boolean opens = !modern && request.method().equals(McpMethod.INITIALIZE.wire());
    if (opens) {
      session.opening(bytes);
      sendAlone(line(ClientLine.Kind.OPENING, bytes, request.id(), null));
    } else if (modern) {
      send(modernLine(ClientLine.Kind.REQUEST, bytes, request.id()), "POST", Mirrors.of(request));
    } else {
      send(line(ClientLine.Kind.REQUEST, bytes, request.id(), session.id()), "POST", List.of());
    }
  }

  private void notification(RpcMessage.Notification notification, byte[] bytes) {
    if (notification.method().equals(McpMethod.CANCELLED.wire()) && cancelled(notification)) {
      room.release();
      return;
    }
    tell(bytes, RequestMeta.claimsModern(notification.params()));
  }

  /** A modern request is taken back by not waiting for its answer any more. */
  private boolean cancelled(RpcMessage.Notification notification) {
    RpcId id = Mirrors.cancelled(notification);
    for (ClientLine one : underWay) {
      if (one.modern && id != null && id.equals(one.id)) {
        one.gone();
        return true;
      }
    }
    return false;
  }

  private void tell(byte[] bytes, boolean modern) {
    if (modern) {
      ClientLine line = modernLine(ClientLine.Kind.TOLD, bytes, null);
      barrier = line;
      send(line, "POST", Mirrors.version());
    } else {
      sendAlone(line(ClientLine.Kind.TOLD, bytes, null, session.id()));
    }
  }

  private ClientLine modernLine(ClientLine.Kind kind, byte[] bytes, @Nullable RpcId id) {
    return new ClientLine(this, kind, bytes, id, null, true, false, holds.get());
  }

  /** A legacy line, or what is said in its place. */
  ClientLine line(
      ClientLine.Kind kind, byte[] bytes, @Nullable RpcId id, @Nullable String inSession) {
    return new ClientLine(this, kind, bytes, id, inSession, false, false, holds.get());
  }

  /** The same line for another session. */
  ClientLine again(ClientLine line, String inSession) {
    return new ClientLine(
        this, line.kind, line.bytes, line.id, inSession, false, true, holds.get());
  }

  /** Sends what no later line may overtake. */
  void sendAlone(ClientLine line) {
    barrier = line;
    send(line, "POST", List.of());
  }

  /** Sends a line down the call line. */
  void send(ClientLine line, String verb, List<Header> mirrors) {
    List<Header> headers = new ArrayList<>(mirrors);
    headers.add(new Header("host", place.host));
    headers.add(new Header("accept", "application/json, text/event-stream"));
    if (verb.equals("POST")) {
      headers.add(new Header("content-type", "application/json"));
    }
    if (line.session != null) {
      headers.add(new Header("mcp-session-id", line.session));
    }
    RequestHead head = new RequestHead(verb, place.path, headers, "local");
    underWay.add(line);
    BufferHold hold = line.hold();
    Exchange exchange = Exchange.of(line, loop, head, line.bytes, hold);
    line.exchange(exchange);
    if (hold.take(line.bytes.length)) {
      calls.handle(exchange);
    } else {
      line.answer(Answer.empty(503));
    }
  }

  /** An answer that is no stream. */
  void answered(ClientLine line, Answer answer) {
    switch (line.kind) {
      case REQUEST, TOLD -> {
        if (session.isLost(line, answer)) {
          session.lost(line);
        } else if (line.kind == ClientLine.Kind.REQUEST) {
          say(Answers.of(line, answer));
        }
      }
      case OPENING -> {
        session.opened(answer);
        say(Answers.of(line, answer));
      }
      case REOPENING -> session.reopened(answer);
      case REOPENED -> session.sendAgain();
      case STREAM, ENDING -> {}
    }
  }

  /** The line has its answer, or wants none any more. */
  void over(ClientLine line) {
    underWay.remove(line);
    switch (line.kind) {
      case REQUEST, OPENING -> letGo(line);
      case TOLD -> {
        letGo(line);
        listen();
      }
      case REOPENED -> listen();
      case STREAM -> {
        var unused = loop.after(STREAM_PAUSE, this::listen);
      }
      case ENDING -> goodbye.complete(null);
      case REOPENING -> {}
    }
    if (barrier == line) {
      barrier = null;
      next();
    }
    checkIdle();
  }

  /** What is sent again takes no further room. */
  private void letGo(ClientLine line) {
    if (!line.again) {
      room.release();
    }
  }

  private static boolean isStream(ClientLine line) {
    return line.kind == ClientLine.Kind.STREAM;
  }

  /** Once the client has said that the session is open. */
  private void listen() {
    if (!closing && underWay.stream().noneMatch(StdioClient::isStream)) {
      ClientLine stream = session.stream();
      if (stream != null) {
        send(stream, "GET", List.of());
      }
    }
  }

  private void checkIdle() {
    if (ended
        && waiting.isEmpty()
        && session.settled()
        && underWay.stream().allMatch(StdioClient::isStream)) {
      idle.complete(null);
    }
  }

  /** Answers a request that nothing else will answer. */
  void fail(ClientLine line, String why) {
    if (line.id != null) {
      say(Answers.error(line.id.json(), -32603, why, ""));
    }
  }

  /** Writes one message to the client. */
  void say(byte[] message) {
    if (message.length > 0 && !out.write(Answers.oneLine(message), null)) {
      closing = true;
    }
  }

  boolean closing() {
    return closing;
  }

  boolean keepsUp() {
    boolean keeps = out.waitingBytes() < KEEPS_UP_BYTES;
    if (!keeps) {
      stalled = true;
    }
    return keeps;
  }

  private void wrote() {
    if (stalled && out.waitingBytes() < KEEPS_UP_BYTES) {
      stalled = false;
      loop.execute(() -> List.copyOf(underWay).forEach(ClientLine::caughtUp));
    }
  }
}

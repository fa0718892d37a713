// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.countersign.gateway.http.HttpObserver.Refused;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** A listener whose handler reads each body and says what it saw. */
final class RawServer implements AutoCloseable {
  static final int BODY_BYTES_MAX = 1000;
  static final int HEADER_BYTES_MAX = 4096;
  static final int STREAMS_MAX = 10;
  private static final long ROOM_BYTES = 100 << 20;
  static final HttpLimits LIMITS =
      new HttpLimits(
          HEADER_BYTES_MAX,
          100,
          STREAMS_MAX,
          Duration.ofSeconds(20),
          Duration.ofSeconds(20),
          Duration.ofSeconds(20),
          true);

  static final HttpLimits HTTP1_ONLY =
      new HttpLimits(
          HEADER_BYTES_MAX,
          LIMITS.connectionsMax(),
          STREAMS_MAX,
          LIMITS.head(),
          LIMITS.body(),
          LIMITS.idle(),
          false);

  /** Heads that the handler was given, as method and target. */
  final List<String> heads = new CopyOnWriteArrayList<>();

  /** Requests that came whole, as method, target and body. */
  final List<String> served = new CopyOnWriteArrayList<>();

  /** Bodies that did not. */
  final List<BodyRefusedException.Why> refusedBodies = new CopyOnWriteArrayList<>();

  /** What the listener turned away. */
  final List<Refused> refused = new CopyOnWriteArrayList<>();

  final AtomicInteger opened = new AtomicInteger();
  final AtomicInteger closed = new AtomicInteger();

  /** Open streams of HTTP/2. */
  final AtomicInteger streams = new AtomicInteger();

  final BufferBudget budget;
  private final EventLoops loops = new EventLoops(1);
  private final HttpListener listener;
  private final int port;

  RawServer() throws IOException {
    this(LIMITS, ServerTls.none());
  }

  RawServer(HttpLimits limits, ServerTls tls) throws IOException {
    this(limits, tls, null);
  }

  /** With another handler. */
  RawServer(RequestHandler handler) throws IOException {
    this(LIMITS, ServerTls.none(), handler);
  }

  /** With other bounds and another handler. */
  RawServer(HttpLimits limits, RequestHandler handler) throws IOException {
    this(limits, ServerTls.none(), handler);
  }

  /** With so much memory for bodies. */
  RawServer(long budgetBytes) throws IOException {
    this(LIMITS, ServerTls.none(), null, budgetBytes, ROOM_BYTES);
  }

  /** With so much memory for connections and streams. */
  static RawServer withRoom(long roomBytes) throws IOException {
    return new RawServer(LIMITS, ServerTls.none(), null, 0, roomBytes);
  }

  private RawServer(HttpLimits limits, ServerTls tls, @Nullable RequestHandler handler)
      throws IOException {
    this(limits, tls, handler, 0, ROOM_BYTES);
  }

  private RawServer(
      HttpLimits limits,
      ServerTls tls,
      @Nullable RequestHandler handler,
      long budgetBytes,
      long roomBytes)
      throws IOException {
    budget = new BufferBudget(() -> budgetBytes);
    RequestHandler used = handler == null ? this::handle : handler;
    listener =
        new HttpListener(
            loops,
            () -> limits,
            tls,
            used,
            new Counting(),
            InstantSource.system(),
            budget,
            () -> roomBytes);
    port = listener.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)).getPort();
  }

  /** A decoder with all the room it wants. */
  static StrictRequestDecoder decoder(int headBytesMax) {
    BufferBudget room = new BufferBudget(() -> 0);
    return new StrictRequestDecoder(headBytesMax, arrived -> {}, () -> new BufferHold(room, room));
  }

  int port() {
    return port;
  }

  HttpListener listener() {
    return listener;
  }

  /** A connection without a socket. */
  EmbeddedPeer embedded(boolean http2) {
    return new EmbeddedPeer(listener, LIMITS, http2);
  }

  private void handle(Exchange exchange) {
    RequestHead head = exchange.head();
    String seen = head.method() + " " + head.target();
    heads.add(seen);
    if (head.target().equals("/at-once")) {
      exchange.answer(new Answer(200, List.of(), seen.getBytes(StandardCharsets.UTF_8)));
      return;
    }
    if (head.target().equals("/fails")) {
      throw new IllegalStateException("as asked");
    }
    var unused =
        exchange
            .body(BODY_BYTES_MAX)
            .whenComplete(
                (body, failure) -> {
                  if (failure instanceof BodyRefusedException why) {
                    refusedBodies.add(why.why());
                    exchange.answer(Answer.empty(400));
                  } else {
                    String whole = seen + " " + new String(body, StandardCharsets.ISO_8859_1);
                    served.add(whole);
                    answer(exchange, whole.getBytes(StandardCharsets.ISO_8859_1));
                  }
                });
  }

  /** At once, or where the target says so after a turn of the loop, so that requests queue up. */
  private static void answer(Exchange exchange, byte[] text) {
    Answer answer = new Answer(200, List.of(new Header("content-type", "text/plain")), text);
    if (exchange.head().target().startsWith("/later")) {
      exchange.loop().execute(() -> exchange.loop().execute(() -> exchange.answer(answer)));
    } else {
      exchange.answer(answer);
    }
  }

  /** Waits for what must come to be, and fails when it does not. */
  static void await(BooleanSupplier condition) {
    long deadline = System.nanoTime() + Duration.ofSeconds(10).toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("deadline").isLessThan(deadline);
      LockSupport.parkNanos(Duration.ofMillis(1).toNanos());
    }
  }

  /** Waits until every connection is gone, also in the counts. */
  void awaitRefused(Refused what) {
    await(() -> refused.contains(what));
  }

  void awaitNoConnections() {
    await(() -> listener.connections() == 0 && opened.get() == closed.get());
  }

  @Override
  public void close() {
    listener.close();
    awaitNoConnections();
    loops.close();
  }

  private final class Counting implements HttpObserver {
    @Override
    public void opened() {
      opened.incrementAndGet();
    }

    @Override
    public void closed() {
      closed.incrementAndGet();
    }

    @Override
    public void streamOpened() {
      streams.incrementAndGet();
    }

    @Override
    public void streamClosed() {
      streams.decrementAndGet();
    }

    @Override
    public void refused(Refused what) {
      refused.add(what);
    }
  }
}

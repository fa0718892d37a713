// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.countersign.gateway.RecordingLeakDetector;
import dev.countersign.gateway.http.HttpObserver.Refused;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** One HTTP/2 connection over its life: streams side by side, bodies, time-outs, drain. */
final class Http2ConnectionTest {
  private static final Duration SHORT = Duration.ofMillis(150);
  private static final Duration LONG = Duration.ofSeconds(20);

  private RawServer server;

  Http2ConnectionTest() throws IOException {
    server = new RawServer();
  }

  @AfterEach
  void stop() {
    server.close();
    assertThat(server.budget.used()).as("what is held in memory").isZero();
    assertThat(server.streams).as("streams counted").hasValue(0);
  }

  @AfterAll
  static void nothingLeaked() {
    RecordingLeakDetector.assertNothingLeaked();
  }

  private void restart(Duration head, Duration body, Duration idle) throws IOException {
    server.close();
    server =
        new RawServer(
            new HttpLimits(
                RawServer.HEADER_BYTES_MAX, 100, RawServer.STREAMS_MAX, head, body, idle, true),
            ServerTls.none());
  }

  private void restart(RequestHandler handler) throws IOException {
    server.close();
    server = new RawServer(handler);
  }

  private Http2Peer peer() throws IOException {
    return new Http2Peer(server.port()).greet();
  }

  @Test
  void answersAsHttp1Does() throws IOException {
    try (Http2Peer peer = peer()) {
      Http2Frames.Reply reply = peer.send(Http2Peer.get(1, "/a?b=c")).reply(1);

      assertThat(reply.verdict).isEqualTo("200");
      assertThat(reply.text()).isEqualTo("GET /a?b=c ");
      assertThat(reply.headers)
          .containsKeys("date")
          .containsEntry("content-type", "text/plain")
          .containsEntry("content-length", "11")
          .doesNotContainKeys("connection", "transfer-encoding");
    }
  }

  @Test
  void tellsTheHandlerTheHostAndOneCookie() throws IOException {
    CompletableFuture<RequestHead> seen = new CompletableFuture<>();
    restart(
        exchange -> {
          seen.complete(exchange.head());
          exchange.answer(Answer.empty(204));
        });
    try (Http2Peer peer = peer()) {
      Http2Frames.Reply reply =
          peer.send(Http2Peer.get(1, "/", "cookie", "a=1", "x", "y", "cookie", "b=2", "x", "z"))
              .reply(1);

      assertThat(reply.verdict).isEqualTo("204");
      assertThat(reply.headers).doesNotContainKey("content-length");
    }
    assertThat(seen.join().header("Host")).isEqualTo("gw");
    assertThat(seen.join().headers("cookie")).containsExactly("a=1; b=2");
    assertThat(seen.join().headers("x")).containsExactly("y", "z");
    assertThat(seen.join().source()).isEqualTo("127.0.0.1");
  }

  @Test
  void sendsNoBodyInAnswerToHead() throws IOException {
    try (Http2Peer peer = peer()) {
      peer.send(
          Http2Peer.frame(
              Http2Peer.HEADERS,
              Http2Peer.END_HEADERS | Http2Peer.END_STREAM,
              1,
              Http2Peer.head("HEAD", "/")));
      Http2Frames.Reply reply = peer.reply(1);

      assertThat(reply.verdict).isEqualTo("200");
      assertThat(reply.headers).containsEntry("content-length", "7");
      assertThat(reply.text()).isEmpty();
    }
  }

  @Test
  void readsBodiesOfStreamsThatAreMixed() throws IOException {
    try (Http2Peer peer = peer()) {
      peer.send(
          Http2Peer.post(1, "/1"),
          Http2Peer.post(3, "/3", "content-length", "4"),
          Http2Peer.data(3, false, "ab"),
          Http2Peer.data(1, false, "x"),
          Http2Peer.get(5, "/5"),
          Http2Peer.data(3, true, "cd"),
          Http2Peer.data(1, true, ""));

      assertThat(peer.reply(1).text()).isEqualTo("POST /1 x");
      assertThat(peer.reply(3).text()).isEqualTo("POST /3 abcd");
      assertThat(peer.reply(5).text()).isEqualTo("GET /5 ");
    }
    assertThat(server.opened).hasValue(1);
  }

  @Test
  void asksForABodyThatTheHandlerWants() throws IOException {
    try (Http2Peer peer = peer()) {
      peer.send(Http2Peer.post(1, "/", "expect", "100-continue"));
      peer.next(Http2Peer.HEADERS);
      assertThat(peer.send(Http2Peer.data(1, true, "abc")).reply(1).text()).isEqualTo("POST / abc");
    }
  }

  @Test
  void takesABodyOfTheGreatestSizeAndNotOneByteMore() throws IOException {
    String most = "a".repeat(RawServer.BODY_BYTES_MAX);
    try (Http2Peer peer = peer()) {
      peer.send(Http2Peer.post(1, "/"), Http2Peer.data(1, true, most));
      peer.send(Http2Peer.post(3, "/"), Http2Peer.data(3, true, most + "a"));
      peer.send(Http2Peer.post(5, "/", "content-length", "1001"));

      assertThat(peer.verdict(1)).isEqualTo("200");
      assertThat(peer.verdict(3)).isEqualTo("400");
      assertThat(peer.verdict(5)).isEqualTo("400");
    }
    server.awaitNoConnections();
    assertThat(server.refused).containsExactly(Refused.BODY_BYTES, Refused.BODY_BYTES);
  }

  @Test
  void tellsTheClientToStopSendingABodyThatNobodyReads() throws IOException {
    try (Http2Peer peer = peer()) {
      peer.send(Http2Peer.post(1, "/at-once"));
      Http2Frames.Reply reply = peer.reply(1);
      assertThat(reply.verdict).isEqualTo("200");
      peer.next(Http2Peer.RST_STREAM);
      assertThat(reply.verdict).isEqualTo("200 RST NO_ERROR");
      assertThat(peer.send(Http2Peer.get(3, "/")).verdict(3)).isEqualTo("200");
    }
    assertThat(server.refused).isEmpty();
  }

  /** 64 KiB wait for a reader; what comes behind stays in the window of the stream. */
  @Test
  void givesBackNoWindowOfABodyThatNobodyReads() throws IOException {
    CompletableFuture<Exchange> kept = new CompletableFuture<>();
    restart(kept::complete);
    try (Http2Peer peer = peer()) {
      peer.send(Http2Peer.post(1, "/"));
      String piece = "a".repeat(16_000);
      for (int i = 0; i < 4; i++) {
        peer.send(Http2Peer.data(1, false, piece));
      }
      peer.sync();
      assertThat(server.budget.used()).isLessThanOrEqualTo(128 << 10);
      peer.send(Http2Peer.data(1, false, "a".repeat(1536)));
      peer.sync();
      CompletableFuture<String> body = new CompletableFuture<>();
      Exchange exchange = kept.join();
      exchange
          .loop()
          .execute(
              () -> {
                var unused =
                    exchange
                        .body(1 << 20)
                        .thenAccept(
                            bytes -> {
                              body.complete("" + bytes.length);
                              exchange.answer(Answer.empty(202));
                            });
              });
      peer.send(Http2Peer.data(1, true, "a"));

      assertThat(peer.verdict(1)).isEqualTo("202");
      assertThat(body.join()).isEqualTo("65537");
    }
  }

  @Test
  void sendsNoMoreThanTheClientHasRoomFor() throws IOException {
    byte[] large = "0123456789abcdef".repeat(8 << 10).getBytes(StandardCharsets.US_ASCII);
    restart(exchange -> exchange.answer(new Answer(200, List.of(), large)));
    try (Http2Peer peer = peer()) {
      peer.send(Http2Peer.get(1, "/"));
      int came = 0;
      while (came < 65_535) {
        Http2Frames.Frame frame = peer.next(Http2Peer.DATA);
        came += frame.payload().length;
      }
      peer.sync();
      assertThat(came).isEqualTo(65_535);
      peer.send(
          Http2Peer.frame(Http2Peer.WINDOW_UPDATE, 0, 0, Http2Peer.number(1 << 20)),
          Http2Peer.frame(Http2Peer.WINDOW_UPDATE, 0, 1, Http2Peer.number(1 << 20)));

      assertThat(peer.reply(1).body.size()).isEqualTo(large.length);
    }
  }

  @Test
  void letsGoOfAnAnswerThatIsNotRead() throws IOException {
    byte[] large = new byte[1 << 20];
    server.close();
    server =
        new RawServer(
            new HttpLimits(RawServer.HEADER_BYTES_MAX, 100, 10, LONG, LONG, SHORT, true),
            exchange -> {
              assertThat(exchange.hold().take(1000)).isTrue();
              exchange.answer(new Answer(200, List.of(), large));
            });
    try (Http2Peer peer = peer()) {
      assertThat(peer.send(Http2Peer.get(1, "/")).verdict(1)).isEqualTo("200 RST CANCEL");
      assertThat(peer.rest()).isEqualTo("GOAWAY NO_ERROR");
    }
  }

  @Test
  void flushesEachPieceOfAStream() throws IOException {
    CompletableFuture<EncodedStream> open = new CompletableFuture<>();
    CompletableFuture<Exchange> kept = new CompletableFuture<>();
    restart(
        exchange -> {
          kept.complete(exchange);
          open.complete(
              (EncodedStream)
                  exchange.stream(200, List.of(new Header("Content-Type", "text/event-stream"))));
        });
    try (Http2Peer peer = peer()) {
      peer.send(Http2Peer.get(1, "/"));
      RawServer.await(() -> open.isDone());
      for (String piece : List.of("one", "two", "three")) {
        kept.join().loop().execute(() -> open.join().write(piece.getBytes(StandardCharsets.UTF_8)));
        Http2Frames.Frame frame = peer.next(Http2Peer.DATA);
        assertThat(new String(frame.payload(), StandardCharsets.UTF_8)).isEqualTo(piece);
      }
      kept.join().loop().execute(() -> open.join().end());

      Http2Frames.Reply reply = peer.reply(1);
      assertThat(reply.verdict).isEqualTo("200");
      assertThat(reply.headers)
          .containsEntry("content-type", "text/event-stream")
          .containsKey("date")
          .doesNotContainKey("content-length");
    }
  }

  @Test
  void stopsTheWriterOfAStreamThatIsNotReadAndWakesIt() throws IOException {
    AtomicInteger woken = new AtomicInteger();
    CompletableFuture<EncodedStream> open = new CompletableFuture<>();
    restart(
        exchange -> {
          EncodedStream stream = (EncodedStream) exchange.stream(200, List.of());
          stream.onWritable(
              () -> {
                woken.incrementAndGet();
                writeAll(stream);
              });
          writeAll(stream);
          open.complete(stream);
        });
    try (Http2Peer peer = peer()) {
      peer.send(Http2Peer.get(1, "/"));
      // What fits into the window of a new stream goes out, however often the writer is woken.
      for (int got = 0; got < 65_535; ) {
        got += peer.next(Http2Peer.DATA).payload().length;
      }
      RawServer.await(() -> !open.join().writable());
      int before = woken.get();
      peer.send(
          Http2Peer.frame(Http2Peer.WINDOW_UPDATE, 0, 0, Http2Peer.number(1 << 20)),
          Http2Peer.frame(Http2Peer.WINDOW_UPDATE, 0, 1, Http2Peer.number(1 << 20)));
      peer.sync();
      RawServer.await(() -> woken.get() > before);
    }
  }

  private static void writeAll(EncodedStream stream) {
    while (stream.writable()) {
      stream.write(new byte[10_000]);
    }
  }

  @Test
  void breaksOffAStreamSoThatItDoesNotLookWhole() throws IOException {
    restart(
        exchange -> {
          EncodedStream stream = (EncodedStream) exchange.stream(200, List.of());
          stream.write(new byte[1]);
          stream.abort();
        });
    try (Http2Peer peer = peer()) {
      assertThat(peer.send(Http2Peer.get(1, "/")).verdict(1)).isEqualTo("200 RST INTERNAL_ERROR");
    }
  }

  @Test
  void tellsTheHandlerThatTheClientLeft() throws IOException {
    List<String> closed = new CopyOnWriteArrayList<>();
    AtomicInteger begun = new AtomicInteger();
    restart(
        exchange -> {
          assertThat(exchange.hold().take(1000)).isTrue();
          exchange.onClosed(() -> closed.add(exchange.head().target()));
          begun.incrementAndGet();
        });
    try (Http2Peer peer = peer()) {
      peer.send(Http2Peer.get(1, "/1"), Http2Peer.get(3, "/3"), Http2Peer.get(5, "/5"));
      RawServer.await(() -> begun.get() == 3);
      peer.send(Http2Peer.reset(3));
      RawServer.await(() -> closed.contains("/3"));
      assertThat(closed).hasSize(1);
    }
    // The streams of a connection end just after it.
    RawServer.await(() -> closed.size() == 3);
    assertThat(closed).containsExactlyInAnyOrder("/3", "/1", "/5");
  }

  @Test
  void answersFailuresOfAHandler() throws IOException {
    try (Http2Peer peer = peer()) {
      assertThat(peer.send(Http2Peer.get(1, "/fails")).verdict(1)).isEqualTo("500");
      assertThat(peer.send(Http2Peer.get(3, "/")).verdict(3)).isEqualTo("200");
    }
  }

  @Test
  void refusesStreamsOverTheBoundBeforeTheSettingsAreKnown() throws IOException {
    restart(exchange -> {});
    try (Http2Peer peer = peer()) {
      int last = 2 * RawServer.STREAMS_MAX + 1;
      for (int stream = 1; stream <= last; stream += 2) {
        peer.send(Http2Peer.get(stream, "/"));
      }
      assertThat(peer.verdict(last)).isEqualTo("RST REFUSED_STREAM");
      assertThat(server.streams).hasValue(RawServer.STREAMS_MAX);
      assertThat(server.refused).containsExactly(Refused.STREAMS);
    }
  }

  @Test
  void refusesABodyThatComesTooSlowly() throws IOException {
    restart(LONG, SHORT, LONG);
    try (Http2Peer peer = peer()) {
      peer.send(Http2Peer.post(1, "/"), Http2Peer.data(1, false, "ab"));

      assertThat(peer.verdict(1)).isEqualTo("400");
    }
    assertThat(server.refusedBodies).containsExactly(BodyRefusedException.Why.TIMEOUT);
    assertThat(server.refused).containsExactly(Refused.BODY_TIMEOUT);
  }

  @Test
  void closesAConnectionThatOnlySentAPreface() throws IOException {
    restart(SHORT, LONG, LONG);
    try (Http2Peer peer = new Http2Peer(server.port())) {
      peer.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
      assertThat(peer.rest()).isEqualTo("closed");
    }
    server.awaitNoConnections();
    assertThat(server.refused).containsExactly(Refused.HEAD_TIMEOUT);
  }

  @Test
  void closesAConnectionThatBeginsAHeadAndDoesNotEndIt() throws IOException {
    restart(SHORT, LONG, LONG);
    byte[] head = Http2Peer.get(1, "/");
    for (byte[] begin :
        List.of(
            Arrays.copyOf(head, 5),
            Arrays.copyOf(head, 20),
            Http2Peer.frame(Http2Peer.HEADERS, 0, 1, Http2Peer.head("GET", "/")))) {
      try (Http2Peer peer = peer().send(begin)) {
        assertThat(peer.rest()).isEqualTo("closed");
      }
    }
    server.awaitNoConnections();
    assertThat(server.refused)
        .containsExactly(Refused.HEAD_TIMEOUT, Refused.HEAD_TIMEOUT, Refused.HEAD_TIMEOUT);
    assertThat(server.heads).isEmpty();
  }

  /** Pings are no reason to keep a connection. */
  @Test
  void closesAConnectionThatIdles() throws IOException {
    restart(LONG, LONG, SHORT);
    try (Http2Peer peer = peer()) {
      assertThat(peer.send(Http2Peer.get(1, "/")).verdict(1)).isEqualTo("200");
      assertThat(peer.rest()).isEqualTo("GOAWAY NO_ERROR");
    }
    try (Http2Peer silent = peer()) {
      assertThat(silent.rest()).isEqualTo("GOAWAY NO_ERROR");
    }
    assertThat(server.refused).isEmpty();
  }

  @Test
  void letsOpenStreamsFinishWhenItDrains() throws Exception {
    try (Http2Peer idle = peer();
        Http2Peer busy = peer()) {
      assertThat(idle.send(Http2Peer.get(1, "/")).verdict(1)).isEqualTo("200");
      busy.send(Http2Peer.post(1, "/"), Http2Peer.data(1, false, "ab"));
      RawServer.await(() -> server.heads.size() == 2);
      CompletableFuture<Integer> cut =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return server.listener().drain(LONG);
                } catch (InterruptedException e) {
                  throw new IllegalStateException(e);
                }
              });

      assertThat(idle.rest()).isEqualTo("GOAWAY NO_ERROR");
      busy.next(Http2Peer.GOAWAY);
      // Sent when the client did not know yet: it is told nothing, and may try elsewhere.
      busy.send(Http2Peer.get(3, "/late"), Http2Peer.data(1, true, "c"));
      assertThat(busy.reply(1).text()).isEqualTo("POST / abc");
      assertThat(busy.rest()).isEqualTo("GOAWAY NO_ERROR");
      assertThat(cut.get()).isZero();
    }
    assertThat(server.heads).doesNotContain("GET /late");
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.countersign.gateway.RecordingLeakDetector;
import dev.countersign.gateway.http.HttpObserver.Refused;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One connection over its life: requests in a row, bodies, time-outs, drain. */
final class HttpConnectionTest {
  private static final Duration SHORT = Duration.ofMillis(150);
  private static final Duration LONG = Duration.ofSeconds(20);

  private RawServer server;

  HttpConnectionTest() throws IOException {
    server = new RawServer();
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @AfterAll
  static void nothingLeaked() {
    RecordingLeakDetector.assertNothingLeaked();
  }

  private void restart(int connectionsMax, Duration head, Duration body, Duration idle)
      throws IOException {
    server.close();
    server =
        new RawServer(
            new HttpLimits(
                RawServer.HEADER_BYTES_MAX,
                connectionsMax,
                RawServer.STREAMS_MAX,
                head,
                body,
                idle,
                false),
            ServerTls.none());
  }

  private static String get(String target) {
    return "GET " + target + " HTTP/1.1\r\nHost: gw\r\n\r\n";
  }

  private static String post(String target, String headers, String body) {
    return "POST " + target + " HTTP/1.1\r\nHost: gw\r\n" + headers + "\r\n" + body;
  }

  private static String length(int length) {
    return "Content-Length: " + length + "\r\n";
  }

  @ParameterizedTest
  @ValueSource(strings = {"/", "/later", "/at-once"})
  void keepsTheConnectionForTheNextRequest(String target) throws IOException {
    try (RawClient client = new RawClient(server.port())) {
      for (int i = 0; i < 5; i++) {
        client.send(get(target));
        assertThat(client.answer()).startsWith("HTTP/1.1 200").doesNotContain("connection: close");
      }
    }
    assertThat(server.opened).hasValue(1);
    assertThat(server.heads).hasSize(5);
  }

  @Test
  void answersRequestsThatWereSentAheadInTheirOrder() throws IOException {
    StringBuilder ahead = new StringBuilder();
    for (int i = 0; i < 200; i++) {
      ahead.append(
          i % 3 == 0
              ? post(i % 2 == 0 ? "/later" + i : "/" + i, length(3), "abc")
              : get(i % 2 == 0 ? "/later" + i : "/" + i));
    }
    try (RawClient client = new RawClient(server.port())) {
      client.send(ahead.toString());
      for (int i = 0; i < 200; i++) {
        assertThat(client.answer())
            .contains((i % 3 == 0 ? "POST" : "GET") + (i % 2 == 0 ? " /later" : " /") + i + " ");
      }
    }
    assertThat(server.served).hasSize(200);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/", "/later", "/at-once"})
  void handlesNothingAfterARequestThatWantedToBeTheLast(String target) throws IOException {
    String last = "GET " + target + " HTTP/1.1\r\nHost: gw\r\nConnection: close\r\n\r\n";
    try (RawClient client = new RawClient(server.port())) {
      client.send(last + get("/next") + get("/next"));

      assertThat(client.rest()).startsWith("HTTP/1.1 200").containsOnlyOnce("HTTP/1.1 200");
    }
    assertThat(server.heads).containsExactly("GET " + target);
  }

  @Test
  void asksForABodyThatTheHandlerWants() throws IOException {
    try (RawClient client = new RawClient(server.port())) {
      client.send(post("/", length(3) + "Expect: 100-Continue\r\n", ""));
      assertThat(client.answer()).startsWith("HTTP/1.1 100 Continue");
      client.send("abc");

      assertThat(client.answer()).startsWith("HTTP/1.1 200").endsWith("POST / abc");
      client.send(get("/next"));
      assertThat(client.answer()).endsWith("GET /next ");
    }
  }

  @Test
  void doesNotAskForABodyThatNobodyReads() throws IOException {
    try (RawClient client = new RawClient(server.port())) {
      client.send(post("/at-once", length(3) + "Expect: 100-continue\r\n", ""));

      assertThat(client.answer()).startsWith("HTTP/1.1 200").contains("connection: close");
      assertThat(client.rest()).isEmpty();
    }
  }

  @Test
  void doesNotAskForABodyOfNothing() throws IOException {
    try (RawClient client = new RawClient(server.port())) {
      client.send(post("/", length(0) + "Expect: 100-continue\r\n", ""));

      assertThat(client.answer()).startsWith("HTTP/1.1 200");
    }
  }

  /** A client that asked with HEAD would read a body as the next answer. */
  @Test
  void sendsNoBodyInAnswerToHead() throws IOException {
    String answers =
        RawClient.exchange(server.port(), "HEAD / HTTP/1.1\r\nHost: gw\r\n\r\n" + get("/next"));
    String[] parts = answers.split("\r\n\r\n", -1);

    assertThat(parts).hasSize(3);
    assertThat(parts[0]).startsWith("HTTP/1.1 200").contains("content-length: 7");
    assertThat(parts[1]).startsWith("HTTP/1.1 200");
    assertThat(parts[2]).isEqualTo("GET /next ");
  }

  @Test
  void takesABodyOfTheGreatestSizeAndNotOneByteMore() throws IOException {
    String most = "a".repeat(RawServer.BODY_BYTES_MAX);

    assertThat(RawClient.exchange(server.port(), post("/", length(1000), most)))
        .startsWith("HTTP/1.1 200");
    assertThat(RawClient.exchange(server.port(), post("/", length(1001), most + "a")))
        .startsWith("HTTP/1.1 400");
    assertThat(RawClient.exchange(server.port(), chunked("3e8\r\n" + most + "\r\n0\r\n\r\n")))
        .startsWith("HTTP/1.1 200");
    assertThat(
            RawClient.exchange(
                server.port(), chunked("3e8\r\n" + most + "\r\n1\r\na\r\n0\r\n\r\n")))
        .startsWith("HTTP/1.1 400");

    assertThat(server.refusedBodies)
        .containsExactly(BodyRefusedException.Why.TOO_LARGE, BodyRefusedException.Why.TOO_LARGE);
    assertThat(server.refused).containsExactly(Refused.BODY_BYTES, Refused.BODY_BYTES);
  }

  private static String chunked(String chunks) {
    return post("/", "Transfer-Encoding: chunked\r\n", chunks);
  }

  @Test
  void refusesABodyThatIsAnnouncedTooLargeBeforeItComes() throws IOException {
    try (RawClient client = new RawClient(server.port())) {
      client.send(post("/", length(Integer.MAX_VALUE), ""));

      assertThat(client.answer()).startsWith("HTTP/1.1 400").contains("connection: close");
    }
    assertThat(server.refused).containsExactly(Refused.BODY_BYTES);
  }

  @Test
  void countsABodyThatIsTooLargeOnceHoweverManyPiecesCome() throws IOException {
    String chunks = "64\r\n" + "a".repeat(100) + "\r\n";
    try (RawClient client = new RawClient(server.port())) {
      client.send(chunked(chunks.repeat(50) + "0\r\n\r\n"));
      assertThat(client.answer()).startsWith("HTTP/1.1 400").contains("connection: close");
    }
    server.awaitNoConnections();
    assertThat(server.refused).containsExactly(Refused.BODY_BYTES);
  }

  @Test
  void answersEarlyAndReadsABitOfWhatIsStillSent() throws IOException {
    try (RawClient client = new RawClient(server.port())) {
      client.send(post("/at-once", length(300_000), "a".repeat(300_000)));

      assertThat(client.answer()).startsWith("HTTP/1.1 200").contains("connection: close");
      assertThat(client.rest()).isEmpty();
    }
    assertThat(server.heads).hasSize(1);
  }

  @Test
  void answersFailuresOfAHandlerAndCloses() throws IOException {
    String answer = RawClient.exchange(server.port(), get("/fails") + get("/next"));

    assertThat(answer).startsWith("HTTP/1.1 500").contains("connection: close");
    assertThat(answer).doesNotContain("as asked", "Exception");
    assertThat(server.heads).containsExactly("GET /fails");
  }

  @Test
  void tellsTheReaderOfABodyThatTheClientLeft() throws IOException {
    try (RawClient client = new RawClient(server.port())) {
      client.send(post("/", length(3), "ab"));
      RawServer.await(() -> !server.heads.isEmpty());
    }
    server.awaitNoConnections();

    assertThat(server.refusedBodies).containsExactly(BodyRefusedException.Why.CLOSED);
  }

  @Test
  void closesAConnectionThatSaysNothing() throws IOException {
    restart(10, SHORT, LONG, LONG);
    try (RawClient client = new RawClient(server.port())) {
      assertThat(client.rest()).isEmpty();
    }
    assertThat(server.refused).containsExactly(Refused.HEAD_TIMEOUT);
  }

  @Test
  void closesAConnectionWhoseHeadComesTooSlowly() throws IOException {
    restart(10, SHORT, LONG, LONG);
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
      assertThat(closedWhileDribbling(socket, get("/").substring(0, 20))).isTrue();
    }
    server.awaitNoConnections();
    assertThat(server.refused).containsExactly(Refused.HEAD_TIMEOUT);
    assertThat(server.heads).isEmpty();
  }

  @Test
  void closesAConnectionWhoseSecondHeadComesTooSlowly() throws IOException {
    restart(10, SHORT, LONG, LONG);
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
      RawClient client = new RawClient(socket);
      client.send(get("/first"));
      assertThat(client.answer()).startsWith("HTTP/1.1 200");

      assertThat(closedWhileDribbling(socket, get("/").substring(0, 20))).isTrue();
    }
    server.awaitNoConnections();
    assertThat(server.refused).containsExactly(Refused.HEAD_TIMEOUT);
    assertThat(server.heads).containsExactly("GET /first");
  }

  /** Sends a byte each time nothing was read for a while, for at most ten seconds. */
  private static boolean closedWhileDribbling(Socket socket, String start) throws IOException {
    socket.setSoTimeout(20);
    for (int sent = 0; sent < 500; sent++) {
      if (closedAfter(socket, sent < start.length() ? start.charAt(sent) : 'a')) {
        return true;
      }
    }
    return false;
  }

  private static boolean closedAfter(Socket socket, char next) {
    try {
      socket.getOutputStream().write(next);
      return socket.getInputStream().read() < 0;
    } catch (SocketTimeoutException stillOpen) {
      return false;
    } catch (IOException broken) {
      return true;
    }
  }

  @Test
  void closesAConnectionThatIdles() throws IOException {
    restart(10, LONG, LONG, SHORT);
    try (RawClient client = new RawClient(server.port())) {
      client.send(get("/"));
      assertThat(client.answer()).startsWith("HTTP/1.1 200");
      assertThat(client.rest()).isEmpty();
    }
    assertThat(server.refused).isEmpty();
  }

  @Test
  void refusesABodyThatComesTooSlowly() throws IOException {
    restart(10, LONG, SHORT, LONG);
    try (RawClient client = new RawClient(server.port())) {
      client.send(post("/", length(3), "ab"));

      assertThat(client.answer()).startsWith("HTTP/1.1 400").contains("connection: close");
    }
    assertThat(server.refusedBodies).containsExactly(BodyRefusedException.Why.TIMEOUT);
    assertThat(server.refused).containsExactly(Refused.BODY_TIMEOUT);
  }

  @Test
  void takesAsManyConnectionsAsAllowedAndNotOneMore() throws IOException {
    restart(2, LONG, LONG, LONG);
    try (RawClient first = new RawClient(server.port());
        RawClient second = new RawClient(server.port())) {
      assertThat(first.send(get("/1")).answer()).startsWith("HTTP/1.1 200");
      assertThat(second.send(get("/2")).answer()).startsWith("HTTP/1.1 200");
      try (RawClient third = new RawClient(server.port())) {
        assertThat(third.rest()).isEmpty();
      }
      assertThat(server.refused).containsExactly(Refused.CONNECTIONS);
      assertThat(server.listener().connections()).isEqualTo(2);
      first.hangUp();
      RawServer.await(() -> server.listener().connections() == 1);
      try (RawClient fourth = new RawClient(server.port())) {
        assertThat(fourth.send(get("/4")).answer()).startsWith("HTTP/1.1 200");
      }
    }
  }

  @Test
  void letsAnOpenExchangeFinishWhenItDrains() throws Exception {
    try (RawClient idle = new RawClient(server.port());
        RawClient busy = new RawClient(server.port())) {
      assertThat(idle.send(get("/")).answer()).startsWith("HTTP/1.1 200");
      busy.send(post("/", length(3), "ab"));
      RawServer.await(() -> server.heads.size() == 2);
      CompletableFuture<Integer> cut = new CompletableFuture<>();
      Thread drain =
          Thread.ofPlatform()
              .start(
                  () -> {
                    try {
                      cut.complete(server.listener().drain(LONG));
                    } catch (InterruptedException e) {
                      cut.completeExceptionally(e);
                    }
                  });

      assertThat(idle.rest()).isEmpty();
      busy.send("c");
      assertThat(busy.answer()).endsWith("POST / abc").contains("connection: close");
      assertThat(busy.rest()).isEmpty();
      assertThat(cut.get()).isZero();
      drain.join();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "Connection: close\r\n"})
  void drainDoesNotCutAnAnswerThatIsStillBeingRead(String header) throws Exception {
    byte[] large = new byte[16 << 20];
    AtomicInteger answered = new AtomicInteger();
    try (RawServer slow =
            new RawServer(
                exchange -> {
                  exchange.answer(new Answer(200, List.of(), large));
                  answered.incrementAndGet();
                });
        RawClient client = new RawClient(slow.port());
        RawClient idle = new RawClient(slow.port())) {
      RawServer.await(() -> slow.opened.get() == 2);
      client.send("GET / HTTP/1.1\r\nHost: gw\r\n" + header + "\r\n");
      RawServer.await(() -> answered.get() == 1);
      CompletableFuture<Integer> cut =
          CompletableFuture.supplyAsync(
              () -> {
                try {
                  return slow.listener().drain(LONG);
                } catch (InterruptedException e) {
                  throw new IllegalStateException(e);
                }
              });
      // The drain has come to the connections when it has let go of an idle one.
      assertThat(idle.rest()).isEmpty();

      assertThat(client.answer().length()).isGreaterThan(large.length);
      assertThat(client.rest()).isEmpty();
      assertThat(cut.get()).isZero();
    }
  }

  @Test
  void takesNoFurtherRequestOfAClientThatHasNotReadItsAnswer() throws IOException {
    List<Long> heldByOthers = new CopyOnWriteArrayList<>();
    AtomicReference<RawServer> self = new AtomicReference<>();
    byte[] large = new byte[16 << 20];
    try (RawServer slow =
        new RawServer(
            exchange -> {
              heldByOthers.add(Objects.requireNonNull(self.get()).budget.used());
              assertThat(exchange.hold().take(1000)).isTrue();
              exchange.answer(new Answer(200, List.of(), large));
            })) {
      self.set(slow);
      try (RawClient client = new RawClient(slow.port())) {
        client.send(get("/") + get("/") + get("/"));
        for (int i = 0; i < 3; i++) {
          assertThat(client.answer()).startsWith("HTTP/1.1 200");
        }
      }
      assertThat(heldByOthers).containsExactly(0L, 0L, 0L);
      slow.awaitNoConnections();
    }
  }
}

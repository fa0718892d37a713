// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.countersign.gateway.RecordingLeakDetector;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Answers that come piece by piece. */
final class HttpStreamTest {
  private static final String GET = "GET / HTTP/1.1\r\nHost: gw\r\n\r\n";

  private final LinkedBlockingQueue<Exchange> exchanges = new LinkedBlockingQueue<>();
  private final RawServer server = new RawServer(exchanges::add);

  HttpStreamTest() throws IOException {}

  @AfterEach
  void stop() {
    server.close();
  }

  @AfterAll
  static void nothingLeaked() {
    RecordingLeakDetector.assertNothingLeaked();
  }

  private Exchange next() throws InterruptedException {
    return requireNonNull(exchanges.poll(10, TimeUnit.SECONDS), "no request");
  }

  private static EncodedStream begin(Exchange exchange) {
    return CompletableFuture.supplyAsync(
            () -> (EncodedStream) exchange.stream(200, List.of()), exchange.loop())
        .join();
  }

  private static void on(Exchange exchange, Runnable task) {
    CompletableFuture.runAsync(task, exchange.loop()).join();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }

  @Test
  void sendsTheHeadAtOnceAndEachPieceWhenItIsWritten() throws Exception {
    try (RawClient client = new RawClient(server.port())) {
      client.send(GET);
      Exchange exchange = next();
      EncodedStream stream = begin(exchange);
      assertThat(client.answer())
          .startsWith("HTTP/1.1 200 OK")
          .contains("transfer-encoding: chunked")
          .doesNotContain("content-length");
      on(exchange, () -> stream.write(bytes("abc")));
      assertThat(client.read(8)).isEqualTo("3\r\nabc\r\n");
      on(exchange, stream::end);
      assertThat(client.read(5)).isEqualTo("0\r\n\r\n");
    }
  }

  @Test
  void takesTheNextRequestWhenAStreamHasEnded() throws Exception {
    try (RawClient client = new RawClient(server.port())) {
      client.send(GET + GET);
      Exchange first = next();
      EncodedStream stream = begin(first);
      assertThat(client.answer()).startsWith("HTTP/1.1 200 OK");
      assertThat(exchanges).isEmpty();
      on(first, stream::end);
      assertThat(client.read(5)).isEqualTo("0\r\n\r\n");
      Exchange second = next();
      on(second, () -> second.answer(Answer.empty(202)));

      assertThat(client.answer()).startsWith("HTTP/1.1 202 Accepted");
    }
  }

  @Test
  void ignoresWhatIsWrittenAfterTheEnd() throws Exception {
    try (RawClient client = new RawClient(server.port())) {
      client.send(GET);
      Exchange exchange = next();
      EncodedStream stream = begin(exchange);
      on(
          exchange,
          () -> {
            stream.end();
            stream.write(bytes("late"));
            stream.end();
            exchange.answer(Answer.empty(500));
          });
      client.answer();
      client.noMore();

      assertThat(client.rest()).isEqualTo("0\r\n\r\n");
    }
  }

  @Test
  void beginsNoSecondAnswer() throws Exception {
    try (RawClient client = new RawClient(server.port())) {
      client.send(GET);
      Exchange exchange = next();
      on(exchange, () -> exchange.answer(Answer.empty(200)));

      assertThatThrownBy(() -> begin(exchange)).hasRootCauseInstanceOf(IllegalStateException.class);
      assertThat(client.answer()).startsWith("HTTP/1.1 200 OK");
    }
  }

  /** Without the last chunk no client takes a broken stream for a whole one. */
  @Test
  void breaksTheConnectionOfAStreamThatIsAborted() throws Exception {
    try (RawClient client = new RawClient(server.port())) {
      client.send(GET);
      Exchange exchange = next();
      EncodedStream stream = begin(exchange);
      on(exchange, () -> stream.write(bytes("abc")));
      on(exchange, stream::abort);
      client.answer();

      assertThat(client.rest()).doesNotContain("0\r\n\r\n");
    }
  }

  @Test
  void noticesThatTheClientHasLeft() throws Exception {
    CompletableFuture<String> left = new CompletableFuture<>();
    Exchange exchange;
    EncodedStream stream;
    try (RawClient client = new RawClient(server.port())) {
      client.send(GET);
      exchange = next();
      stream = begin(exchange);
      on(exchange, () -> exchange.onClosed(() -> left.complete("left")));
      client.answer();
    }

    assertThat(left.get(10, TimeUnit.SECONDS)).isEqualTo("left");
    assertThat(exchange.closed()).isTrue();
    AtomicInteger late = new AtomicInteger();
    on(
        exchange,
        () -> {
          exchange.onClosed(late::incrementAndGet);
          stream.write(bytes("to nobody"));
          stream.end();
        });
    assertThat(late).hasValue(1);
  }

  @Test
  void doesNotTellOfLeavingWhatHasBeenAnswered() throws Exception {
    AtomicInteger left = new AtomicInteger();
    try (RawClient client = new RawClient(server.port())) {
      client.send(GET);
      Exchange exchange = next();
      on(
          exchange,
          () -> {
            exchange.onClosed(left::incrementAndGet);
            exchange.answer(Answer.empty(200));
          });
      client.answer();
    }
    server.awaitNoConnections();

    assertThat(left).hasValue(0);
  }

  @Test
  void saysWhenAClientIsSlowAndWhenItHasCaughtUp() throws Exception {
    byte[] piece = new byte[1 << 16];
    try (RawClient client = new RawClient(server.port())) {
      client.send(GET);
      Exchange exchange = next();
      EncodedStream stream = begin(exchange);
      CompletableFuture<String> caughtUp = new CompletableFuture<>();
      AtomicInteger pieces = new AtomicInteger();
      on(
          exchange,
          () -> {
            stream.onWritable(() -> caughtUp.complete("caught up"));
            while (stream.writable() && pieces.get() < 1000) {
              stream.write(piece);
              pieces.incrementAndGet();
            }
          });
      assertThat(pieces.get()).as("pieces of 64 KiB until it was slow").isLessThan(1000);
      client.answer();
      for (int i = 0; i < pieces.get(); i++) {
        client.read(5 + 2 + piece.length + 2);
      }

      assertThat(caughtUp.get(10, TimeUnit.SECONDS)).isEqualTo("caught up");
      on(exchange, stream::end);
      assertThat(client.read(5)).isEqualTo("0\r\n\r\n");
    }
  }

  @Test
  void tellsAnOpenExchangeThatTheListenerDrains() throws Exception {
    try (RawClient client = new RawClient(server.port())) {
      client.send(GET);
      Exchange exchange = next();
      EncodedStream stream = begin(exchange);
      on(exchange, () -> exchange.onDrain(stream::end));
      assertThat(server.listener().drain(Duration.ofSeconds(20))).isZero();
      client.answer();

      assertThat(client.rest()).isEqualTo("0\r\n\r\n");
    }
  }

  @Test
  void cutsAnExchangeThatDoesNotEndInTime() throws Exception {
    try (RawClient client = new RawClient(server.port())) {
      client.send(GET);
      begin(next());
      client.answer();
      assertThat(server.listener().drain(Duration.ofMillis(50))).isEqualTo(1);

      assertThat(client.rest()).isEmpty();
    }
  }
}

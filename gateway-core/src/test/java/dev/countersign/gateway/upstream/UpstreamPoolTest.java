// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.upstream;

import static dev.countersign.gateway.upstream.ScriptedServer.OK;
import static dev.countersign.gateway.upstream.ScriptedServer.answering;
import static dev.countersign.gateway.upstream.UpstreamBench.LIMITS;
import static dev.countersign.gateway.upstream.UpstreamBench.plain;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.countersign.gateway.RecordingLeakDetector;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Connections: which are used again, which never, and that no call is sent twice. */
final class UpstreamPoolTest {
  private static final String UNASKED = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil";
  private static final Duration SHORT = Duration.ofMillis(150);
  private static final Duration LONG = Duration.ofSeconds(20);

  private final UpstreamBench bench = new UpstreamBench();

  @AfterEach
  void close() {
    bench.close();
  }

  @AfterAll
  static void nothingLeaked() {
    RecordingLeakDetector.assertNothingLeaked();
  }

  @Test
  void usesAConnectionAgain() throws Exception {
    try (ScriptedServer server = new ScriptedServer(answering(OK))) {
      for (int i = 0; i < 10; i++) {
        assertThat(bench.send(server, "call-" + i).whole()).isEqualTo("ok");
      }
      assertThat(server.connections).hasValue(1);
      assertThat(bench.pools.connections()).isEqualTo(1);
      assertThat(server.requests).hasSize(10);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nKeep-Alive: timeout=1\r\n\r\nok",
        "HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok!",
        OK + UNASKED
      })
  void usesAConnectionOnceThatCannotBeTrustedFurther(String answer) throws Exception {
    try (ScriptedServer server = new ScriptedServer(answering(answer))) {
      for (int i = 0; i < 3; i++) {
        assertThat(bench.send(server, "call").whole()).isEqualTo("ok");
        UpstreamBench.await(() -> bench.pools.connections() == 0);
      }
      assertThat(server.connections).hasValue(3);
    }
  }

  /** The next call begins in the very moment the reply ends; what came with it is not its reply. */
  @Test
  void takesNoReplyThatCameBeforeItsCall() throws Exception {
    ReplyRecord second = new ReplyRecord();
    try (ScriptedServer server = new ScriptedServer(answering(OK + UNASKED))) {
      bench.send(
          plain(server),
          LIMITS,
          "first",
          new ReplyRecord() {
            @Override
            public void end() {
              super.end();
              bench.send(plain(server), LIMITS, "second", second, exchange -> {});
            }
          },
          exchange -> {});

      assertThat(second.whole()).isEqualTo("ok");
      assertThat(server.requests).containsExactly("first", "second");
    }
  }

  @Test
  void leavesAConnectionThatTheServerHasClosed() throws Exception {
    try (ScriptedServer server =
        new ScriptedServer(
            peer -> {
              peer.request();
              peer.send(OK);
            })) {
      for (int i = 0; i < 3; i++) {
        assertThat(bench.send(server, "call").whole()).isEqualTo("ok");
        UpstreamBench.await(() -> bench.pools.connections() == 0);
      }
      assertThat(server.requests).hasSize(3);
    }
  }

  @Test
  void leavesAConnectionOnWhichTheServerSpeaksUnasked() throws Exception {
    AtomicInteger sent = new AtomicInteger();
    try (ScriptedServer server =
        new ScriptedServer(
            peer -> {
              peer.request();
              peer.send(OK);
              UpstreamBench.await(() -> bench.pools.connections() == sent.get());
              peer.send(UNASKED);
              peer.untilLeft();
            })) {
      assertThat(bench.send(server, "call").whole()).isEqualTo("ok");
      sent.set(1);
      UpstreamBench.await(() -> bench.pools.connections() == 0);
      assertThat(bench.send(server, "call").whole()).isEqualTo("ok");
    }
  }

  @Test
  void sendsNothingTwiceWhenAConnectionDiesUnderARequest() throws Exception {
    try (ScriptedServer server =
        new ScriptedServer(
            peer -> {
              peer.request();
              peer.send(OK);
              peer.request();
            })) {
      assertThat(bench.send(server, "first").whole()).isEqualTo("ok");
      UpstreamFailure failure = bench.send(server, "second").failure();

      assertThat(failure.kind()).isEqualTo(UpstreamFailure.Kind.UNREACHABLE);
      assertThat(failure.dispatched()).isTrue();
      assertThat(server.requests).containsExactly("first", "second");
    }
  }

  /** A server that closes after each reply, at any moment between two calls. */
  @Test
  void sendsEachCallAtMostOnceHoweverConnectionsDie() throws Exception {
    try (ScriptedServer server =
        new ScriptedServer(
            peer -> {
              peer.request();
              peer.send(OK);
            })) {
      int answered = 0;
      for (int i = 0; i < 200; i++) {
        UpstreamFailure failure = bench.send(server, "call-" + i).outcome();
        if (failure == null) {
          answered++;
          assertThat(server.requests).contains("call-" + i);
        } else {
          assertThat(failure.kind()).isEqualTo(UpstreamFailure.Kind.UNREACHABLE);
          assertThat(failure.dispatched()).isTrue();
        }
      }
      assertThat(server.requests).doesNotHaveDuplicates();
      assertThat(answered).isPositive();
    }
  }

  @Test
  void givesUpOnAServerThatDoesNotAnswer() throws Exception {
    try (ScriptedServer server = new ScriptedServer(ScriptedServer.Peer::untilLeft)) {
      UpstreamFailure failure =
          bench.send(plain(server), UpstreamBench.limits(LONG, SHORT, LONG, 8), "call").failure();

      assertThat(failure.kind()).isEqualTo(UpstreamFailure.Kind.HEAD_TIMEOUT);
      assertThat(failure.dispatched()).isTrue();
      UpstreamBench.await(() -> server.left.get() == 1 && bench.pools.connections() == 0);
    }
  }

  @Test
  void closeEndsWhatIsUnderWayBeforeItReturnsAndTakesNoMore() throws Exception {
    try (ScriptedServer server =
        new ScriptedServer(
            peer -> {
              peer.request();
              peer.untilLeft();
            })) {
      ReplyRecord record = bench.send(server, "call");
      UpstreamBench.await(() -> server.requests.size() == 1);

      bench.pools.close();

      assertThat(record.isOver()).isTrue();
      assertThat(record.failure().dispatched()).isTrue();
      UpstreamBench.await(() -> server.left.get() == 1 && bench.pools.connections() == 0);
      assertThat(bench.send(server, "late").failure().dispatched()).isFalse();
      assertThat(server.requests).containsExactly("call");
    }
  }

  @Test
  void isNotHeldUpByInterimAnswers() throws Exception {
    try (ScriptedServer server =
        new ScriptedServer(
            peer -> {
              peer.request();
              while (true) {
                peer.send("HTTP/1.1 100 Continue\r\n\r\n");
                LockSupport.parkNanos(Duration.ofMillis(5).toNanos());
              }
            })) {
      UpstreamFailure failure =
          bench.send(plain(server), UpstreamBench.limits(LONG, SHORT, LONG, 8), "call").failure();

      assertThat(failure.kind()).isEqualTo(UpstreamFailure.Kind.HEAD_TIMEOUT);
    }
  }

  @Test
  void saysThatNothingWasSentWhereNobodyListens() throws Exception {
    int port;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }
    UpstreamFailure failure =
        bench.send(new Endpoint("s", "127.0.0.1", port, null, false), LIMITS, "call").failure();

    assertThat(failure.kind()).isEqualTo(UpstreamFailure.Kind.UNREACHABLE);
    assertThat(failure.dispatched()).isFalse();
    UpstreamBench.await(() -> bench.pools.connections() == 0);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void survivesThatThereIsNoFileDescriptor(boolean http2) throws Exception {
    try (ScriptedServer server =
        new ScriptedServer(http2 ? FramePeer.answering() : answering(OK))) {
      Endpoint endpoint = new Endpoint("s", "127.0.0.1", server.port(), null, http2);
      bench.noDescriptors = true;
      for (int i = 0; i < 20; i++) {
        UpstreamFailure failure = bench.send(endpoint, LIMITS, "call").failure();
        assertThat(failure.kind()).isEqualTo(UpstreamFailure.Kind.UNREACHABLE);
        assertThat(failure.dispatched()).isFalse();
      }
      bench.noDescriptors = false;

      assertThat(bench.send(endpoint, LIMITS, "call").whole()).isEqualTo("ok");
      assertThat(bench.pools.connections()).isEqualTo(1);
      assertThat(server.connections).hasValue(1);
    }
  }

  @Test
  void keepsTheBoundOnConnections() throws Exception {
    try (ScriptedServer server =
        new ScriptedServer(
            peer -> {
              peer.request();
              peer.untilLeft();
            })) {
      var limits = UpstreamBench.limits(LONG, LONG, LONG, 2);
      AtomicReference<@Nullable UpstreamExchange> held = new AtomicReference<>();
      bench.send(plain(server), limits, "1", new ReplyRecord(), held::set);
      bench.send(plain(server), limits, "2");
      UpstreamFailure failure = bench.send(plain(server), limits, "3").failure();

      assertThat(failure.kind()).isEqualTo(UpstreamFailure.Kind.BUSY);
      assertThat(failure.dispatched()).isFalse();
      UpstreamBench.await(() -> server.requests.size() == 2);
      cancel(held);
      UpstreamBench.await(() -> bench.pools.connections() == 1);
      ReplyRecord fourth = bench.send(plain(server), limits, "4");
      UpstreamBench.await(() -> server.requests.contains("4"));
      assertThat(fourth.isOver()).isFalse();
    }
  }

  private void cancel(AtomicReference<@Nullable UpstreamExchange> held) {
    bench.onLoop(() -> requireNonNull(held.get()).cancel());
  }

  @Test
  void breaksTheConnectionOfACallThatIsCancelled() throws Exception {
    try (ScriptedServer server =
        new ScriptedServer(
            peer -> {
              peer.request();
              peer.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc");
              peer.untilLeft();
            })) {
      AtomicReference<@Nullable UpstreamExchange> held = new AtomicReference<>();
      ReplyRecord record = new ReplyRecord();
      bench.send(plain(server), LIMITS, "call", record, held::set);
      UpstreamBench.await(() -> record.received.get() == 3);
      cancel(held);

      UpstreamBench.await(() -> server.left.get() == 1 && bench.pools.connections() == 0);
      assertThat(record.isOver()).isFalse();
    }
  }

  @Test
  void sendsNothingOfACallThatIsCancelledBeforeItsConnectionIsThere() throws Exception {
    try (ScriptedServer server = new ScriptedServer(answering(OK))) {
      ReplyRecord cancelled = new ReplyRecord();
      bench.send(plain(server), LIMITS, "cancelled", cancelled, UpstreamExchange::cancel);

      assertThat(bench.send(server, "next").whole()).isEqualTo("ok");
      assertThat(server.requests).containsExactly("next");
      assertThat(cancelled.isOver()).isFalse();
    }
  }

  @Test
  void closesAConnectionThatIdles() throws Exception {
    try (ScriptedServer server = new ScriptedServer(answering(OK))) {
      var limits = UpstreamBench.limits(LONG, LONG, SHORT, 8);
      assertThat(bench.send(plain(server), limits, "call").whole()).isEqualTo("ok");

      UpstreamBench.await(() -> server.left.get() == 1 && bench.pools.connections() == 0);
    }
  }

  @Test
  void closesTheConnectionsOfServersThatAreNoLongerThere() throws Exception {
    try (ScriptedServer server = new ScriptedServer(answering(OK))) {
      assertThat(bench.send(server, "call").whole()).isEqualTo("ok");
      bench.pools.retain(Set.of());

      UpstreamBench.await(() -> server.left.get() == 1 && bench.pools.connections() == 0);
    }
  }

  @Test
  void neverSharesAConnectionBetweenServers() throws Exception {
    try (ScriptedServer server = new ScriptedServer(answering(OK))) {
      Endpoint other = new Endpoint("other", "127.0.0.1", server.port(), null, false);
      assertThat(bench.send(server, "call").whole()).isEqualTo("ok");
      assertThat(bench.send(other, LIMITS, "call").whole()).isEqualTo("ok");

      assertThat(server.connections).hasValue(2);
    }
  }

  /** A fast server and a client that does not read: what waits stays small. */
  @Test
  void readsNoMoreThanItIsLetTo() throws Exception {
    int total = 48 << 20;
    AtomicLong written = new AtomicLong();
    try (ScriptedServer server =
        new ScriptedServer(
            peer -> {
              peer.request();
              peer.send("HTTP/1.1 200 OK\r\nContent-Length: " + total + "\r\n\r\n");
              byte[] piece = new byte[1 << 16];
              for (int sent = 0; sent < total; sent += piece.length) {
                peer.send(piece);
                written.addAndGet(piece.length);
              }
              peer.untilLeft();
            })) {
      AtomicReference<@Nullable UpstreamExchange> held = new AtomicReference<>();
      ReplyRecord record = new ReplyRecord();
      bench.send(
          plain(server),
          LIMITS,
          "call",
          record,
          exchange -> {
            held.set(exchange);
            exchange.pause();
            exchange.pause();
          });
      UpstreamBench.await(() -> written.get() > 1 << 16);
      // While the server's bytes pile up in the sockets, the loop has every chance to read them.
      for (int i = 0; i < 50; i++) {
        bench.onLoop(() -> {});
        LockSupport.parkNanos(Duration.ofMillis(2).toNanos());
      }
      assertThat(record.received.get()).isLessThan(1 << 20);
      resume(held);
      bench.onLoop(() -> {});
      assertThat(record.received.get()).isLessThan(1 << 20);
      assertThat(written.get()).isLessThan(total);
      resume(held);

      assertThat(record.outcome()).isNull();
      assertThat(record.received.get()).isEqualTo(total);
    }
  }

  private void resume(AtomicReference<@Nullable UpstreamExchange> held) {
    bench.onLoop(() -> requireNonNull(held.get()).resume());
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      value = {
        "timeout=5,4000",
        "`timeout=5, max=100`,4000",
        "`max=100, timeout=5`,4000",
        "`max=9,Timeout=7`,6000",
        "timeout=1,0",
        "timeout=0,0",
        "timeout=999999,999998000"
      })
  void believesAServerHowLongItKeepsAConnection(String header, long millis) {
    assertThat(Http1Connection.keepAliveTimeout(header)).isEqualTo(Duration.ofMillis(millis));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "timeout",
        "timeout=",
        "timeout=-1",
        "timeout=1.5",
        "timeout=1000000",
        "max=5",
        "xtimeout=5",
        "timeout=\u0661",
        "timeout =5"
      })
  void believesNothingElse(String header) {
    assertThat(Http1Connection.keepAliveTimeout(header)).isNull();
    assertThat(Http1Connection.keepAliveTimeout(null)).isNull();
  }
}

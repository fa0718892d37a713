// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.upstream;

import static dev.countersign.gateway.upstream.ScriptedServer.OK;
import static dev.countersign.gateway.upstream.UpstreamBench.LIMITS;
import static dev.countersign.gateway.upstream.UpstreamBench.await;
import static dev.countersign.gateway.upstream.UpstreamBench.plain;
import static org.assertj.core.api.Assertions.assertThat;

import dev.countersign.gateway.RecordingLeakDetector;
import dev.countersign.gateway.upstream.UpstreamObserver.Again;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A call goes out anew only when the server provably had nothing of it. */
final class StaleConnectionTest {
  /** How a server lets go of a connection that it has answered on. */
  private enum Leaving {
    END,
    RESET
  }

  @AfterAll
  static void nothingLeaked() {
    RecordingLeakDetector.assertNothingLeaked();
  }

  /** Answers once on its first connection and then goes, when it is told to; later ones serve. */
  private static ScriptedServer leaving(
      Leaving how, CountDownLatch leave, AtomicBoolean hasLeft, AtomicInteger first) {
    return serverOf(
        peer -> {
          if (first.getAndIncrement() > 0) {
            ScriptedServer.answering(OK).on(peer);
            return;
          }
          peer.request();
          peer.send(OK);
          awaitUninterruptibly(leave);
          if (how == Leaving.RESET) {
            peer.reset();
            hasLeft.set(true);
          } else {
            peer.halfClose();
            hasLeft.set(true);
            peer.untilLeft();
          }
        });
  }

  private static ScriptedServer serverOf(ScriptedServer.Script script) {
    try {
      return new ScriptedServer(script);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static void awaitUninterruptibly(CountDownLatch latch) {
    await(() -> latch.getCount() == 0);
  }

  /** The loop is kept busy, so that it cannot have seen what the system knows already. */
  private static ReplyRecord sendBeforeTheLoopSees(
      UpstreamBench bench, ScriptedServer server, CountDownLatch leave, AtomicBoolean hasLeft) {
    ReplyRecord record = new ReplyRecord();
    bench.onLoop(
        () -> {
          leave.countDown();
          await(hasLeft::get);
          // On loopback what was sent has arrived, but let the reset of a socket be sure to.
          LockSupport.parkNanos(5_000_000);
          bench.sendAtOnce(plain(server), LIMITS, "second", record);
        });
    return record;
  }

  private static ReplyRecord sendWhenTheLoopHasSeen(
      UpstreamBench bench, ScriptedServer server, CountDownLatch leave) {
    leave.countDown();
    await(() -> bench.pools.connections() == 0);
    return bench.send(server, "second");
  }

  @ParameterizedTest
  @ValueSource(strings = {"END", "RESET"})
  void takesAnotherConnectionWhenTheSystemKnowsThatOneIsClosed(Leaving how) throws Exception {
    AtomicBoolean hasLeft = new AtomicBoolean();
    CountDownLatch leave = new CountDownLatch(1);
    try (UpstreamBench bench = new UpstreamBench();
        ScriptedServer server = leaving(how, leave, hasLeft, new AtomicInteger())) {
      assertThat(bench.send(server, "first").whole()).isEqualTo("ok");
      // Other transports have to read to learn it; then the connection has left the pool by itself.
      boolean asks = bench.transport().equals("epoll");

      ReplyRecord second =
          asks
              ? sendBeforeTheLoopSees(bench, server, leave, hasLeft)
              : sendWhenTheLoopHasSeen(bench, server, leave);

      assertThat(second.whole()).isEqualTo("ok");
      assertThat(server.requests).containsExactly("first", "second");
      assertThat(bench.counted.stale).hasValue(asks ? 1 : 0);
      assertThat(bench.counted.again).isEmpty();
    }
  }

  @Test
  void sendsAnewWhatTheSocketTookNothingOf() throws Exception {
    AtomicBoolean hasLeft = new AtomicBoolean();
    CountDownLatch leave = new CountDownLatch(1);
    try (UpstreamBench bench = new UpstreamBench(false);
        ScriptedServer server = leaving(Leaving.RESET, leave, hasLeft, new AtomicInteger())) {
      assertThat(bench.send(server, "first").whole()).isEqualTo("ok");

      ReplyRecord second = sendBeforeTheLoopSees(bench, server, leave, hasLeft);

      assertThat(second.whole()).isEqualTo("ok");
      assertThat(server.requests).containsExactly("first", "second");
      assertThat(bench.counted.again).containsExactly(Map.entry(Again.STALE, 1));
      assertThat(second.sentAgain).hasValue(1);
    }
  }

  /** Where only a read would tell, the socket takes the call, and then nobody can know. */
  @Test
  void sendsNothingAnewThatTheSocketTook() throws Exception {
    AtomicBoolean hasLeft = new AtomicBoolean();
    CountDownLatch leave = new CountDownLatch(1);
    try (UpstreamBench bench = new UpstreamBench(false);
        ScriptedServer server = leaving(Leaving.END, leave, hasLeft, new AtomicInteger())) {
      assertThat(bench.send(server, "first").whole()).isEqualTo("ok");

      UpstreamFailure failure = sendBeforeTheLoopSees(bench, server, leave, hasLeft).failure();

      assertThat(failure.dispatched()).isTrue();
      assertThat(server.requests).containsExactly("first");
      assertThat(server.connections).hasValue(1);
      assertThat(bench.counted.again).isEmpty();
    }
  }

  @ParameterizedTest
  @CsvSource({"1", "20", "50"})
  void sendsNothingAnewOfWhichTheServerReadAPart(int bytes) throws Exception {
    AtomicInteger parts = new AtomicInteger();
    try (UpstreamBench bench = new UpstreamBench();
        ScriptedServer server =
            serverOf(
                peer -> {
                  peer.request();
                  peer.send(OK);
                  peer.some(bytes);
                  parts.incrementAndGet();
                  peer.reset();
                })) {
      assertThat(bench.send(server, "first").whole()).isEqualTo("ok");
      UpstreamFailure failure = bench.send(server, "second").failure();

      assertThat(failure.kind()).isEqualTo(UpstreamFailure.Kind.UNREACHABLE);
      assertThat(failure.dispatched()).isTrue();
      assertThat(server.connections).hasValue(1);
      assertThat(parts).hasValue(1);
      assertThat(bench.counted.again).isEmpty();
    }
  }

  @Test
  void sendsNothingAnewFromAConnectionOfItsOwn() throws Exception {
    try (UpstreamBench bench = new UpstreamBench();
        ScriptedServer server = serverOf(ScriptedServer.Peer::reset)) {
      for (int i = 0; i < 20; i++) {
        assertThat(bench.send(server, "call").failure().kind())
            .isEqualTo(UpstreamFailure.Kind.UNREACHABLE);
      }
      assertThat(server.connections.get()).isLessThanOrEqualTo(20);
      assertThat(bench.counted.again).isEmpty();
    }
  }

  /** A server that goes in every way and at every moment: no call comes twice, none hangs. */
  @ParameterizedTest
  @CsvSource({"true", "false"})
  void bringsEachCallAtMostOnceHoweverAServerLeaves(boolean nativeTransport) throws Exception {
    try (UpstreamBench bench = new UpstreamBench(nativeTransport);
        ScriptedServer server =
            serverOf(
                peer -> {
                  int answers = ThreadLocalRandom.current().nextInt(1, 4);
                  for (int i = 0; i < answers && peer.request() != null; i++) {
                    peer.send(OK);
                  }
                  LockSupport.parkNanos(ThreadLocalRandom.current().nextInt(200_000));
                  if (ThreadLocalRandom.current().nextBoolean()) {
                    peer.reset();
                  }
                })) {
      int answered = 0;
      for (int i = 0; i < 150; i++) {
        UpstreamFailure failure = bench.send(server, "call-" + i).outcome();
        if (failure == null) {
          answered++;
        } else {
          assertThat(failure.kind()).isEqualTo(UpstreamFailure.Kind.UNREACHABLE);
        }
      }
      assertThat(server.requests).doesNotHaveDuplicates();
      assertThat(server.requests.size()).isGreaterThanOrEqualTo(answered);
      assertThat(answered).isPositive();
    }
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.session;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.countersign.gateway.input.ClientCapabilities;
import dev.countersign.gateway.jsonrpc.RpcId;
import dev.countersign.gateway.seal.Seal;
import dev.countersign.gateway.snapshot.LimitSettings;
import dev.countersign.identity.CallerKey;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class SessionTableTest {
  private static final CallerKey ALICE = new CallerKey("oidc", "https://idp.example", "alice", "c");
  private static final CallerKey BOB = new CallerKey("oidc", "https://idp.example", "bob", "c");
  private static final LimitSettings LIMITS = limits(3, 5);

  private final TestClock clock = new TestClock();
  private final SessionTable table = new SessionTable(clock, new Seal(() -> null));

  /** Idle after 10 minutes, over after an hour. */
  private static LimitSettings limits(int perCaller, int inAll) {
    LimitSettings d = LimitSettings.DEFAULTS;
    return new LimitSettings(
        d.head(),
        d.body(),
        d.headerBytesMax(),
        d.bodyBytesMax(),
        d.eventBytesMax(),
        d.answerBytesMax(),
        d.bufferedBytesMax(),
        d.depthMax(),
        d.tokensMax(),
        d.connectionsMax(),
        d.streamsPerConnectionMax(),
        d.callsPerCallerMax(),
        d.streamsPerSessionMax(),
        perCaller,
        inAll,
        Duration.ofMinutes(10),
        Duration.ofHours(1),
        d.upstreamConnect(),
        d.upstreamHead(),
        d.call(),
        d.streamIdle(),
        d.keepAlive(),
        d.connectionIdle(),
        d.upstreamIdle(),
        d.upstreamConnectionsMax(),
        d.loopTurn(),
        d.perSession());
  }

  private BoundSession open(CallerKey caller) {
    return requireNonNull(
        table.open(caller, "/a/mcp", "2025-11-25", "up-1", ClientCapabilities.NONE, LIMITS));
  }

  private boolean finds(BoundSession session) {
    return table.find(session.wireId(), session.caller(), "/a/mcp", LIMITS) == session;
  }

  @Test
  void findsASessionForItsCallerOnItsRoute() {
    BoundSession session = open(ALICE);

    assertThat(finds(session)).isTrue();
    assertThat(session.caller()).isEqualTo(ALICE);
    assertThat(session.version()).isEqualTo("2025-11-25");
    assertThat(session.upstreamId()).isEqualTo("up-1");
    assertThat(session.wireId()).doesNotContain(session.id());
  }

  @Test
  void findsNothingForAnybodyOrAnywhereElse() {
    BoundSession session = open(ALICE);

    assertThat(table.find(session.wireId(), BOB, "/a/mcp", LIMITS)).isNull();
    assertThat(table.find(session.wireId(), ALICE, "/b/mcp", LIMITS)).isNull();
    assertThat(table.find(session.id(), ALICE, "/a/mcp", LIMITS)).isNull();
    assertThat(table.find("up-1", ALICE, "/a/mcp", LIMITS)).isNull();
    assertThat(table.find("", ALICE, "/a/mcp", LIMITS)).isNull();
    assertThat(
            new SessionTable(clock, new Seal(() -> null))
                .find(session.wireId(), ALICE, "/a/mcp", LIMITS))
        .isNull();
  }

  /** Somebody else's try must not keep a session alive. */
  @Test
  void isNotUsedByAStranger() {
    BoundSession session = open(ALICE);
    clock.advance(Duration.ofMinutes(9));
    assertThat(table.find(session.wireId(), BOB, "/a/mcp", LIMITS)).isNull();
    clock.advance(Duration.ofMinutes(1));

    assertThat(finds(session)).isFalse();
  }

  @Test
  void endsAtItsIdleTimeAndNotBefore() {
    BoundSession session = open(ALICE);
    clock.advance(Duration.ofMinutes(10).minusMillis(1));
    assertThat(finds(session)).isTrue();
    clock.advance(Duration.ofMinutes(10).minusMillis(1));
    assertThat(finds(session)).isTrue();
    clock.advance(Duration.ofMinutes(10));

    assertThat(finds(session)).isFalse();
    assertThat(table.size()).isZero();
  }

  @Test
  void endsAtItsAgeHoweverBusyItIs() {
    BoundSession session = open(ALICE);
    session.begin(new RpcId.Number(1), () -> {});
    assertThat(session.openStream(1)).isTrue();
    clock.advance(Duration.ofHours(1).minusMillis(1));
    table.sweep(LIMITS);
    assertThat(finds(session)).isTrue();
    clock.advance(Duration.ofMillis(1));

    assertThat(finds(session)).isFalse();
  }

  @Test
  void doesNotIdleWhileACallOrAStreamIsOpen() {
    BoundSession calling = open(ALICE);
    BoundSession streaming = open(ALICE);
    BoundSession idle = open(ALICE);
    calling.begin(new RpcId.Number(1), () -> {});
    assertThat(streaming.openStream(1)).isTrue();
    clock.advance(Duration.ofMinutes(30));
    table.sweep(LIMITS);

    assertThat(finds(calling)).isTrue();
    assertThat(finds(streaming)).isTrue();
    assertThat(finds(idle)).isFalse();
  }

  /** A client that loses a stream after an hour of listening has used its session just now. */
  @Test
  void beginsToIdleWhenTheLastStreamHasClosed() {
    BoundSession session = open(ALICE);
    assertThat(session.openStream(1)).isTrue();
    for (int i = 0; i < 30; i++) {
      clock.advance(Duration.ofMinutes(1));
      table.sweep(LIMITS);
    }
    session.closeStream();
    clock.advance(Duration.ofMinutes(9));
    table.sweep(LIMITS);
    assertThat(table.size()).isEqualTo(1);
    clock.advance(Duration.ofMinutes(1));
    table.sweep(LIMITS);

    assertThat(table.size()).isZero();
  }

  @Test
  void keepsTheBoundOfEachCaller() {
    for (int i = 0; i < 3; i++) {
      assertThat(table.roomFor(ALICE, LIMITS)).isTrue();
      open(ALICE);
    }

    assertThat(table.roomFor(ALICE, LIMITS)).isFalse();
    assertThat(table.open(ALICE, "/b/mcp", "v", null, ClientCapabilities.NONE, LIMITS)).isNull();
    assertThat(table.roomFor(BOB, LIMITS)).isTrue();
    assertThat(table.size()).isEqualTo(3);
  }

  @Test
  void keepsTheBoundInAll() {
    for (int i = 0; i < 5; i++) {
      assertThat(table.open(caller(i), "/a/mcp", "v", null, ClientCapabilities.NONE, LIMITS))
          .isNotNull();
    }

    assertThat(table.roomFor(ALICE, LIMITS)).isFalse();
    assertThat(table.open(ALICE, "/a/mcp", "v", null, ClientCapabilities.NONE, LIMITS)).isNull();
    assertThat(table.size()).isEqualTo(5);
  }

  @Test
  void hasRoomAgainWhenASessionEnds() {
    List<BoundSession> sessions = new ArrayList<>();
    for (int i = 0; i < 3; i++) {
      sessions.add(open(ALICE));
    }
    assertThat(table.open(ALICE, "/a/mcp", "v", null, ClientCapabilities.NONE, LIMITS)).isNull();
    table.end(sessions.getFirst());
    table.end(sessions.getFirst());

    assertThat(table.size()).isEqualTo(2);
    assertThat(finds(sessions.getFirst())).isFalse();
    open(ALICE);
    assertThat(table.roomFor(ALICE, LIMITS)).isFalse();
  }

  @Test
  void runsEachEndTaskOnceHoweverItEnds() {
    AtomicInteger runs = new AtomicInteger();
    BoundSession deleted = open(ALICE);
    BoundSession idle = open(ALICE);
    BoundSession last = open(ALICE);
    for (BoundSession session : List.of(deleted, idle, last)) {
      session.onEnd(runs::incrementAndGet);
      session.onEnd(runs::incrementAndGet);
    }
    table.end(deleted);
    assertThat(runs).hasValue(2);
    clock.advance(Duration.ofMinutes(9));
    assertThat(finds(last)).isTrue();
    clock.advance(Duration.ofMinutes(1));
    table.sweep(LIMITS);
    assertThat(runs).hasValue(4);
    table.endAll();
    table.endAll();
    table.end(deleted);

    assertThat(runs).hasValue(6);
    assertThat(table.size()).isZero();
  }

  /** A task that fails must not keep the streams of the others open. */
  @Test
  void endsEverySessionEvenIfATaskFails() {
    AtomicInteger runs = new AtomicInteger();
    for (CallerKey caller : List.of(ALICE, BOB)) {
      BoundSession session = open(caller);
      for (int i = 0; i < 10; i++) {
        session.onEnd(
            () -> {
              runs.incrementAndGet();
              throw new IllegalStateException("a loop that has stopped");
            });
      }
    }
    table.endAll();

    assertThat(runs).hasValue(20);
    assertThat(table.size()).isZero();
  }

  @Test
  void countsWhatItSaysUnderConcurrentOpeningAndEnding() throws Exception {
    LimitSettings limits = limits(8, 20);
    Set<BoundSession> live = ConcurrentHashMap.newKeySet();
    AtomicInteger opened = new AtomicInteger();
    AtomicInteger ended = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    concurrently(
        8,
        () -> {
          for (int i = 0; i < 2000; i++) {
            CallerKey caller = caller(ThreadLocalRandom.current().nextInt(4));
            BoundSession session =
                table.open(caller, "/a/mcp", "v", null, ClientCapabilities.NONE, limits);
            if (session != null) {
              session.onEnd(ended::incrementAndGet);
              opened.incrementAndGet();
              live.add(session);
              most.accumulateAndGet(live.size(), Math::max);
            }
            for (BoundSession one : List.copyOf(live)) {
              if (ThreadLocalRandom.current().nextInt(4) == 0) {
                live.remove(one);
                table.end(one);
              }
            }
          }
        });

    assertThat(most.get()).isLessThanOrEqualTo(20);
    assertThat(table.size()).isEqualTo(live.size());
    table.endAll();
    assertThat(table.size()).isZero();
    assertThat(ended.get()).isEqualTo(opened.get());
    for (int i = 0; i < 4; i++) {
      for (int n = 0; n < 5; n++) {
        assertThat(table.open(caller(i), "/a/mcp", "v", null, ClientCapabilities.NONE, limits))
            .isNotNull();
      }
    }
  }

  @Test
  void endsASessionOnceWhoeverComesFirst() throws Exception {
    for (int round = 0; round < 200; round++) {
      BoundSession session = open(ALICE);
      AtomicInteger runs = new AtomicInteger();
      concurrently(
          4,
          () -> {
            session.onEnd(runs::incrementAndGet);
            table.end(session);
          });
      assertThat(runs).hasValue(4);
      assertThat(table.size()).isZero();
    }
  }

  private static CallerKey caller(int number) {
    return new CallerKey("oidc", "https://idp.example", "caller-" + number, null);
  }

  private static void concurrently(int threads, Runnable task)
      throws InterruptedException, ExecutionException {
    try (ExecutorService executor = Executors.newFixedThreadPool(threads)) {
      List<Future<?>> running = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        running.add(executor.submit(task));
      }
      for (Future<?> one : running) {
        one.get();
      }
    }
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.upstream;

import static dev.countersign.gateway.upstream.FramePeer.MAX_CONCURRENT_STREAMS;
import static dev.countersign.gateway.upstream.FramePeer.answering;
import static dev.countersign.gateway.upstream.FramePeer.greeted;
import static dev.countersign.gateway.upstream.UpstreamBench.LIMITS;
import static dev.countersign.gateway.upstream.UpstreamBench.await;
import static dev.countersign.gateway.upstream.UpstreamBench.http2;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.countersign.gateway.RecordingLeakDetector;
import dev.countersign.gateway.snapshot.LimitSettings;
import dev.countersign.gateway.upstream.FramePeer.Frame;
import dev.countersign.gateway.upstream.FramePeer.Request;
import dev.countersign.gateway.upstream.UpstreamObserver.Again;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Many calls on one connection: bounds, neighbours, cancellation, and how connections end. */
final class SharedConnectionTest {
  private static final Duration SHORT = Duration.ofMillis(150);
  private static final Duration LONG = Duration.ofSeconds(20);
  private static final int CANCEL = 8;

  private final UpstreamBench bench = new UpstreamBench();

  @AfterEach
  void close() {
    bench.close();
  }

  @AfterAll
  static void nothingLeaked() {
    RecordingLeakDetector.assertNothingLeaked();
  }

  private ReplyRecord send(ScriptedServer server, String body) {
    return bench.send(http2(server.port()), LIMITS, body);
  }

  private AtomicReference<@Nullable UpstreamExchange> sendHeld(
      ScriptedServer server, LimitSettings limits, String body, ReplyRecord record) {
    AtomicReference<@Nullable UpstreamExchange> held = new AtomicReference<>();
    bench.send(http2(server.port()), limits, body, record, held::set);
    return held;
  }

  private void onLoop(AtomicReference<@Nullable UpstreamExchange> held, ToDo todo) {
    bench.onLoop(() -> todo.with(requireNonNull(held.get())));
  }

  private interface ToDo {
    void with(UpstreamExchange exchange);
  }

  @Test
  void carriesManyCallsAtOnceOnOneConnection() throws Exception {
    List<Request> waiting = new ArrayList<>();
    try (ScriptedServer server =
        new ScriptedServer(
            greeted(
                peer -> {
                  Request request;
                  while ((request = peer.request()) != null) {
                    waiting.add(request);
                    if (waiting.size() == 50) {
                      for (Request one : waiting.reversed()) {
                        peer.answer(one, "to " + one.body());
                      }
                    }
                  }
                }))) {
      List<ReplyRecord> records = new ArrayList<>();
      for (int i = 0; i < 50; i++) {
        records.add(send(server, "call-" + i));
      }
      for (int i = 0; i < 50; i++) {
        assertThat(records.get(i).whole()).isEqualTo("to call-" + i);
      }
      assertThat(server.connections).hasValue(1);
      await(() -> bench.pools.streams() == 0);
      assertThat(bench.pools.connections()).isEqualTo(1);
    }
  }

  @Test
  void opensAnotherConnectionForWhatAServerDoesNotTakeOnOne() throws Exception {
    AtomicInteger arrived = new AtomicInteger();
    try (ScriptedServer server =
        new ScriptedServer(
            greeted(
                peer -> {
                  List<Request> waiting = new ArrayList<>();
                  for (int i = 0; i < 2; i++) {
                    waiting.add(requireNonNull(peer.request()));
                    arrived.incrementAndGet();
                  }
                  await(() -> arrived.get() == 6);
                  for (Request one : waiting) {
                    peer.ok(one);
                  }
                  peer.untilLeft();
                },
                MAX_CONCURRENT_STREAMS,
                2))) {
      List<ReplyRecord> records = new ArrayList<>();
      for (int i = 0; i < 6; i++) {
        records.add(send(server, "call-" + i));
      }
      for (ReplyRecord record : records) {
        assertThat(record.whole()).isEqualTo("ok");
      }
      assertThat(server.connections).hasValue(3);
      assertThat(server.requests).hasSize(6).doesNotHaveDuplicates();
    }
  }

  @Test
  void keepsTheBoundOnConnections() throws Exception {
    try (ScriptedServer server =
        new ScriptedServer(
            greeted(
                peer -> {
                  peer.request();
                  peer.untilLeft();
                },
                MAX_CONCURRENT_STREAMS,
                1))) {
      var limits = UpstreamBench.limits(LONG, LONG, LONG, 2);
      for (int i = 0; i < 2; i++) {
        bench.send(http2(server.port()), limits, "call-" + i);
      }
      await(() -> server.requests.size() == 2);
      UpstreamFailure failure = bench.send(http2(server.port()), limits, "late").failure();

      assertThat(failure.kind()).isEqualTo(UpstreamFailure.Kind.BUSY);
      assertThat(bench.counted.busy).hasValue(1);
    }
  }

  @Test
  void sendsNothingToAServerThatTakesNoStreams() throws Exception {
    try (ScriptedServer server = new ScriptedServer(answering(MAX_CONCURRENT_STREAMS, 0))) {
      List<ReplyRecord> records = List.of(send(server, "one"), send(server, "two"));

      for (ReplyRecord record : records) {
        assertThat(record.failure().kind()).isEqualTo(UpstreamFailure.Kind.BUSY);
      }
      assertThat(server.requests).isEmpty();
      assertThat(server.connections).hasValue(1);
    }
  }

  @Test
  void resetsTheStreamOfACallThatIsCancelledAndNoOther() throws Exception {
    AtomicReference<@Nullable Frame> reset = new AtomicReference<>();
    try (ScriptedServer server =
        new ScriptedServer(
            greeted(
                peer -> {
                  Request first = requireNonNull(peer.request());
                  Request second = requireNonNull(peer.request());
                  peer.head(first.stream(), false, ":status", "200");
                  peer.data(first.stream(), false, "abc");
                  reset.set(peer.next());
                  // What was under way when the reset came is ignored.
                  peer.data(first.stream(), true, "late");
                  peer.ok(second);
                  peer.untilLeft();
                }))) {
      ReplyRecord cancelled = new ReplyRecord();
      var held = sendHeld(server, LIMITS, "first", cancelled);
      ReplyRecord second = send(server, "second");
      await(() -> cancelled.received.get() == 3);
      onLoop(held, UpstreamExchange::cancel);

      assertThat(second.whole()).isEqualTo("ok");
      Frame frame = requireNonNull(reset.get());
      assertThat(frame.type()).isEqualTo(FramePeer.RST_STREAM);
      assertThat(frame.number()).isEqualTo(CANCEL);
      assertThat(cancelled.isOver()).isFalse();
      assertThat(cancelled.received).hasValue(3);
      assertThat(bench.pools.connections()).isEqualTo(1);
    }
  }

  /** One call whose client does not read; the others must not notice. */
  @Test
  void holdsOneCallBackWithoutItsNeighbours() throws Exception {
    int pieces = 200;
    AtomicInteger written = new AtomicInteger();
    try (ScriptedServer server =
        new ScriptedServer(
            greeted(
                peer -> {
                  int slow = requireNonNull(peer.request()).stream();
                  int window = Http2Leg.STREAM_WINDOW_BYTES;
                  peer.head(slow, false, ":status", "200");
                  String piece = "x".repeat(16_384);
                  Frame frame;
                  while (written.get() < pieces) {
                    if (window >= piece.length()) {
                      window -= piece.length();
                      peer.data(slow, written.incrementAndGet() == pieces, piece);
                      continue;
                    }
                    if ((frame = peer.read()) == null) {
                      return;
                    }
                    if (frame.type() == FramePeer.WINDOW_UPDATE && frame.stream() == slow) {
                      window += frame.number();
                    } else {
                      Request other = peer.part(frame);
                      if (other != null) {
                        peer.ok(other);
                      }
                    }
                  }
                  peer.untilLeft();
                }))) {
      ReplyRecord slow = new ReplyRecord();
      AtomicReference<@Nullable UpstreamExchange> held = new AtomicReference<>();
      bench.send(
          http2(server.port()),
          LIMITS,
          "slow",
          slow,
          exchange -> {
            held.set(exchange);
            exchange.pause();
          });
      await(() -> slow.received.get() > 200_000);
      for (int i = 0; i < 20; i++) {
        assertThat(send(server, "quick").whole()).isEqualTo("ok");
      }
      assertThat(slow.received.get()).isLessThanOrEqualTo(Http2Leg.STREAM_WINDOW_BYTES);
      onLoop(held, UpstreamExchange::resume);

      assertThat(slow.outcome()).isNull();
      assertThat(slow.received).hasValue(pieces * 16_384L);
      assertThat(server.connections).hasValue(1);
    }
  }

  @Test
  void givesUpOnOneCallThatIsNotAnswered() throws Exception {
    List<Integer> resets = new CopyOnWriteArrayList<>();
    try (ScriptedServer server =
        new ScriptedServer(
            greeted(
                peer -> {
                  requireNonNull(peer.request());
                  Frame frame = requireNonNull(peer.next());
                  resets.add(frame.number());
                  peer.ok(requireNonNull(peer.request()));
                  peer.untilLeft();
                }))) {
      UpstreamFailure failure =
          bench
              .send(http2(server.port()), UpstreamBench.limits(LONG, SHORT, LONG, 8), "first")
              .failure();

      assertThat(failure.kind()).isEqualTo(UpstreamFailure.Kind.HEAD_TIMEOUT);
      assertThat(failure.dispatched()).isTrue();
      assertThat(send(server, "second").whole()).isEqualTo("ok");
      assertThat(resets).containsExactly(CANCEL);
      assertThat(server.connections).hasValue(1);
    }
  }

  @Test
  void finishesWhatAServerThatGoesAwayStillAnswersAndSendsTheRestAnew() throws Exception {
    AtomicInteger connections = new AtomicInteger();
    try (ScriptedServer server =
        new ScriptedServer(
            greeted(
                peer -> {
                  if (connections.getAndIncrement() > 0) {
                    peer.ok(requireNonNull(peer.request()));
                    peer.untilLeft();
                    return;
                  }
                  Request first = requireNonNull(peer.request());
                  Frame unread = requireNonNull(peer.next());
                  peer.goAway(first.stream());
                  assertThat(unread.stream()).isGreaterThan(first.stream());
                  peer.ok(first);
                  peer.untilLeft();
                }))) {
      ReplyRecord first = send(server, "first");
      await(() -> server.requests.size() == 1);
      ReplyRecord second = send(server, "second");

      assertThat(first.whole()).isEqualTo("ok");
      assertThat(second.whole()).isEqualTo("ok");
      assertThat(server.requests).containsExactly("first", "second");
      assertThat(bench.counted.again).containsExactly(Map.entry(Again.GOAWAY, 1));
      assertThat(first.sentAgain).hasValue(0);
      assertThat(second.sentAgain).hasValue(1);
      await(() -> bench.pools.connections() == 1);
    }
  }

  @Test
  void failsWhatAServerThatGoesAwayHadLookedAtAndDoesNotAnswer() throws Exception {
    try (ScriptedServer server =
        new ScriptedServer(greeted(peer -> peer.goAway(requireNonNull(peer.request()).stream())))) {
      UpstreamFailure failure = send(server, "call").failure();

      assertThat(failure.kind()).isEqualTo(UpstreamFailure.Kind.UNREACHABLE);
      assertThat(failure.dispatched()).isTrue();
      assertThat(server.requests).containsExactly("call");
      assertThat(server.connections).hasValue(1);
    }
  }

  @Test
  void doesNotCourtAServerThatAlwaysGoesAway() throws Exception {
    try (ScriptedServer server =
        new ScriptedServer(
            greeted(
                peer -> {
                  peer.next();
                  peer.goAway(0);
                  peer.untilLeft();
                }))) {
      UpstreamFailure failure = send(server, "call").failure();

      assertThat(failure.kind()).isEqualTo(UpstreamFailure.Kind.UNREACHABLE);
      assertThat(failure.dispatched()).isFalse();
      assertThat(server.connections).hasValue(3);
      await(() -> bench.pools.connections() == 0);
    }
  }

  @Test
  void sendsNothingAnewThatAServerHasReset() throws Exception {
    int refusedStream = 7;
    try (ScriptedServer server =
        new ScriptedServer(
            greeted(
                peer -> {
                  peer.reset(requireNonNull(peer.request()).stream(), refusedStream);
                  peer.ok(requireNonNull(peer.request()));
                  peer.untilLeft();
                }))) {
      UpstreamFailure failure = send(server, "first").failure();

      assertThat(failure.kind()).isEqualTo(UpstreamFailure.Kind.UNREACHABLE);
      assertThat(failure.dispatched()).isTrue();
      assertThat(send(server, "second").whole()).isEqualTo("ok");
      assertThat(server.requests).containsExactly("first", "second");
    }
  }

  @Test
  void asksASilentServerWhetherItIsThere() throws Exception {
    AtomicInteger pings = new AtomicInteger();
    try (ScriptedServer server =
        new ScriptedServer(
            greeted(
                peer -> {
                  Frame frame;
                  while ((frame = peer.read()) != null) {
                    peer.part(frame);
                    if (frame.type() == FramePeer.PING && pings.incrementAndGet() < 3) {
                      peer.send(FramePeer.PING, FramePeer.ACK, 0, frame.payload());
                    }
                  }
                }))) {
      UpstreamFailure failure =
          bench
              .send(http2(server.port()), UpstreamBench.watchful(SHORT, SHORT.dividedBy(3)), "call")
              .failure();

      assertThat(failure.kind()).isEqualTo(UpstreamFailure.Kind.UNREACHABLE);
      assertThat(failure.dispatched()).isTrue();
      assertThat(pings).hasValue(3);
      await(() -> bench.pools.connections() == 0);
    }
  }

  @Test
  void givesUpOnAServerThatDoesNotGreet() throws Exception {
    try (ScriptedServer server = new ScriptedServer(ScriptedServer.Peer::untilLeft)) {
      UpstreamFailure failure =
          bench
              .send(http2(server.port()), UpstreamBench.limits(SHORT, LONG, LONG, 8), "call")
              .failure();

      assertThat(failure.kind()).isEqualTo(UpstreamFailure.Kind.UNREACHABLE);
      assertThat(failure.dispatched()).isFalse();
      await(() -> bench.pools.connections() == 0);
    }
  }

  @Test
  void doesNotWaitForAServerThatLeavesInsteadOfGreeting() throws Exception {
    try (ScriptedServer server = new ScriptedServer(peer -> peer.some(24))) {
      UpstreamFailure failure = send(server, "call").failure();

      assertThat(failure.kind()).isEqualTo(UpstreamFailure.Kind.UNREACHABLE);
      assertThat(failure.dispatched()).isFalse();
      await(() -> bench.pools.connections() == 0);
    }
  }

  @Test
  void endsNoOtherCallBecauseOneReplyCouldNotBeTaken() throws Exception {
    try (ScriptedServer server =
        new ScriptedServer(
            greeted(
                peer -> {
                  Request first = requireNonNull(peer.request());
                  Request second = requireNonNull(peer.request());
                  peer.ok(first);
                  peer.ok(second);
                  peer.untilLeft();
                }))) {
      ReplyRecord first =
          new ReplyRecord() {
            @Override
            public void data(byte[] piece) {
              throw new IllegalStateException("a fault of ours");
            }
          };
      bench.send(http2(server.port()), LIMITS, "first", first, exchange -> {});
      ReplyRecord second = send(server, "second");

      assertThat(second.whole()).isEqualTo("ok");
      assertThat(first.failure().dispatched()).isTrue();
      assertThat(bench.pools.connections()).isEqualTo(1);
    }
  }

  @Test
  void closesAConnectionThatIdles() throws Exception {
    try (ScriptedServer server = new ScriptedServer(answering())) {
      var limits = UpstreamBench.limits(LONG, LONG, SHORT, 8);
      assertThat(bench.send(http2(server.port()), limits, "call").whole()).isEqualTo("ok");

      await(() -> bench.pools.connections() == 0);
      assertThat(bench.send(http2(server.port()), limits, "call").whole()).isEqualTo("ok");
    }
  }

  @Test
  void letsCallsFinishWhoseServerIsNoLongerInTheSettings() throws Exception {
    AtomicReference<@Nullable Request> waiting = new AtomicReference<>();
    try (ScriptedServer server =
        new ScriptedServer(
            greeted(
                peer -> {
                  Request request = requireNonNull(peer.request());
                  waiting.set(request);
                  await(() -> waiting.get() == null);
                  peer.ok(request);
                  peer.untilLeft();
                }))) {
      ReplyRecord record = send(server, "call");
      await(() -> waiting.get() != null);
      bench.pools.retain(Set.of());
      bench.onLoop(() -> {});
      waiting.set(null);

      assertThat(record.whole()).isEqualTo("ok");
      await(() -> bench.pools.connections() == 0);
    }
  }

  @Test
  void endsWhatIsUnderWayWhenTheGatewayStops() throws Exception {
    try (ScriptedServer server =
        new ScriptedServer(
            greeted(
                peer -> {
                  peer.request();
                  peer.request();
                  peer.untilLeft();
                }))) {
      List<ReplyRecord> records = List.of(send(server, "one"), send(server, "two"));
      await(() -> server.requests.size() == 2);
      bench.pools.close();

      for (ReplyRecord record : records) {
        assertThat(record.isOver()).isTrue();
        assertThat(record.failure().dispatched()).isTrue();
      }
      await(() -> bench.pools.connections() == 0 && bench.pools.streams() == 0);
    }
  }

  /** A server that ends its connections after any number of answers: no call comes twice. */
  @Test
  void bringsEachCallAtMostOnceHoweverConnectionsEnd() throws Exception {
    AtomicInteger connections = new AtomicInteger();
    try (ScriptedServer server =
        new ScriptedServer(greeted(peer -> leaveSomehow(peer, connections.getAndIncrement())))) {
      int answered = 0;
      for (int i = 0; i < 100; i++) {
        UpstreamFailure failure = send(server, "call-" + i).outcome();
        if (failure == null) {
          answered++;
        } else {
          assertThat(failure.kind()).isEqualTo(UpstreamFailure.Kind.UNREACHABLE);
        }
      }
      assertThat(server.requests).doesNotHaveDuplicates();
      assertThat(answered).isPositive();
    }
  }

  private static void leaveSomehow(FramePeer peer, int turn) throws IOException {
    int last = 0;
    for (int i = 0; i <= turn % 3; i++) {
      Request request = peer.request();
      if (request == null) {
        return;
      }
      last = request.stream();
      peer.ok(request);
    }
    if (turn % 2 == 0) {
      peer.goAway(last);
    }
  }
}

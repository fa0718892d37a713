// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.upstream;

import static dev.countersign.gateway.upstream.FramePeer.greeted;
import static dev.countersign.gateway.upstream.UpstreamBench.ALICE;
import static dev.countersign.gateway.upstream.UpstreamBench.LIMITS;
import static dev.countersign.gateway.upstream.UpstreamBench.await;
import static dev.countersign.gateway.upstream.UpstreamBench.caller;
import static dev.countersign.gateway.upstream.UpstreamBench.http2;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.countersign.gateway.RecordingLeakDetector;
import dev.countersign.gateway.upstream.FramePeer.Frame;
import dev.countersign.gateway.upstream.FramePeer.Request;
import dev.countersign.identity.CallerKey;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Callers who break off a lot on connections that they share with others. */
final class BrokenOffTest {
  private static final CallerKey BOB = caller("bob");
  private static final CallerKey CAROL = caller("carol");

  private final UpstreamBench bench = new UpstreamBench();
  private final AtomicInteger resets = new AtomicInteger();
  private final ScriptedServer server;

  /** Answers what asks for it, and nothing else. */
  BrokenOffTest() throws IOException {
    server =
        new ScriptedServer(
            greeted(
                peer -> {
                  Frame frame;
                  while ((frame = peer.next()) != null) {
                    Request request = peer.part(frame);
                    if (request != null && request.body().equals("answer")) {
                      peer.ok(request);
                    }
                    if (frame.type() == FramePeer.RST_STREAM) {
                      resets.incrementAndGet();
                    }
                  }
                }));
  }

  @AfterEach
  void close() throws IOException {
    bench.close();
    server.close();
  }

  @AfterAll
  static void nothingLeaked() {
    RecordingLeakDetector.assertNothingLeaked();
  }

  private ReplyRecord send(CallerKey caller, String body) {
    ReplyRecord record = new ReplyRecord();
    bench.send(caller, http2(server.port()), LIMITS, body, record, exchange -> {});
    return record;
  }

  private void breakOff(CallerKey caller, int times) {
    for (int i = 0; i < times; i++) {
      bench.send(
          caller,
          http2(server.port()),
          LIMITS,
          "never",
          new ReplyRecord(),
          UpstreamExchange::cancel);
    }
  }

  @Test
  void callerWhoBreaksOffALotGoesToAnotherConnectionAndTheOthersStay() throws Exception {
    assertThat(send(BOB, "answer").whole()).isEqualTo("ok");

    breakOff(ALICE, CallerShares.PER_CALLER_MAX);
    await(() -> resets.get() == CallerShares.PER_CALLER_MAX);
    assertThat(send(BOB, "answer").whole()).isEqualTo("ok");
    assertThat(server.connections).hasValue(1);

    assertThat(send(ALICE, "answer").whole()).isEqualTo("ok");
    assertThat(server.connections).hasValue(2);
    assertThat(bench.pools.connections()).isEqualTo(2);
  }

  @Test
  void callerWhoBreaksOffTooMuchIsRefusedAndNobodyElse() throws Exception {
    assertThat(send(BOB, "answer").whole()).isEqualTo("ok");
    breakOffInTurn(UpstreamPool.RESETS_PER_CALLER_MAX);

    UpstreamFailure refused = send(ALICE, "answer").failure();
    assertThat(refused.kind()).isEqualTo(UpstreamFailure.Kind.BUSY);
    assertThat(refused.dispatched()).isFalse();
    assertThat(bench.counted.busy).hasValue(1);
    assertThat(send(BOB, "answer").whole()).isEqualTo("ok");
    assertThat(server.requests).containsOnly("answer", "never");
    assertThat(server.connections.get()).isLessThanOrEqualTo(4);
  }

  /** Each goes out before the next, so that none is taken back while it waits for a connection. */
  private void breakOffInTurn(int times) {
    for (int i = 1; i <= times; i++) {
      int expected = i;
      int arrived = server.requests.size();
      AtomicReference<@Nullable UpstreamExchange> held = new AtomicReference<>();
      bench.send(ALICE, http2(server.port()), LIMITS, "never", new ReplyRecord(), held::set);
      await(() -> server.requests.size() > arrived);
      bench.onLoop(() -> requireNonNull(held.get()).cancel());
      await(() -> resets.get() == expected);
    }
  }

  @Test
  void connectionOnWhichManyBrokeOffRestsAndKeepsWhatIsOnIt() throws Exception {
    ReplyRecord held = send(CAROL, "never");
    await(() -> server.requests.size() == 1);
    breakOff(ALICE, CallerShares.PER_CALLER_MAX);
    breakOff(BOB, CallerShares.RESETS_MAX - CallerShares.PER_CALLER_MAX);
    await(() -> resets.get() == CallerShares.RESETS_MAX);

    assertThat(send(CAROL, "answer").whole()).isEqualTo("ok");
    assertThat(server.connections).hasValue(2);
    assertThat(held.isOver()).isFalse();
    assertThat(bench.pools.streams()).isEqualTo(1);
  }
}

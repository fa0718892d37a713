// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class BufferBudgetTest {
  private static final int HALF = RawServer.BODY_BYTES_MAX - 1;

  private final BufferBudget all = new BufferBudget(() -> 100);
  private final BufferBudget strangers = all.share(() -> {});

  @Test
  void takesNoMoreThanThereIs() {
    assertThat(all.take(60)).isTrue();
    assertThat(all.take(41)).isFalse();
    assertThat(all.take(40)).isTrue();
    assertThat(all.used()).isEqualTo(100);
  }

  @Test
  void oneCallersShareLeavesRoomForOthers() {
    BufferBudget share = all.share(() -> {});
    BufferHold first = new BufferHold(all, strangers);
    assertThat(first.chargeTo(share)).isTrue();
    assertThat(first.take(50)).isTrue();

    BufferHold second = new BufferHold(all, strangers);
    assertThat(second.chargeTo(share)).isTrue();
    assertThat(second.take(1)).as("the caller's share is used up").isFalse();

    BufferHold others = new BufferHold(all, strangers);
    assertThat(others.take(50)).isTrue();
  }

  @Test
  void strangersLeaveRoomForCallers() {
    BufferHold stranger = new BufferHold(all, strangers);
    assertThat(stranger.take(50)).isTrue();
    assertThat(stranger.take(1)).isFalse();

    BufferHold known = new BufferHold(all, strangers);
    assertThat(known.chargeTo(all.share(() -> {}))).isTrue();
    assertThat(known.take(50)).isTrue();
  }

  @Test
  void whatWasReadBeforeTheCallerWasKnownCountsToo() {
    BufferBudget share = all.share(() -> {});
    BufferHold early = new BufferHold(all, strangers);
    assertThat(early.take(30)).isTrue();
    assertThat(early.chargeTo(share)).isTrue();
    assertThat(strangers.used()).isZero();

    BufferHold another = new BufferHold(all, strangers);
    assertThat(another.take(30)).isTrue();
    assertThat(another.chargeTo(share)).isFalse();
  }

  @Test
  void lastHolderGivesEverythingBackOnce() {
    BufferBudget share = all.share(() -> {});
    BufferHold hold = new BufferHold(all, strangers);
    hold.chargeTo(share);
    hold.take(30);
    hold.retain();

    hold.release();
    assertThat(all.used()).isEqualTo(30);
    hold.release();
    assertThat(all.used()).isZero();
    assertThat(share.used()).isZero();
  }

  @Test
  void whatNobodyHoldsTakesNoMore() {
    BufferHold hold = new BufferHold(all, strangers);
    hold.release();

    assertThat(hold.take(1)).isFalse();
    assertThat(hold.chargeTo(all.share(() -> {}))).isFalse();
    assertThat(all.used()).isZero();
  }

  @Test
  void shareSaysWhenNothingOfItIsLeft() {
    AtomicInteger times = new AtomicInteger();
    BufferHold hold = new BufferHold(all, strangers);
    hold.chargeTo(all.share(times::incrementAndGet));
    hold.take(10);
    assertThat(times).hasValue(0);

    hold.release();
    assertThat(times).hasValue(1);
  }

  @Test
  void zeroMeansAQuarterOfTheHeap() {
    BufferBudget heap = new BufferBudget(() -> 0);
    long quarter = Runtime.getRuntime().maxMemory() / 4;

    assertThat(heap.take(quarter)).isTrue();
    assertThat(heap.take(1)).isFalse();
  }

  @Test
  void bodiesThatAddUpToMoreAreRefusedAndTheRoomComesBack() throws Exception {
    try (RawServer server = new RawServer(4 * RawServer.BODY_BYTES_MAX)) {
      List<Socket> open = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        open.add(halfABody(server, HALF));
      }
      RawServer.await(() -> !server.refusedBodies.isEmpty());
      assertThat(server.refusedBodies).containsExactly(BodyRefusedException.Why.NO_ROOM);
      assertThat(server.budget.used()).isLessThanOrEqualTo(4 * RawServer.BODY_BYTES_MAX);

      for (Socket socket : open) {
        socket.close();
      }
      server.awaitNoConnections();
      // Connections are counted off a moment before their handlers hear of it.
      RawServer.await(() -> server.budget.used() == 0);
    }
  }

  /** Sends the most part of a body and keeps the rest. */
  private static Socket halfABody(RawServer server, int bytes) throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port());
    String head = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: " + (bytes + 1) + "\r\n\r\n";
    socket.getOutputStream().write(head.getBytes(StandardCharsets.US_ASCII));
    socket.getOutputStream().write(new byte[bytes]);
    socket.getOutputStream().flush();
    return socket;
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

import static dev.countersign.gateway.http.Http2Peer.data;
import static dev.countersign.gateway.http.Http2Peer.frame;
import static dev.countersign.gateway.http.Http2Peer.get;
import static dev.countersign.gateway.http.Http2Peer.head;
import static dev.countersign.gateway.http.Http2Peer.join;
import static dev.countersign.gateway.http.Http2Peer.number;
import static dev.countersign.gateway.http.Http2Peer.post;
import static org.assertj.core.api.Assertions.assertThat;

import dev.countersign.gateway.RecordingLeakDetector;
import dev.countersign.gateway.http.HttpObserver.Refused;
import java.io.IOException;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Frames that cost a client nothing, sent in numbers. */
final class Http2FloodTest {
  private static final int MANY = 3000;

  private final RawServer server = new RawServer();

  Http2FloodTest() throws IOException {}

  @AfterEach
  void stop() {
    server.close();
    assertThat(server.budget.used()).isZero();
    assertThat(server.streams).hasValue(0);
  }

  @AfterAll
  static void nothingLeaked() {
    RecordingLeakDetector.assertNothingLeaked();
  }

  /**
   * A flood.
   *
   * @param start what it needs before
   * @param one the frames at a place in the row
   */
  record Flood(String name, byte[] start, IntFunction<byte[]> one, String end) {
    Flood(String name, byte[] one) {
      this(name, new byte[0], i -> one, "GOAWAY ENHANCE_YOUR_CALM");
    }

    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Flood> floods() {
    byte[] body = post(1, "/");
    byte[] open = frame(Http2Peer.HEADERS, 0, 1, head("GET", "/smuggled"));
    return Stream.of(
        new Flood("settings", frame(Http2Peer.SETTINGS, 0, 0)),
        new Flood("settings acknowledged", frame(Http2Peer.SETTINGS, 1, 0)),
        new Flood("pings", frame(Http2Peer.PING, 0, 0, new byte[8])),
        new Flood("priorities", frame(Http2Peer.PRIORITY, 0, 1, new byte[5])),
        new Flood("unknown frames", frame(0x77, 0, 0, new byte[3])),
        new Flood("windows", frame(Http2Peer.WINDOW_UPDATE, 0, 0, number(1))),
        new Flood(
            "windows of a stream",
            body,
            i -> frame(8, 0, 1, number(1)),
            "GOAWAY ENHANCE_YOUR_CALM"),
        new Flood(
            "rapid reset",
            new byte[0],
            i -> join(get(2 * i + 1, "/at-once"), Http2Peer.reset(2 * i + 1)),
            "GOAWAY ENHANCE_YOUR_CALM"),
        new Flood(
            "resets that the client provokes",
            new byte[0],
            i -> get(2 * i + 1, "/", "connection", "close"),
            "GOAWAY ENHANCE_YOUR_CALM"),
        new Flood(
            "streams that are closed",
            get(1, "/at-once"),
            i -> data(1, false, ""),
            "GOAWAY ENHANCE_YOUR_CALM"),
        new Flood("empty data", body, i -> data(1, false, ""), "GOAWAY ENHANCE_YOUR_CALM"),
        new Flood(
            "data of padding alone",
            body,
            i -> frame(Http2Peer.DATA, Http2Peer.PADDED, 1, new byte[] {3, 0, 0, 0}),
            "GOAWAY ENHANCE_YOUR_CALM"),
        new Flood(
            "empty continuations",
            open,
            i -> frame(Http2Peer.CONTINUATION, 0, 1),
            "GOAWAY ENHANCE_YOUR_CALM"),
        new Flood(
            "long continuations",
            open,
            i -> frame(Http2Peer.CONTINUATION, 0, 1, new byte[4000]),
            "GOAWAY PROTOCOL_ERROR"));
  }

  @ParameterizedTest
  @MethodSource("floods")
  void closesTheConnection(Flood flood) throws IOException {
    try (Http2Peer peer = new Http2Peer(server.port()).greet().send(flood.start())) {
      byte[][] frames = new byte[MANY][];
      for (int i = 0; i < MANY; i++) {
        frames[i] = flood.one().apply(i);
      }
      Thread sender =
          Thread.ofVirtual()
              .start(
                  () -> {
                    try {
                      peer.send(frames);
                    } catch (IOException closed) {
                      // as it must
                    }
                  });
      assertThat(peer.rest()).isEqualTo(flood.end());
      await(sender);
    }
    server.awaitNoConnections();
    assertThat(server.refused)
        .contains(flood.end().endsWith("CALM") ? Refused.FLOOD : Refused.FRAMING);
    assertThat(server.heads).doesNotContain("GET /smuggled").hasSizeLessThan(250);
  }

  private static void await(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The last word cannot be written to one that reads nothing. */
  @Test
  void closesTheConnectionOfAClientThatReadsNothing() throws IOException {
    byte[] large = new byte[32 << 20];
    try (RawServer slow =
            new RawServer(exchange -> exchange.answer(new Answer(200, List.of(), large)));
        Http2Peer peer = new Http2Peer(slow.port()).greet()) {
      peer.send(
          frame(Http2Peer.SETTINGS, 0, 0, Http2Peer.setting(4, Integer.MAX_VALUE)),
          frame(Http2Peer.WINDOW_UPDATE, 0, 0, number(1 << 30)),
          get(1, "/"));
      byte[] ping = frame(Http2Peer.PING, 0, 0, new byte[8]);
      for (int i = 0; i <= Http2Flood.CONTROLS_MAX; i++) {
        peer.send(ping);
      }
      slow.awaitRefused(Refused.FLOOD);
      slow.awaitNoConnections();
    }
  }

  /** One update for what was sent is what an honest client does, however small the pieces are. */
  @Test
  void takesAsManyWindowUpdatesAsThereIsReasonFor() throws IOException {
    Http2Flood flood = new Http2Flood();
    for (int i = 0; i < 10_000; i++) {
      flood.sent(8);
      assertThat(flood.windowUpdate()).isFalse();
      assertThat(flood.windowUpdate()).isFalse();
    }
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.countersign.gateway.RecordingLeakDetector;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is taken of a connection after an answer that came before all was read. */
final class LingerTest {
  private static final int BYTES_MAX = 1 << 20;
  private static final int PIECE = 64 << 10;

  private final RawServer server;

  LingerTest() throws IOException {
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

  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "a head that is no HTTP",
    "a head over the limit",
    "a chunk without a size",
    "a body"
  })
  void takesSoManyBytesAfterAnEarlyAnswerAndNotOneMore(String what) {
    EmbeddedPeer peer = answered(what);

    for (int sent = 0; sent < BYTES_MAX; sent += PIECE) {
      assertThat(peer.isOpen()).isTrue();
      send(peer, "a".repeat(PIECE));
    }
    assertThat(peer.isOpen()).isTrue();
    send(peer, "a");

    assertThat(peer.isOpen()).isFalse();
    assertThat(peer.text()).containsOnlyOnce("HTTP/1.1 ");
    peer.hangUp();
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "a head that is no HTTP",
    "a head over the limit",
    "a chunk without a size",
    "a body"
  })
  void handlesNothingOfWhatComesAfterAnEarlyAnswer(String what) {
    EmbeddedPeer peer = answered(what);
    int handled = server.heads.size();

    send(peer, "GET /next HTTP/1.1\r\nHost: gw\r\n\r\n");
    peer.waitAWhile();

    assertThat(server.heads).hasSize(handled).doesNotContain("GET /next");
    assertThat(peer.isOpen()).isFalse();
    peer.hangUp();
  }

  /** A connection on which this was sent, and answered. */
  private EmbeddedPeer answered(String what) {
    EmbeddedPeer peer = server.embedded(false);
    send(
        peer,
        switch (what) {
          case "a head that is no HTTP" -> "GET  / HTTP/1.1\r\n";
          case "a head over the limit" ->
              "GET / HTTP/1.1\r\nX: " + "a".repeat(2 * RawServer.HEADER_BYTES_MAX);
          case "a chunk without a size" ->
              "POST / HTTP/1.1\r\nHost: gw\r\nTransfer-Encoding: chunked\r\n\r\n\r\n";
          default -> "POST /at-once HTTP/1.1\r\nHost: gw\r\nContent-Length: 9999999\r\n\r\n";
        });
    assertThat(peer.text()).startsWith("HTTP/1.1 ").contains("connection: close");
    return peer;
  }

  private static void send(EmbeddedPeer peer, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
    peer.write(bytes, 0, bytes.length);
  }
}

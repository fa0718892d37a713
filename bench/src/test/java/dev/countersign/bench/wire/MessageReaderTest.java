// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.wire;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Messages are the same however they are cut. */
final class MessageReaderTest {
  private static final String ANSWERS =
      "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 11\r\n\r\n{\"id\":1234}"
          + "HTTP/1.1 202 Accepted\r\nServer: x\r\n\r\n"
          + "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
          + "6\r\ndata: \r\n1A\r\n{\"id\":5678,\"result\":true}\n\r\n0\r\n\r\n"
          + "HTTP/1.1 404 Not Found\r\ncontent-length: 2\r\n\r\nno";

  private static List<String> read(String bytes, int piece) {
    MessageReader reader = new MessageReader();
    List<String> found = new ArrayList<>();
    for (int from = 0; from < bytes.length(); from += piece) {
      ByteBuf in =
          Unpooled.copiedBuffer(
              bytes.substring(from, Math.min(bytes.length(), from + piece)),
              StandardCharsets.ISO_8859_1);
      while (in.isReadable()) {
        if (reader.read(in)) {
          found.add(
              reader.status()
                  + " "
                  + new String(reader.kept(), 0, reader.keptLength(), StandardCharsets.UTF_8));
        }
      }
      in.release();
    }
    assertThat(reader.inBody()).isFalse();
    return found;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 5, 7, 19, 64, 100, 1000})
  void findsTheSameAnswersInPiecesOfAnySize(int piece) {
    assertThat(read(ANSWERS, piece))
        .containsExactly(
            "200 {\"id\":1234}", "202 ", "200 data: {\"id\":5678,\"result\":true}\n", "404 no");
  }

  @Test
  void keepsTheBeginningOfALargeBodyAndCountsTheRest() {
    MessageReader reader = new MessageReader();
    String body = "x".repeat(100_000);
    ByteBuf in =
        Unpooled.copiedBuffer(
            "HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n" + body,
            StandardCharsets.ISO_8859_1);

    assertThat(reader.read(in)).isTrue();

    assertThat(reader.bodyLength()).isEqualTo(100_000);
    assertThat(reader.keptLength()).isEqualTo(MessageReader.KEPT_BYTES);
    in.release();
  }

  @Test
  void readsRequestsAndTheirHeaders() {
    MessageReader reader = new MessageReader();
    ByteBuf in =
        Unpooled.copiedBuffer(
            "GET /a/mcp HTTP/1.1\r\nHost: h\r\nAccept: text/event-stream\r\n\r\n",
            StandardCharsets.ISO_8859_1);

    assertThat(reader.read(in)).isTrue();

    assertThat(reader.firstLine()).isEqualTo("GET /a/mcp HTTP/1.1");
    assertThat(reader.header("accept")).isEqualTo("text/event-stream");
    assertThat(reader.header("origin")).isEmpty();
    assertThat(reader.targetIs(MessageReader.bytes("GET /a/mcp"))).isTrue();
    assertThat(reader.targetIs(MessageReader.bytes("GET /a"))).isFalse();
    in.release();
  }
}

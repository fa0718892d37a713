// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class HeadBytesTest {
  private final HeadBytes head = new HeadBytes();

  private String end(String body) {
    ByteBuf whole =
        head.end(UnpooledByteBufAllocator.DEFAULT, body.getBytes(StandardCharsets.ISO_8859_1));
    String text = whole.toString(StandardCharsets.ISO_8859_1);
    whole.release();
    return text;
  }

  @Test
  void writesHeadAndBodyInOneBuffer() {
    head.begin("POST /mcp HTTP/1.1").header("host", "s").header("x", "\u00e9\tb");

    assertThat(end("body")).isEqualTo("POST /mcp HTTP/1.1\r\nhost: s\r\nx: \u00e9\tb\r\n\r\nbody");
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 9, 10, 99, 100, 4_194_304, Long.MAX_VALUE})
  void writesNumbers(long number) {
    head.begin("HTTP/1.1 200 OK").header("content-length", number);

    assertThat(end("")).isEqualTo("HTTP/1.1 200 OK\r\ncontent-length: " + number + "\r\n\r\n");
  }

  @Test
  void takesLongLinesAndBeginsAnew() {
    head.begin("A").header("long", "v".repeat(100_000));
    assertThat(end("")).hasSize("A\r\nlong: \r\n\r\n".length() + 100_000);

    head.begin("B");
    assertThat(end("")).isEqualTo("B\r\n\r\n");
  }

  @ParameterizedTest
  @ValueSource(strings = {"a\rb", "a\nb", "\u0000", "a\r\nx: y", "\u007f"})
  void takesNothingThatWouldEndALine(String value) {
    HeadBytes begun = head.begin("A");

    assertThatThrownBy(() -> begun.header("x", value)).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> begun.header(value, "x")).isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> head.begin(value)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void leavesNothingOfWideCharactersThatCouldEndALine() {
    head.begin("A").header("x", "\u010d\u010a");

    assertThat(end("")).isEqualTo("A\r\nx: ??\r\n\r\n");
  }
}

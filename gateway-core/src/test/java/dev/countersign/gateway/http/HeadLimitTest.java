// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.TooLongFrameException;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The request line and the headers of a request are bounded together. */
final class HeadLimitTest {
  private static final int HEAD_BYTES_MAX = 1000;

  @ParameterizedTest
  @CsvSource({
    "500, 1000, true, 1000",
    "500, 1001, false, 1000",
    "999, 1000, false, 1",
    "500, 1000, true, 7",
    "500, 1001, false, 7",
    "500, 1500, false, 1000"
  })
  void takesAHeadUpToTheLimit(int lineBytes, int headBytes, boolean taken, int pieceBytes) {
    String line = "GET /%s HTTP/1.1\r\n".formatted("a".repeat(lineBytes - 16));
    String head =
        line + "X: %s\r\n\r\n".formatted("b".repeat(Math.max(0, headBytes - lineBytes - 7)));
    EmbeddedChannel channel = new EmbeddedChannel(RawServer.decoder(HEAD_BYTES_MAX));

    for (int from = 0; from < head.length(); from += pieceBytes) {
      String piece = head.substring(from, Math.min(from + pieceBytes, head.length()));
      channel.writeInbound(Unpooled.copiedBuffer(piece, StandardCharsets.US_ASCII));
    }

    Http1Request request = channel.readInbound();
    assertThat(request.decoderResult().isSuccess()).isEqualTo(taken);
    if (taken) {
      assertThat(request.lines()).extracting(Header::name).containsExactly("x");
    } else {
      assertThat(request.decoderResult().cause()).isInstanceOf(TooLongFrameException.class);
    }
    assertThat(channel.<Object>readInbound()).isNull();
    channel.finishAndReleaseAll();
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.countersign.gateway.RecordingLeakDetector;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** However the bytes come in pieces, the decoder says the same of them. */
final class StrictRequestDecoderTest {
  private static final String NEXT = "GET /next HTTP/1.1\r\nHost: gw\r\n\r\n";
  private static final String REFUSED = " refused";

  @AfterAll
  static void nothingLeaked() {
    RecordingLeakDetector.assertNothingLeaked();
  }

  static Stream<String> refused() {
    String post = "POST / HTTP/1.1\r\nHost: gw\r\nTransfer-Encoding: chunked\r\n\r\n";
    return Stream.concat(
        HttpFramingTest.refusedHeads()
            .filter(row -> row.status() == 400)
            .map(HttpFramingTest.Row::request),
        HttpFramingTest.refusedChunks().map(row -> post + row.request()));
  }

  static Stream<String> taken() {
    return HttpFramingTest.takenRequests().map(HttpFramingTest.Row::request);
  }

  @ParameterizedTest
  @MethodSource("refused")
  void refusesWhereverItIsCut(String request) {
    byte[] bytes = (request + NEXT).getBytes(StandardCharsets.ISO_8859_1);
    String whole = read(bytes);

    assertThat(whole).endsWith(REFUSED).doesNotContain("/next");
    for (int cut = 1; cut < bytes.length; cut += 1 + bytes.length / 200) {
      assertThat(read(bytes, cut)).as("cut at %d", cut).isEqualTo(whole);
    }
  }

  @ParameterizedTest
  @MethodSource("taken")
  void takesWhereverItIsCut(String request) {
    byte[] bytes = (request + NEXT).getBytes(StandardCharsets.ISO_8859_1);
    String whole = read(bytes);

    assertThat(whole).doesNotContain(REFUSED).endsWith("GET /next; ");
    for (int first = 1; first < bytes.length; first += 11) {
      for (int second = first; second < bytes.length; second += 13) {
        assertThat(read(bytes, first, second)).as("%d, %d", first, second).isEqualTo(whole);
      }
    }
  }

  /** Random changes, in one piece and in many: the same verdict, and never an exception. */
  @Test
  void saysTheSameOfChangedRequestsInOnePieceAndInMany() {
    Random random = new Random(9112);
    String[] seeds = taken().filter(text -> text.length() < 200).toArray(String[]::new);
    String splices = "\r\n\t \0:;0aG/\u00e9,";
    for (int round = 0; round < 2000; round++) {
      StringBuilder text = new StringBuilder(seeds[random.nextInt(seeds.length)]).append(NEXT);
      for (int changes = 1 + random.nextInt(2); changes > 0; changes--) {
        int at = random.nextInt(text.length());
        char splice = splices.charAt(random.nextInt(splices.length()));
        switch (random.nextInt(3)) {
          case 0 -> text.setCharAt(at, splice);
          case 1 -> text.insert(at, splice);
          default -> text.deleteCharAt(at);
        }
      }
      byte[] bytes = text.toString().getBytes(StandardCharsets.ISO_8859_1);
      int[] cuts = random.ints(6, 0, bytes.length + 1).sorted().toArray();
      assertThat(read(bytes, cuts)).as("%s", text).isEqualTo(read(bytes));
    }
  }

  /** What is read, up to the first refusal by the decoder or by the guard behind it. */
  private static String read(byte[] bytes, int... cuts) {
    EmbeddedChannel channel = new EmbeddedChannel(RawServer.decoder(RawServer.HEADER_BYTES_MAX));
    int from = 0;
    for (int cut : cuts) {
      channel.writeInbound(Unpooled.wrappedBuffer(Arrays.copyOfRange(bytes, from, cut)));
      from = cut;
    }
    channel.writeInbound(Unpooled.wrappedBuffer(Arrays.copyOfRange(bytes, from, bytes.length)));
    StringBuilder read = new StringBuilder();
    HttpObject message;
    while ((message = channel.readInbound()) != null) {
      if (!read.toString().endsWith(REFUSED)) {
        say(message, read);
      }
      ReferenceCountUtil.release(message);
    }
    channel.close();
    while ((message = channel.readInbound()) != null) {
      ReferenceCountUtil.release(message);
    }
    channel.checkException();
    return read.toString();
  }

  private static void say(HttpObject message, StringBuilder read) {
    if (message.decoderResult().isFailure()) {
      // How much of a refused body had come by then depends on the pieces.
      read.setLength(read.lastIndexOf(";") + 1);
      read.append(REFUSED);
      return;
    }
    if (message instanceof HttpRequest request) {
      read.append(request.method()).append(' ').append(request.uri());
      boolean alone =
          !HttpUtil.isTransferEncodingChunked(request)
              && HttpUtil.getContentLength(request, 0L) == 0;
      read.append(FramingGuard.fault(request) != null ? REFUSED : alone ? "; " : " ");
    }
    if (message instanceof HttpContent content) {
      read.append(content.content().toString(StandardCharsets.ISO_8859_1));
      read.append(message instanceof LastHttpContent ? "; " : "");
    }
  }
}

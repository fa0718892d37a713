// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Whatever a client sends, no request is read that a strict reader would not read, no exception
 * escapes, and it does not matter where the bytes are cut.
 */
final class HttpFuzzTargetTest {
  /**
   * What was read.
   *
   * @param heads of requests, also of those whose body is not whole
   * @param requests whole ones
   */
  private record Read(List<String> heads, List<String> requests, boolean refused) {}

  @FuzzTest(maxDuration = "30s")
  void readsNothingThatAStrictReaderWouldNot(byte[] bytes) {
    HttpReference strict = HttpReference.of(new String(bytes, StandardCharsets.ISO_8859_1));
    Read whole = read(bytes);

    assertThat(whole.heads()).isEqualTo(start(strict.heads(), whole.heads().size()));
    assertThat(whole.requests()).isEqualTo(start(strict.requests(), whole.requests().size()));
    if (bytes.length > 1) {
      assertThat(read(bytes, 1 + (bytes[bytes.length - 1] & 0xff) % (bytes.length - 1)))
          .isEqualTo(whole);
    }
  }

  private static List<String> start(List<String> all, int size) {
    return all.subList(0, Math.min(size, all.size()));
  }

  private static Read read(byte[] bytes, int... cuts) {
    EmbeddedChannel channel = new EmbeddedChannel(RawServer.decoder(RawServer.HEADER_BYTES_MAX));
    int from = 0;
    for (int cut : cuts) {
      channel.writeInbound(Unpooled.wrappedBuffer(Arrays.copyOfRange(bytes, from, cut)));
      from = cut;
    }
    channel.writeInbound(Unpooled.wrappedBuffer(Arrays.copyOfRange(bytes, from, bytes.length)));
    Reader reader = new Reader();
    HttpObject message;
    while ((message = channel.readInbound()) != null) {
      reader.take(message);
      ReferenceCountUtil.release(message);
    }
    channel.close();
    while ((message = channel.readInbound()) != null) {
      ReferenceCountUtil.release(message);
    }
    channel.checkException();
    return new Read(reader.heads, reader.requests, reader.refused);
  }

  /** As the connection does it: nothing counts after the first fault of decoder or guard. */
  private static final class Reader {
    private final List<String> heads = new ArrayList<>();
    private final List<String> requests = new ArrayList<>();
    private final StringBuilder body = new StringBuilder();
    private boolean refused;

    void take(HttpObject message) {
      refused |= message.decoderResult().isFailure();
      if (!refused && message instanceof HttpRequest request) {
        begin(request);
      }
      if (!refused && message instanceof HttpContent content) {
        body.append(content.content().toString(StandardCharsets.ISO_8859_1));
        if (message instanceof LastHttpContent) {
          requests.add(heads.getLast() + body);
        }
      }
    }

    private void begin(HttpRequest request) {
      refused = FramingGuard.fault(request) != null;
      if (refused) {
        return;
      }
      List<String> headers = new ArrayList<>();
      request
          .headers()
          .iteratorAsString()
          .forEachRemaining(
              line -> headers.add(HttpReference.header(line.getKey(), line.getValue())));
      heads.add(HttpReference.head(request.method().name(), request.uri(), headers));
      body.setLength(0);
      if (!HttpUtil.isTransferEncodingChunked(request)
          && HttpUtil.getContentLength(request, 0L) == 0) {
        requests.add(heads.getLast());
      }
    }
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandler;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Requests made of what parsers differ about are read here, by the grammar of RFC 9112 and by
 * Netty's own decoder. The first two must agree on everything; what is taken must be the same
 * requests to Netty, too, or nothing to it, so that nobody sees another one behind it.
 */
final class HeadDifferentialTest {
  private static final int ROUNDS = 4_000;

  private static final String[] METHODS = {"POST", "GET", "DELETE", "X-1", "P{ST", "P(ST", ""};
  private static final String[] TARGETS = {"/a/mcp", "*", "/?\u00e9", "a:1", "/a b", "/\t", "/\"<"};
  private static final String[] VERSIONS = {
    "HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "http/1.1", "HTTP/1.1 ", "HTTP/2.0"
  };
  private static final String[] NAMES = {
    "Host",
    "hOST",
    "Content-Length",
    "content-length",
    "Content_Length",
    "Content-Length ",
    " Content-Length",
    "Transfer-Encoding",
    "TRANSFER-ENCODING",
    "Transfer_Encoding",
    "X-\u00e9",
    "Expect",
    "Connection",
    "Mcp-Name",
    ""
  };
  private static final String[] VALUES = {
    "gw",
    "0",
    "3",
    "03",
    "+3",
    "-1",
    "3,3",
    "3 3",
    "0x3",
    "99999999999999999999",
    "chunked",
    "Chunked",
    "chunked, chunked",
    "identity",
    "x, chunked",
    "\tchunked \t",
    "chunKed",
    "\u00b2",
    ""
  };
  private static final String[] BODIES = {
    "",
    "abc",
    "abcGET /x HTTP/1.1\r\nHost: gw\r\n\r\n",
    "0\r\n\r\n",
    "3\r\nabc\r\n0\r\n\r\n",
    "3;a=b\r\nabc\r\n000\r\n\r\n",
    "3 \r\nabc\r\n0\r\n\r\n",
    "00000003\r\nabc\r\n0\r\n\r\n",
    "000000003\r\nabc\r\n0\r\n\r\n",
    "3\nabc\n0\n\n",
    "3\r\nabc0\r\n\r\n",
    "0\r\nX: y\r\n\r\n",
    "-3\r\nabc\r\n0\r\n\r\n"
  };
  private static final String[] SPLICES = {
    "\r", "\n", "\r\n", " ", "\t", "\0", ":", "\u007f", "\u0085", "\u00a0", ",", ";"
  };

  /**
   * What was read.
   *
   * @param heads of requests, also of one that is not whole
   * @param requests whole ones, before anything was refused
   */
  private record Read(List<String> heads, List<String> requests, boolean refused) {}

  @ParameterizedTest
  @ValueSource(longs = {1, 9112})
  void readsWhatTheGrammarDoesAndNettyReadsTheSame(long seed) {
    Random random = new Random(seed);
    int taken = 0;
    for (int round = 0; round < ROUNDS; round++) {
      String text = stream(random);
      Read ours = read(text, RawServer.decoder(RawServer.HEADER_BYTES_MAX));
      HttpReference strict = HttpReference.of(text);
      assertThat(ours.heads()).as("%s", text).isEqualTo(strict.heads());
      assertThat(ours.requests()).as("%s", text).isEqualTo(strict.requests());

      Read netty = read(text, new HttpRequestDecoder());
      int both = Math.min(ours.requests().size(), netty.requests().size());
      assertThat(netty.requests().subList(0, both))
          .as("%s", text)
          .isEqualTo(ours.requests().subList(0, both));
      assertThat(netty.refused() || both == ours.requests().size()).as("%s", text).isTrue();
      taken += ours.requests().size();
    }
    assertThat(taken).as("requests that were whole").isGreaterThan(ROUNDS / 4);
  }

  private static String stream(Random random) {
    StringBuilder text = new StringBuilder(random.nextInt(8) == 0 ? "\r\n" : "");
    for (int requests = 1 + random.nextInt(2); requests > 0; requests--) {
      request(random, text);
    }
    if (random.nextInt(3) == 0) {
      int at = random.nextInt(text.length());
      if (random.nextBoolean()) {
        text.insert(at, one(random, SPLICES));
      } else {
        text.deleteCharAt(at);
      }
    }
    return text.toString();
  }

  private static void request(Random random, StringBuilder text) {
    text.append(usual(random, METHODS))
        .append(' ')
        .append(usual(random, TARGETS))
        .append(' ')
        .append(usual(random, VERSIONS))
        .append("\r\nHost: gw\r\n");
    int body = random.nextInt(BODIES.length);
    if (random.nextInt(3) > 0) {
      text.append(body < 3 ? "Content-Length: 3\r\n" : "Transfer-Encoding: chunked\r\n");
    }
    for (int lines = random.nextInt(6) - 3; lines > 0; lines--) {
      text.append(one(random, NAMES)).append(':').append(one(random, VALUES)).append("\r\n");
    }
    text.append("\r\n").append(BODIES[body]);
  }

  private static String usual(Random random, String[] texts) {
    return random.nextInt(10) > 0 ? texts[0] : one(random, texts);
  }

  private static String one(Random random, String[] texts) {
    return texts[random.nextInt(texts.length)];
  }

  private static Read read(String text, ChannelHandler decoder) {
    EmbeddedChannel channel = new EmbeddedChannel(decoder);
    channel.writeInbound(Unpooled.wrappedBuffer(text.getBytes(StandardCharsets.ISO_8859_1)));
    List<String> heads = new ArrayList<>();
    List<String> requests = new ArrayList<>();
    StringBuilder body = new StringBuilder();
    boolean refused = false;
    HttpObject message;
    while ((message = channel.readInbound()) != null) {
      refused |= message.decoderResult().isFailure();
      if (!refused && message instanceof HttpRequest request) {
        refused = !request.protocolVersion().equals(HttpVersion.HTTP_1_1);
        body.setLength(0);
        if (!refused) {
          begin(request, heads, requests);
        }
      }
      if (!refused && message instanceof HttpContent content) {
        body.append(content.content().toString(StandardCharsets.ISO_8859_1));
        if (message instanceof LastHttpContent) {
          requests.add(heads.getLast() + body);
        }
      }
      ReferenceCountUtil.release(message);
    }
    channel.finishAndReleaseAll();
    return new Read(heads, requests, refused);
  }

  /** Ours says a request without a body in one message, Netty in two. */
  private static void begin(HttpRequest request, List<String> heads, List<String> requests) {
    List<String> headers = new ArrayList<>();
    request
        .headers()
        .iteratorAsString()
        .forEachRemaining(
            line -> headers.add(HttpReference.header(line.getKey(), line.getValue())));
    String head = HttpReference.head(request.method().name(), request.uri(), headers);
    heads.add(head);
    if (request instanceof Http1Request own && own.bodyLength() == 0) {
      requests.add(head);
    }
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.upstream;

import static dev.countersign.gateway.upstream.FramePeer.greeted;
import static dev.countersign.gateway.upstream.UpstreamBench.LIMITS;
import static dev.countersign.gateway.upstream.UpstreamBench.await;
import static dev.countersign.gateway.upstream.UpstreamBench.http2;
import static org.assertj.core.api.Assertions.assertThat;

import dev.countersign.gateway.RecordingLeakDetector;
import dev.countersign.gateway.upstream.FramePeer.Request;
import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What is taken for a reply in HTTP/2. */
final class Http2ReplyTest {
  private static final String OK = "200";

  private final UpstreamBench bench = new UpstreamBench();

  @AfterEach
  void close() {
    bench.close();
  }

  @AfterAll
  static void nothingLeaked() {
    RecordingLeakDetector.assertNothingLeaked();
  }

  /** Frames of a server in answer to the request on a stream. */
  interface Frames {
    void send(FramePeer peer, int stream) throws IOException;
  }

  record Row(String because, Frames frames) {
    @Override
    public String toString() {
      return because;
    }
  }

  private static Row head(String because, String... fields) {
    return new Row(because, (peer, stream) -> peer.head(stream, true, fields));
  }

  static Stream<Row> faultsOfAStream() {
    return Stream.of(
        head("no status", "content-type", "a/b"),
        head("a status that is no number", ":status", "2xx"),
        head("a status of two digits", ":status", "20"),
        head("a status of four digits", ":status", "2000"),
        head("two statuses", ":status", OK, ":status", OK),
        head("a pseudo-header of requests", ":status", OK, ":path", "/"),
        head("a pseudo-header after others", "a", "b", ":status", OK),
        head("a pseudo-header nobody knows", ":status", OK, ":x", "y"),
        head("a name in upper case", ":status", OK, "Content-Type", "a/b"),
        head("connection", ":status", OK, "connection", "close"),
        head("keep-alive", ":status", OK, "keep-alive", "timeout=5"),
        head("transfer-encoding", ":status", OK, "transfer-encoding", "chunked"),
        head("upgrade", ":status", OK, "upgrade", "x"),
        head("NUL in a value", ":status", OK, "x", "a\0b"),
        head("a line break in a value", ":status", OK, "content-type", "a/b\r\nx: y"),
        head("two types", ":status", OK, "content-type", "a/b", "content-type", "a/b"),
        head("two session ids", ":status", OK, "mcp-session-id", "a", "mcp-session-id", "b"),
        head("two lengths", ":status", OK, "content-length", "0", "content-length", "1"),
        head("a negative length", ":status", OK, "content-length", "-1"),
        head("no body of a length", ":status", OK, "content-length", "5"),
        head("101", ":status", "101"),
        head("an interim answer at the end", ":status", "103"),
        head("301", ":status", "301", "location", "https://evil.example/"),
        head("304", ":status", "304"),
        head("headers over the limit", ":status", OK, "x", "y".repeat(9000)),
        new Row("a body alone", (peer, stream) -> peer.data(stream, true, "evil")),
        new Row(
            "less than the length",
            (peer, stream) -> {
              peer.head(stream, false, ":status", OK, "content-length", "5");
              peer.data(stream, true, "abc");
            }),
        new Row(
            "more than the length",
            (peer, stream) -> {
              peer.head(stream, false, ":status", OK, "content-length", "2");
              peer.data(stream, true, "abc");
            }),
        new Row(
            "a second head",
            (peer, stream) -> {
              peer.head(stream, false, ":status", OK);
              peer.head(stream, false, ":status", OK);
            }),
        new Row(
            "a status in trailers",
            (peer, stream) -> {
              peer.head(stream, false, ":status", OK);
              peer.head(stream, true, ":status", OK);
            }),
        new Row(
            "interim answers without end",
            (peer, stream) -> {
              for (int i = 0; i <= ReplyHeads.INTERIM_MAX; i++) {
                peer.head(stream, false, ":status", "103");
              }
            }));
  }

  /** The stream ends, and with it nothing else. */
  @ParameterizedTest
  @MethodSource("faultsOfAStream")
  void takesNothingElseForAReply(Row row) throws Exception {
    try (ScriptedServer server =
        new ScriptedServer(
            greeted(
                peer -> {
                  Request first = peer.request();
                  Request second = peer.request();
                  if (first != null && second != null) {
                    row.frames.send(peer, first.stream());
                    peer.ok(second);
                  }
                  peer.untilLeft();
                }))) {
      ReplyRecord first = bench.send(http2(server.port()), LIMITS, "first");
      ReplyRecord second = bench.send(http2(server.port()), LIMITS, "second");

      assertThat(first.failure().kind()).isEqualTo(UpstreamFailure.Kind.BAD_REPLY);
      assertThat(first.failure().dispatched()).isTrue();
      assertThat(second.whole()).isEqualTo("ok");
      assertThat(server.requests).containsExactly("first", "second");
      assertThat(server.connections).hasValue(1);
    }
  }

  static Stream<Row> faultsOfAConnection() {
    return Stream.of(
        new Row("a push", (peer, stream) -> peer.send(FramePeer.PUSH_PROMISE, 4, stream, push())),
        new Row("a stream nobody opened", (peer, stream) -> peer.head(2, true, ":status", OK)),
        new Row("a reply to nothing", (peer, stream) -> peer.head(99, true, ":status", OK)),
        new Row("a body on stream 0", (peer, stream) -> peer.data(0, true, "evil")),
        new Row("settings cut", (peer, stream) -> peer.send(FramePeer.SETTINGS, 0, 0, new byte[5])),
        new Row(
            "a frame over the limit",
            (peer, stream) -> peer.send(FramePeer.DATA, 0, stream, new byte[20_000])),
        new Row(
            "a block that is no HPACK",
            (peer, stream) ->
                peer.send(FramePeer.HEADERS, 5, stream, new byte[] {(byte) 0xff, (byte) 0xff})),
        new Row(
            "empty frames without end",
            (peer, stream) -> {
              peer.head(stream, false, ":status", OK);
              for (int i = 0; i < 10; i++) {
                peer.data(stream, false, "");
              }
            }));
  }

  private static byte[] push() {
    byte[] block = FramePeer.fields(":method", "GET", ":scheme", "http", ":path", "/");
    byte[] payload = new byte[4 + block.length];
    payload[3] = 2;
    System.arraycopy(block, 0, payload, 4, block.length);
    return payload;
  }

  @ParameterizedTest
  @MethodSource("faultsOfAConnection")
  void closesAConnectionThatBreaksTheProtocol(Row row) throws Exception {
    try (ScriptedServer server =
        new ScriptedServer(
            greeted(
                peer -> {
                  Request first = peer.request();
                  if (first != null) {
                    row.frames.send(peer, first.stream());
                  }
                  peer.untilLeft();
                }))) {
      UpstreamFailure failure = bench.send(http2(server.port()), LIMITS, "call").failure();

      assertThat(failure.kind()).isEqualTo(UpstreamFailure.Kind.BAD_REPLY);
      assertThat(failure.dispatched()).isTrue();
      await(() -> bench.pools.connections() == 0);
      assertThat(server.requests).containsExactly("call");
    }
  }

  @Test
  void readsHeadBodyAndTrailers() throws Exception {
    try (ScriptedServer server =
        new ScriptedServer(
            greeted(
                peer -> {
                  Request request = peer.request();
                  if (request != null) {
                    int stream = request.stream();
                    peer.head(stream, false, ":status", "100");
                    peer.head(stream, false, ":status", "103", "content-type", "evil");
                    peer.head(
                        stream,
                        false,
                        ":status",
                        OK,
                        "content-type",
                        "application/json",
                        "mcp-session-id",
                        "s-1",
                        "content-encoding",
                        "gzip");
                    peer.data(stream, false, "ab");
                    peer.data(stream, false, "cd");
                    peer.head(stream, true, "x", "y");
                  }
                  peer.untilLeft();
                }))) {
      ReplyRecord record = bench.send(http2(server.port()), LIMITS, "call");

      assertThat(record.whole()).isEqualTo("abcd");
      assertThat(record.replyHead())
          .isEqualTo(
              new ReplyHead(
                  200, "application/json", true, "s-1", "address:127.0.0.1:" + server.port()));
    }
  }

  @Test
  void sendsNothingToAServerThatSpeaksNoHttp2() throws Exception {
    try (ScriptedServer server =
        new ScriptedServer(
            peer -> {
              peer.some(24);
              peer.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
              peer.untilLeft();
            })) {
      UpstreamFailure failure = bench.send(http2(server.port()), LIMITS, "call").failure();

      assertThat(failure.dispatched()).isFalse();
      await(() -> bench.pools.connections() == 0);
    }
  }
}

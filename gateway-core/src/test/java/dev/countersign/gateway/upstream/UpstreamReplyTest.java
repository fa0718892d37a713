// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.upstream;

import static dev.countersign.gateway.upstream.ScriptedServer.OK;
import static org.assertj.core.api.Assertions.assertThat;

import dev.countersign.gateway.RecordingLeakDetector;
import java.io.IOException;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What is taken for a reply. */
final class UpstreamReplyTest {
  private final UpstreamBench bench = new UpstreamBench();

  @AfterEach
  void close() {
    bench.close();
  }

  @AfterAll
  static void nothingLeaked() {
    RecordingLeakDetector.assertNothingLeaked();
  }

  /** Bytes of a server, after which it closes. */
  record Row(String because, String bytes, UpstreamFailure.Kind kind) {
    @Override
    public String toString() {
      return because;
    }
  }

  private static Row bad(String because, String bytes) {
    return new Row(because, bytes, UpstreamFailure.Kind.BAD_REPLY);
  }

  private static Row broken(String because, String bytes) {
    return new Row(because, bytes, UpstreamFailure.Kind.UNREACHABLE);
  }

  static Stream<Row> notReplies() {
    String ok = "HTTP/1.1 200 OK\r\n";
    String chunked = ok + "Transfer-Encoding: chunked\r\n\r\n";
    return Stream.of(
        broken("nothing", ""),
        broken("part of a status line", "HTTP/1.1 20"),
        broken("an interim answer alone", "HTTP/1.1 100 Continue\r\n\r\n"),
        broken("a body that is cut", ok + "Content-Length: 10\r\n\r\nabc"),
        broken("no chunk", chunked),
        broken("a chunk that is cut", chunked + "5\r\nab"),
        broken("no last chunk", chunked + "2\r\nab\r\n"),
        bad("no HTTP", "SSH-2.0-OpenSSH_9.9\r\n\r\n"),
        bad("part of a head", ok + "Content-Le"),
        bad("JSON alone", "{\"jsonrpc\":\"2.0\"}\r\n\r\n"),
        bad("a status that is no number", "HTTP/1.1 OK 200\r\n\r\n"),
        bad("101", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"),
        bad("301", "HTTP/1.1 301 Moved\r\nLocation: http://evil/\r\nContent-Length: 0\r\n\r\n"),
        bad("307", "HTTP/1.1 307 Moved\r\nLocation: http://evil/\r\nContent-Length: 0\r\n\r\n"),
        bad("304", "HTTP/1.1 304 Not Modified\r\n\r\n"),
        bad("a line over the limit", "HTTP/1.1 200 " + "x".repeat(9000) + "\r\n\r\n"),
        bad("headers over the limit", ok + ("X: " + "y".repeat(900) + "\r\n").repeat(10) + "\r\n"),
        bad("one header over the limit", ok + "X: " + "y".repeat(9000) + "\r\n\r\n"),
        bad("two lengths", ok + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
        bad("one length twice", ok + "Content-Length: 2\r\nContent-Length: 2\r\n\r\nab"),
        bad("a negative length", ok + "Content-Length: -1\r\n\r\nab"),
        bad(
            "length and chunks",
            ok + "Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        bad(
            "two types",
            ok + "Content-Type: a/b\r\nContent-Type: c/d\r\nContent-Length: 0\r\n\r\n"),
        bad(
            "two session ids",
            ok + "Mcp-Session-Id: a\r\nmcp-session-id: b\r\nContent-Length: 0\r\n\r\n"),
        bad("a chunk without a size", chunked + "\r\nab\r\n0\r\n\r\n"),
        bad("a size not hexadecimal", chunked + "zz\r\nab\r\n0\r\n\r\n"),
        bad("a size out of range", chunked + "fffffffff\r\nab\r\n0\r\n\r\n"),
        bad("NUL in a header", ok + "X: a\0b\r\nContent-Length: 0\r\n\r\n"));
  }

  @ParameterizedTest
  @MethodSource("notReplies")
  void takesNothingElseForAReply(Row row) throws Exception {
    try (ScriptedServer server = once(row.bytes())) {
      UpstreamFailure failure = bench.send(server, "call").failure();

      assertThat(failure.kind()).isEqualTo(row.kind());
      assertThat(failure.dispatched()).isTrue();
      UpstreamBench.await(() -> bench.pools.connections() == 0);
      assertThat(server.requests).containsExactly("call");
    }
  }

  /** A reply that is cut at any byte is never whole. */
  @ParameterizedTest
  @CsvSource({"length", "chunks"})
  void takesNoPartOfAReplyForTheWhole(String framing) throws Exception {
    String reply =
        framing.equals("length")
            ? "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc"
            : "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
    for (int cut = 0; cut < reply.length(); cut++) {
      try (ScriptedServer server = once(reply.substring(0, cut))) {
        assertThat(bench.send(server, "call").failure().dispatched()).isTrue();
      }
    }
  }

  @Test
  void readsAReplyInPiecesOfOneByte() throws Exception {
    String reply = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
    try (ScriptedServer server =
        new ScriptedServer(
            peer -> {
              peer.request();
              for (int i = 0; i < reply.length(); i++) {
                peer.send(reply.substring(i, i + 1));
              }
              peer.untilLeft();
            })) {
      assertThat(bench.send(server, "call").whole()).isEqualTo("abc");
    }
  }

  @Test
  void skipsInterimAnswers() throws Exception {
    String interim =
        String.join(
            "\r\n\r\n",
            "HTTP/1.1 100 Continue",
            "HTTP/1.1 102 Processing",
            "HTTP/1.1 103 Early Hints\r\nLink: <x>\r\nContent-Type: evil",
            OK);
    try (ScriptedServer server = once(interim)) {
      ReplyRecord record = bench.send(server, "call");

      assertThat(record.whole()).isEqualTo("ok");
      assertThat(record.replyHead().status()).isEqualTo(200);
      assertThat(record.replyHead().contentType()).isNull();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "200|application/json|''",
        "200|text/event-stream; charset=utf-8|Mcp-Session-Id: s-1",
        "202|text/plain|''",
        "400|application/json|''",
        "404|text/html|''",
        "500|application/json|Mcp-Session-Id: s-2"
      })
  void readsStatusTypeAndSession(int status, String type, String more) throws Exception {
    String head = "HTTP/1.1 " + status + " X\r\nContent-Type: " + type + "\r\n";
    String session = more.isEmpty() ? "" : more + "\r\n";
    try (ScriptedServer server = once(head + session + "Content-Length: 2\r\n\r\nab")) {
      ReplyRecord record = bench.send(server, "call");

      assertThat(record.whole()).isEqualTo("ab");
      assertThat(record.replyHead().status()).isEqualTo(status);
      assertThat(record.replyHead().contentType()).isEqualTo(type);
      assertThat(record.replyHead().sessionId())
          .isEqualTo(more.isEmpty() ? null : more.substring(more.indexOf(' ') + 1));
      assertThat(record.replyHead().encoded()).isFalse();
      assertThat(record.replyHead().executor()).isEqualTo("address:127.0.0.1:" + server.port());
    }
  }

  @Test
  void readsAReplyWithoutABody() throws Exception {
    try (ScriptedServer server = once("HTTP/1.1 204 No Content\r\n\r\n")) {
      assertThat(bench.send(server, "call").whole()).isEmpty();
    }
  }

  @Test
  void readsABodyThatEndsWithTheConnection() throws Exception {
    try (ScriptedServer server = once("HTTP/1.1 200 OK\r\n\r\nabc")) {
      assertThat(bench.send(server, "call").whole()).isEqualTo("abc");
      UpstreamBench.await(() -> bench.pools.connections() == 0);
    }
  }

  @ParameterizedTest
  @CsvSource({"gzip,true", "br,true", "'gzip, identity',true", "identity,false", "Identity,false"})
  void noticesAContentCoding(String coding, boolean encoded) throws Exception {
    try (ScriptedServer server =
        once("HTTP/1.1 200 OK\r\nContent-Encoding: " + coding + "\r\nContent-Length: 0\r\n\r\n")) {
      ReplyRecord record = bench.send(server, "call");

      assertThat(record.whole()).isEmpty();
      assertThat(record.replyHead().encoded()).isEqualTo(encoded);
    }
  }

  private static ScriptedServer once(String bytes) throws IOException {
    return new ScriptedServer(
        peer -> {
          peer.request();
          peer.send(bytes);
        });
  }
}

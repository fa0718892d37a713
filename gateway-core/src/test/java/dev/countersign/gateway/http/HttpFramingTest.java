// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.countersign.gateway.RecordingLeakDetector;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What two parsers could read differently, byte by byte over a real socket. */
final class HttpFramingTest {
  private static final String HOST = "Host: gw\r\n";

  /** Every offset of what is shorter, some of what is longer. */
  private static final int CUTS_MAX = 150;

  private static final String SMUGGLED = "GET /smuggled HTTP/1.1\r\nHost: gw\r\n\r\n";

  private RawServer server;

  @BeforeEach
  void start() throws IOException {
    server = new RawServer(RawServer.HTTP1_ONLY, ServerTls.none());
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @AfterAll
  static void nothingLeaked() {
    RecordingLeakDetector.assertNothingLeaked();
  }

  /**
   * A request that is refused before a handler sees it.
   *
   * @param request Latin-1, whole, so that what follows it would be another request
   */
  record Row(String because, String request, int status) {
    Row(String because, String request) {
      this(because, request, 400);
    }

    @Override
    public String toString() {
      return because;
    }
  }

  static Stream<Row> refusedHeads() {
    return Stream.of(requestLines(), lines(), lengths(), hosts(), repeats()).flatMap(rows -> rows);
  }

  private static Stream<Row> requestLines() {
    return Stream.of(
        new Row("HTTP/0.9", "GET /\r\n\r\n"),
        new Row("HTTP/1.0", "GET / HTTP/1.0\r\n" + HOST + "\r\n"),
        new Row("HTTP/1.2", "GET / HTTP/1.2\r\n" + HOST + "\r\n"),
        new Row("HTTP/2.0", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"),
        new Row("HTTP/1.1 in lower case", "GET / http/1.1\r\n" + HOST + "\r\n"),
        new Row("no version number", "GET / HTTP/\r\n" + HOST + "\r\n"),
        new Row("version with a leading zero", "GET / HTTP/01.1\r\n" + HOST + "\r\n"),
        new Row("another protocol", "GET / ICAP/1.1\r\n" + HOST + "\r\n"),
        new Row("space after the version", "GET / HTTP/1.1 \r\n" + HOST + "\r\n"),
        new Row("space before the method", " GET / HTTP/1.1\r\n" + HOST + "\r\n"),
        new Row("two spaces", "GET  / HTTP/1.1\r\n" + HOST + "\r\n"),
        new Row("two spaces before the version", "GET /  HTTP/1.1\r\n" + HOST + "\r\n"),
        new Row("space in the target", "GET /a b HTTP/1.1\r\n" + HOST + "\r\n"),
        new Row("tab for a space", "GET\t/\tHTTP/1.1\r\n" + HOST + "\r\n"),
        new Row("vertical tab for a space", "GET\u000b/ HTTP/1.1\r\n" + HOST + "\r\n"),
        new Row("CR in the request line", "GET /\r HTTP/1.1\r\n" + HOST + "\r\n"),
        new Row("NUL in the target", "GET /\0 HTTP/1.1\r\n" + HOST + "\r\n"),
        new Row("NUL before the method", "\0GET / HTTP/1.1\r\n" + HOST + "\r\n"),
        new Row("two empty lines first", "\r\n\r\nGET / HTTP/1.1\r\n" + HOST + "\r\n"),
        new Row("empty line of LF first", "\nGET / HTTP/1.1\r\n" + HOST + "\r\n"),
        new Row("method with a bracket", "G(T / HTTP/1.1\r\n" + HOST + "\r\n"),
        new Row("method not ASCII", "G\u00c9T / HTTP/1.1\r\n" + HOST + "\r\n"),
        new Row("target not ASCII", "GET /\u00c3\u00a9 HTTP/1.1\r\n" + HOST + "\r\n"),
        new Row("absolute form", "GET http://gw/ HTTP/1.1\r\n" + HOST + "\r\n"),
        new Row("absolute form, another host", "GET http://evil/ HTTP/1.1\r\n" + HOST + "\r\n"),
        new Row("authority form", "CONNECT gw:443 HTTP/1.1\r\n" + HOST + "\r\n"),
        new Row("CONNECT to a path", "CONNECT / HTTP/1.1\r\n" + HOST + "\r\n"),
        new Row("target without a slash", "GET a HTTP/1.1\r\n" + HOST + "\r\n"),
        new Row("target is a query", "GET ?a HTTP/1.1\r\n" + HOST + "\r\n"),
        new Row("absolute form without a path", "GET http://gw HTTP/1.1\r\n" + HOST + "\r\n"),
        new Row("another scheme", "GET gopher://gw/ HTTP/1.1\r\n" + HOST + "\r\n"),
        new Row("backslash first", "GET \\a HTTP/1.1\r\n" + HOST + "\r\n"),
        new Row("dot segments first", "GET ../a HTTP/1.1\r\n" + HOST + "\r\n"),
        new Row("parameters first", "GET ;a HTTP/1.1\r\n" + HOST + "\r\n"),
        new Row("encoded slash first", "GET %2fa HTTP/1.1\r\n" + HOST + "\r\n"),
        new Row("fragment", "GET /a#b HTTP/1.1\r\n" + HOST + "\r\n"),
        new Row(
            "line over the limit",
            "GET /" + "a".repeat(RawServer.HEADER_BYTES_MAX) + " HTTP/1.1\r\n" + HOST + "\r\n",
            431));
  }

  private static Stream<Row> lines() {
    String get = "GET / HTTP/1.1\r\n";
    return Stream.of(
        new Row("LF after the request line", "GET / HTTP/1.1\n" + HOST + "\r\n"),
        new Row("LF after a header", get + "Host: gw\n\r\n"),
        new Row("LF after the last header", get + HOST + "\n"),
        new Row("LF between two headers", get + "Host: gw\nX: y\r\n\r\n"),
        new Row("CR after a header", get + "Host: gw\rX: y\r\n\r\n"),
        new Row("CR in a value", get + HOST + "X: a\rb\r\n\r\n"),
        new Row("CR CR LF", get + HOST + "X: a\r\r\n\r\n"),
        new Row("folded with a space", get + HOST + "X: a\r\n b\r\n\r\n"),
        new Row("folded with a tab", get + HOST + "X: a\r\n\tb\r\n\r\n"),
        new Row("folded to nothing", get + HOST + "X: a\r\n \r\n\r\n"),
        new Row(
            "folded coding",
            "POST / HTTP/1.1\r\n" + HOST + "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n"),
        new Row("first header folded", get + " X: a\r\n" + HOST + "\r\n"),
        new Row("space before a colon", get + "Host : gw\r\n\r\n"),
        new Row("tab before a colon", get + HOST + "X\t: gw\r\n\r\n"),
        new Row("space in a name", get + HOST + "X Y: a\r\n\r\n"),
        new Row("no colon", get + HOST + "X\r\n\r\n"),
        new Row("no name", get + HOST + ": a\r\n\r\n"),
        new Row("bracket in a name", get + HOST + "X(Y): a\r\n\r\n"),
        new Row("name not ASCII", get + HOST + "X\u00e9: a\r\n\r\n"),
        new Row("NUL in a name", get + HOST + "X\0: a\r\n\r\n"),
        new Row("NUL in a value", get + HOST + "X: a\0b\r\n\r\n"),
        new Row("escape in a value", get + HOST + "X: \u001b[0m\r\n\r\n"),
        new Row("DEL in a value", get + HOST + "X: \u007f\r\n\r\n"),
        new Row(
            "headers over the limit",
            get + HOST + ("X: " + "a".repeat(500) + "\r\n").repeat(9) + "\r\n",
            431),
        new Row(
            "one header over the limit",
            get + HOST + "X: " + "a".repeat(RawServer.HEADER_BYTES_MAX) + "\r\n\r\n",
            431),
        new Row("another expectation", get + HOST + "Expect: 200-ok\r\n\r\n", 417),
        new Row(
            "headers that Connection names",
            get + HOST + "Connection: close, authorization\r\n\r\n"));
  }

  private static Stream<Row> lengths() {
    String post = "POST / HTTP/1.1\r\n" + HOST;
    String chunk = "\r\n1\r\na\r\n0\r\n\r\n";
    return Stream.of(
        new Row(
            "length and chunks",
            post + "Content-Length: 11\r\nTransfer-Encoding: chunked\r\n" + chunk),
        new Row(
            "chunks and length",
            post + "Transfer-Encoding: chunked\r\nContent-Length: 11\r\n" + chunk),
        new Row("two lengths", post + "Content-Length: 1\r\nContent-Length: 2\r\n\r\na"),
        new Row("one length twice", post + "Content-Length: 1\r\nContent-Length: 1\r\n\r\na"),
        new Row("two lengths in a list", post + "Content-Length: 1, 2\r\n\r\na"),
        new Row("one length twice in a list", post + "Content-Length: 1, 1\r\n\r\na"),
        new Row("negative length", post + "Content-Length: -1\r\n\r\na"),
        new Row("length with a plus", post + "Content-Length: +1\r\n\r\na"),
        new Row("hexadecimal length", post + "Content-Length: 0x1\r\n\r\na"),
        new Row("fractional length", post + "Content-Length: 1.0\r\n\r\na"),
        new Row("no length", post + "Content-Length:\r\n\r\n"),
        new Row("length with a space inside", post + "Content-Length: 1 1\r\n\r\na"),
        new Row("length beyond a long", post + "Content-Length: 18446744073709551617\r\n\r\na"),
        new Row("length spelled with an underscore", post + "Content_Length: 1\r\n\r\na"),
        new Row("another coding", post + "Transfer-Encoding: gzip\r\n\r\n"),
        new Row("two codings", post + "Transfer-Encoding: gzip, chunked\r\n" + chunk),
        new Row("chunked twice", post + "Transfer-Encoding: chunked, chunked\r\n" + chunk),
        new Row(
            "chunked in two headers",
            post + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n" + chunk),
        new Row(
            "identity first",
            post + "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n" + chunk),
        new Row("coding with a parameter", post + "Transfer-Encoding: chunked;q=1\r\n" + chunk),
        new Row("coding in quotes", post + "Transfer-Encoding: \"chunked\"\r\n" + chunk),
        new Row("coding with a letter more", post + "Transfer-Encoding: xchunked\r\n" + chunk),
        new Row(
            "coding behind a vertical tab", post + "Transfer-Encoding: \u000bchunked\r\n" + chunk),
        new Row("no coding", post + "Transfer-Encoding:\r\n" + chunk),
        new Row(
            "coding and HTTP/1.0",
            "POST / HTTP/1.0\r\n" + HOST + "Transfer-Encoding: chunked\r\n" + chunk),
        new Row(
            "coding spelled with an underscore", post + "Transfer_Encoding: chunked\r\n" + chunk));
  }

  private static Stream<Row> hosts() {
    return Stream.of(
        new Row("no host", "GET / HTTP/1.1\r\n\r\n"),
        new Row("two hosts", "GET / HTTP/1.1\r\nHost: gw\r\nHost: evil\r\n\r\n"),
        new Row("one host twice", "GET / HTTP/1.1\r\nHost: gw\r\nHost: gw\r\n\r\n"));
  }

  private static Stream<Row> repeats() {
    return Stream.of(
            "Authorization",
            "DPoP",
            "Origin",
            "Content-Type",
            "Content-Encoding",
            "Mcp-Session-Id",
            "MCP-Protocol-Version",
            "Mcp-Method",
            "Mcp-Name",
            "Mcp-Param-A",
            "Mcp-New",
            "Last-Event-ID",
            "Expect")
        .flatMap(
            name -> {
              String get = "GET / HTTP/1.1\r\n" + HOST;
              String lower = name.toLowerCase(Locale.ROOT);
              Row repeated =
                  new Row(name + " twice", get + name + ": a\r\n" + lower + ": a\r\n\r\n");
              String underscored = name.replace('-', '_');
              return underscored.equals(name)
                  ? Stream.of(repeated)
                  : Stream.of(
                      repeated,
                      new Row(underscored, get + underscored + ": a\r\n\r\n"),
                      new Row(
                          underscored + " first",
                          get + underscored + ": a\r\n" + name + ": a\r\n\r\n"));
            });
  }

  @ParameterizedTest
  @MethodSource("refusedHeads")
  void refusesTheHeadAndAllThatFollows(Row row) throws IOException {
    String answer = RawClient.exchange(server.port(), row.request() + SMUGGLED + SMUGGLED);

    assertThat(answer).startsWith("HTTP/1.1 " + row.status()).contains("connection: close");
    assertThat(answer.split("HTTP/1\\.1 \\d", -1)).as("answers").hasSize(2);
    assertThat(server.heads).isEmpty();
    server.awaitNoConnections();
  }

  /** The same bytes in two pieces, wherever they are cut, are judged alike. */
  @ParameterizedTest
  @MethodSource("refusedHeads")
  void refusesTheHeadHoweverItIsCut(Row row) {
    assertRefusedHoweverItIsCut(row.request(), SMUGGLED, row.status());
    assertThat(server.heads).isEmpty();
  }

  private void assertRefusedHoweverItIsCut(String request, String behind, int status) {
    byte[] all = (request + behind).getBytes(StandardCharsets.ISO_8859_1);
    int step = Math.max(1, request.length() / CUTS_MAX);
    for (int cut = 0; cut <= request.length(); cut += step) {
      EmbeddedPeer peer =
          server.embedded(false).write(all, 0, cut).write(all, cut, all.length).waitAWhile();
      assertThat(peer.text()).as("cut at %d", cut).startsWith("HTTP/1.1 " + status);
      assertThat(peer.text().split("HTTP/1\\.1 \\d", -1)).as("answers").hasSize(2);
      assertThat(peer.isOpen()).as("open, cut at %d", cut).isFalse();
      peer.hangUp();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "X-Foo: a\r\nX_Foo: b\r\n",
        "X_Foo: a\r\nX-Foo: b\r\n",
        "X_Foo: a\r\nx_foo: b\r\nX-Foo: c\r\n"
      })
  void refusesNamesThatDifferByAnUnderscoreInAnyOrder(String headers) throws IOException {
    assertThat(RawClient.exchange(server.port(), "GET / HTTP/1.1\r\n" + HOST + headers + "\r\n"))
        .startsWith("HTTP/1.1 400");
    assertThat(server.heads).isEmpty();
  }

  /** Chunks that are refused; the handler has the head by then, but never a body. */
  static Stream<Row> refusedChunks() {
    return Stream.of(
        new Row("no size", "\r\na\r\n0\r\n\r\n"),
        new Row("size not hexadecimal", "g\r\na\r\n0\r\n\r\n"),
        new Row("size with 0x", "0x1\r\na\r\n0\r\n\r\n"),
        new Row("negative size", "-1\r\na\r\n0\r\n\r\n"),
        new Row("size with a plus", "+1\r\na\r\n0\r\n\r\n"),
        new Row("space before the size", " 1\r\na\r\n0\r\n\r\n"),
        new Row("space after the size", "1 \r\na\r\n0\r\n\r\n"),
        new Row("tab after the size", "1\t\r\na\r\n0\r\n\r\n"),
        new Row("text after the size", "1 x\r\na\r\n0\r\n\r\n"),
        new Row("underscore in the size", "0_1\r\na\r\n0\r\n\r\n"),
        new Row("size beyond 31 bits", "80000000\r\na\r\n0\r\n\r\n"),
        new Row("size beyond 32 bits", "100000001\r\na\r\n0\r\n\r\n"),
        new Row("size beyond 64 bits", "10000000000000001\r\na\r\n0\r\n\r\n"),
        new Row("many leading zeros", "0".repeat(20) + "1\r\na\r\n0\r\n\r\n"),
        new Row("LF after the size", "1\na\r\n0\r\n\r\n"),
        new Row("CR after the size", "1\ra\r\n0\r\n\r\n"),
        new Row("LF in an extension", "1;a\nb\r\na\r\n0\r\n\r\n"),
        new Row("CR in an extension", "1;a\rb\r\na\r\n0\r\n\r\n"),
        new Row("NUL in an extension", "1;a\0b\r\na\r\n0\r\n\r\n"),
        new Row("extension over 256 bytes", "1;" + "a".repeat(257) + "\r\na\r\n0\r\n\r\n"),
        new Row(
            "extension over 256 bytes at the end", "1\r\na\r\n0;" + "a".repeat(257) + "\r\n\r\n"),
        new Row("more data than said", "1\r\nab\r\n0\r\n\r\n"),
        new Row("LF after the data", "1\r\na\n0\r\n\r\n"),
        new Row("nothing after the data", "1\r\na0\r\n\r\n"),
        new Row("less data than said", "2\r\na\r\n0\r\n\r\n"),
        new Row("LF after the last chunk", "1\r\na\r\n0\n\r\n"),
        new Row("LF at the end", "1\r\na\r\n0\r\n\n"),
        new Row("trailer", "1\r\na\r\n0\r\nX: y\r\n\r\n"),
        new Row("trailer with a length", "1\r\na\r\n0\r\nContent-Length: 5\r\n\r\n"),
        new Row("trailer with a coding", "1\r\na\r\n0\r\nTransfer-Encoding: chunked\r\n\r\n"),
        new Row("folded trailer", "1\r\na\r\n0\r\n X: y\r\n\r\n"),
        new Row("request for a trailer", "1\r\na\r\n0\r\nGET / HTTP/1.1\r\n" + HOST + "\r\n"));
  }

  @ParameterizedTest
  @MethodSource("refusedChunks")
  void refusesTheChunksAndAllThatFollows(Row row) throws IOException {
    String request = "POST / HTTP/1.1\r\n" + HOST + "Transfer-Encoding: chunked\r\n\r\n";
    String answer = RawClient.exchange(server.port(), request + row.request() + SMUGGLED);

    assertThat(answer).startsWith("HTTP/1.1 400").contains("connection: close");
    assertThat(answer.split("HTTP/1\\.1 \\d", -1)).as("answers").hasSize(2);
    assertThat(server.served).isEmpty();
    assertThat(server.heads).containsExactly("POST /");
    assertThat(server.refusedBodies).containsExactly(BodyRefusedException.Why.FRAMING);
    server.awaitNoConnections();
  }

  /** The same bytes in other pieces must not be judged otherwise. */
  @ParameterizedTest
  @MethodSource("refusedChunks")
  void refusesTheChunksByteByByte(Row row) throws IOException {
    try (RawClient client = new RawClient(server.port())) {
      client.send("POST / HTTP/1.1\r\n" + HOST + "Transfer-Encoding: chunked\r\n\r\n");
      for (char c : row.request().toCharArray()) {
        client.send(String.valueOf(c));
      }
      assertThat(client.answer()).startsWith("HTTP/1.1 400");
    }
    assertThat(server.served).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("refusedChunks")
  void refusesTheChunksHoweverTheyAreCut(Row row) {
    String head = "POST / HTTP/1.1\r\n" + HOST + "Transfer-Encoding: chunked\r\n\r\n";
    assertRefusedHoweverItIsCut(head + row.request(), SMUGGLED, 400);
    assertThat(server.served).isEmpty();
    assertThat(server.heads).containsOnly("POST /");
  }

  static Stream<Row> takenRequests() {
    return Stream.of(
        new Row("a target of slashes", "GET //a//b HTTP/1.1\r\n" + HOST + "\r\n"),
        new Row("an encoded target", "GET /%2e%2E/%2f HTTP/1.1\r\n" + HOST + "\r\n"),
        new Row("a backslash", "GET /a\\b HTTP/1.1\r\n" + HOST + "\r\n"),
        new Row("dot segments", "GET /../a/./b HTTP/1.1\r\n" + HOST + "\r\n"),
        new Row("parameters", "GET /a;b=c HTTP/1.1\r\n" + HOST + "\r\n"),
        new Row("an encoded NUL", "GET /a%00 HTTP/1.1\r\n" + HOST + "\r\n"),
        new Row("a query", "GET /a?b=c HTTP/1.1\r\n" + HOST + "\r\n"),
        new Row("an asterisk", "OPTIONS * HTTP/1.1\r\n" + HOST + "\r\n"),
        new Row("TRACE", "TRACE / HTTP/1.1\r\n" + HOST + "\r\n"),
        new Row("another method", "BREW / HTTP/1.1\r\n" + HOST + "\r\n"),
        new Row("an empty line first", "\r\nGET / HTTP/1.1\r\n" + HOST + "\r\n"),
        new Row(
            "an upgrade that is ignored",
            "GET / HTTP/1.1\r\n" + HOST + "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n"),
        new Row("an empty value", "GET / HTTP/1.1\r\n" + HOST + "X:\r\n\r\n"),
        new Row("spaces around a value", "GET / HTTP/1.1\r\nHost: \t gw \t\r\n\r\n"),
        new Row("a value not ASCII", "GET / HTTP/1.1\r\n" + HOST + "X: \u00e9\r\n\r\n"),
        new Row("a body of no bytes", "POST / HTTP/1.1\r\n" + HOST + "Content-Length: 0\r\n\r\n"),
        new Row("a body", "POST / HTTP/1.1\r\n" + HOST + "Content-Length: 3\r\n\r\nabc"),
        new Row(
            "no chunks",
            "POST / HTTP/1.1\r\n" + HOST + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        new Row(
            "chunks",
            "POST / HTTP/1.1\r\n"
                + HOST
                + "Transfer-Encoding: Chunked\r\n\r\n"
                + "1\r\n"
                + "a\r\n"
                + "0A;x=y\r\n"
                + "0123456789\r\n"
                + "000\r\n\r\n"),
        new Row(
            "a chunk extension of 256 bytes",
            "POST / HTTP/1.1\r\n"
                + HOST
                + "Transfer-Encoding: chunked\r\n\r\n1;"
                + "x".repeat(256)
                + "\r\na\r\n0\r\n\r\n"),
        new Row(
            "line ends inside a chunk",
            "POST / HTTP/1.1\r\n"
                + HOST
                + "Transfer-Encoding: chunked\r\n\r\n6\r\n\r\n0\r\n \r\n0\r\n\r\n"));
  }

  @ParameterizedTest
  @MethodSource("takenRequests")
  void takesTheRequestAndTheNext(Row row) throws IOException {
    String answers = RawClient.exchange(server.port(), row.request() + SMUGGLED);

    assertThat(answers.split("HTTP/1\\.1 200 OK", -1)).hasSize(3);
    assertThat(answers).doesNotContain("connection: close");
    assertThat(server.served).hasSize(2).last().isEqualTo("GET /smuggled ");
    assertThat(server.refused).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("takenRequests")
  void takesTheRequestByteByByte(Row row) throws IOException {
    try (RawClient client = new RawClient(server.port())) {
      for (char c : row.request().toCharArray()) {
        client.send(String.valueOf(c));
      }
      assertThat(client.answer()).startsWith("HTTP/1.1 200 OK");
    }
    assertThat(server.served).hasSize(1);
  }

  @ParameterizedTest
  @MethodSource("takenRequests")
  void takesTheRequestHoweverItIsCut(Row row) {
    byte[] all = (row.request() + SMUGGLED).getBytes(StandardCharsets.ISO_8859_1);
    for (int cut = 0; cut <= row.request().length(); cut++) {
      EmbeddedPeer peer = server.embedded(false).write(all, 0, cut).write(all, cut, all.length);
      assertThat(peer.text().split("HTTP/1\\.1 200 OK", -1)).as("cut at %d", cut).hasSize(3);
      peer.hangUp();
    }
    assertThat(server.refused).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("takenRequests")
  void servesNothingOfARequestThatIsCut(Row row) throws IOException {
    String request = row.request();
    for (int cut = 0; cut < request.length(); cut++) {
      try (RawClient client = new RawClient(server.port())) {
        client.send(request.substring(0, cut));
      }
    }
    server.awaitNoConnections();

    assertThat(server.served).isEmpty();
  }

  @Test
  void closesByItselfAfterARefusal() throws IOException {
    try (RawClient client = new RawClient(server.port())) {
      client.send("GET / HTTP/1.1\nHost: gw\n\n");

      assertThat(client.answer()).startsWith("HTTP/1.1 400");
      assertThat(client.rest()).isEmpty();
    }
    server.awaitNoConnections();
  }

  @Test
  void countsEachRefusalOnce() throws IOException {
    assertThat(RawClient.exchange(server.port(), "GET /\r\n\r\n")).startsWith("HTTP/1.1 400");
    assertThat(RawClient.exchange(server.port(), "GET / HTTP/1.1\r\nX : y\r\n\r\n" + SMUGGLED))
        .startsWith("HTTP/1.1 400");
    assertThat(
            RawClient.exchange(
                server.port(), "GET / HTTP/1.1\r\nX: " + "y".repeat(9000) + "\r\n\r\n"))
        .startsWith("HTTP/1.1 431");

    assertThat(server.refused)
        .containsExactly(
            HttpObserver.Refused.FRAMING,
            HttpObserver.Refused.FRAMING,
            HttpObserver.Refused.HEADER_BYTES);
  }
}

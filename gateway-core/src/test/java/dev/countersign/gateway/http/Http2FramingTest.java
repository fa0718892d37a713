// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

import static dev.countersign.gateway.http.Http2Peer.block;
import static dev.countersign.gateway.http.Http2Peer.data;
import static dev.countersign.gateway.http.Http2Peer.frame;
import static dev.countersign.gateway.http.Http2Peer.get;
import static dev.countersign.gateway.http.Http2Peer.head;
import static dev.countersign.gateway.http.Http2Peer.join;
import static dev.countersign.gateway.http.Http2Peer.number;
import static dev.countersign.gateway.http.Http2Peer.post;
import static dev.countersign.gateway.http.Http2Peer.setting;
import static org.assertj.core.api.Assertions.assertThat;

import dev.countersign.gateway.RecordingLeakDetector;
import dev.countersign.gateway.http.HttpObserver.Refused;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What RFC 9113 forbids, and what two parsers could read differently, in frames made by hand. */
final class Http2FramingTest {
  private static final int PARTS = 5;
  private static final int WHOLE = Http2Peer.END_HEADERS | Http2Peer.END_STREAM;

  private final RawServer server = new RawServer();

  Http2FramingTest() throws IOException {}

  @AfterEach
  void stop() {
    server.close();
    assertThat(server.budget.used()).isZero();
    assertThat(server.streams).hasValue(0);
  }

  @AfterAll
  static void nothingLeaked() {
    RecordingLeakDetector.assertNothingLeaked();
  }

  /**
   * Frames on stream 1, after preface and settings.
   *
   * @param verdict how stream 1, or the connection, is answered
   */
  record Row(String because, byte[] frames, String verdict) {
    Row(String because, byte[] block) {
      this(because, frame(Http2Peer.HEADERS, WHOLE, 1, block), "RST PROTOCOL_ERROR");
    }

    @Override
    public String toString() {
      return because;
    }
  }

  private static byte[] pseudo(String... namesAndValues) {
    return block(namesAndValues);
  }

  private static byte[] with(String... headers) {
    return head("GET", "/", headers);
  }

  static Stream<Row> malformedHeads() {
    return Stream.of(pseudoHeaders(), paths(), fields(), lengths()).flatMap(rows -> rows);
  }

  private static Stream<Row> pseudoHeaders() {
    String[] all = {":method", "GET", ":scheme", "http", ":authority", "gw", ":path", "/"};
    return Stream.of(
        new Row("nothing at all", new byte[0]),
        new Row("no method", pseudo(":scheme", "http", ":authority", "gw", ":path", "/")),
        new Row("no scheme", pseudo(":method", "GET", ":authority", "gw", ":path", "/")),
        new Row("no path", pseudo(":method", "GET", ":scheme", "http", ":authority", "gw")),
        new Row("two methods", join(pseudo(":method", "POST"), pseudo(all))),
        new Row("one method twice", join(pseudo(all), pseudo(":method", "GET"))),
        new Row("two schemes", join(pseudo(all), pseudo(":scheme", "https"))),
        new Row("two authorities", join(pseudo(all), pseudo(":authority", "evil"))),
        new Row("two paths", join(pseudo(all), pseudo(":path", "/smuggled"))),
        new Row("unknown", join(pseudo(all), pseudo(":evil", "x"))),
        new Row("of a response", join(pseudo(all), pseudo(":status", "200"))),
        new Row("an extended CONNECT", join(pseudo(all), pseudo(":protocol", "websocket"))),
        new Row("a colon alone", join(pseudo(all), pseudo(":", "x"))),
        new Row("with a space", join(pseudo(all), pseudo(": path", "/"))),
        new Row("in upper case", join(pseudo(all), pseudo(":Path", "/"))),
        new Row("late", join(pseudo(all), block("x", "y"), pseudo(":path", "/smuggled"))),
        new Row(
            "the only path late",
            join(
                pseudo(":method", "GET", ":scheme", "http", ":authority", "gw"),
                block("x", "y"),
                pseudo(":path", "/"))),
        new Row("CONNECT with a path", head("CONNECT", "/")),
        new Row("CONNECT without an authority", pseudo(":method", "CONNECT")),
        new Row("an empty method", head("", "/")),
        new Row("a method with a space", head("GET /smuggled HTTP/1.1", "/")),
        new Row("a method with a line end", head("GET\r\n", "/")),
        new Row(
            "an empty authority",
            pseudo(":method", "GET", ":scheme", "http", ":authority", "", ":path", "/")),
        new Row(
            "an authority with a user",
            pseudo(":method", "GET", ":scheme", "http", ":authority", "gw@evil", ":path", "/")),
        new Row(
            "an authority with a space",
            pseudo(":method", "GET", ":scheme", "http", ":authority", "g w", ":path", "/")),
        new Row("another host", with("host", "evil")),
        new Row("a scheme with a line end", pseudoOfScheme("http\r\nx: y")));
  }

  private static byte[] pseudoOfScheme(String scheme) {
    return pseudo(":method", "GET", ":scheme", scheme, ":authority", "gw", ":path", "/");
  }

  private static Stream<Row> paths() {
    return Stream.of(
            "",
            "a",
            "?a",
            "#",
            "http://gw/",
            "//\r\n",
            "/ /",
            "/a\0",
            "/\u00e9",
            "/a\tb",
            "/\u007f",
            "*")
        .map(path -> new Row("path \"" + path + "\"", head("GET", path)));
  }

  private static Stream<Row> fields() {
    return Stream.of(
        new Row("upper case", with("Accept", "x")),
        new Row("one letter in upper case", with("mcp-nAme", "x")),
        new Row("no name", with("", "x")),
        new Row("a space in a name", with("x y", "z")),
        new Row("a space behind a name", with("host ", "gw")),
        new Row("a colon in a name", with("x:y", "z")),
        new Row("a line end in a name", with("x\r\ny", "z")),
        new Row("NUL in a name", with("x\0", "z")),
        new Row("a name not ASCII", with("x\u00e9", "z")),
        new Row("a bracket in a name", with("x(y", "z")),
        new Row("LF in a value", with("x", "a\nb")),
        new Row("CR in a value", with("x", "a\rb")),
        new Row("a header in a value", with("x", "a\r\nmcp-name: evil")),
        new Row("a request in a value", with("x", "a\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n")),
        new Row("NUL in a value", with("x", "a\0b")),
        new Row("an escape in a value", with("x", "\u001b[0m")),
        new Row("DEL in a value", with("x", "\u007f")),
        new Row("a space before a value", with("x", " a")),
        new Row("a tab behind a value", with("x", "a\t")),
        new Row("connection", with("connection", "close")),
        new Row("keep-alive", with("keep-alive", "5")),
        new Row("proxy-connection", with("proxy-connection", "close")),
        new Row("upgrade", with("upgrade", "h2c")),
        new Row("a transfer coding", with("transfer-encoding", "chunked")),
        new Row("te of more than trailers", with("te", "trailers, gzip")),
        new Row("te of nothing", with("te", "")));
  }

  private static Stream<Row> lengths() {
    return Stream.of(
        new Row("a length of nothing that came", with("content-length", "1")),
        new Row("a negative length", with("content-length", "-1")),
        new Row("a length with a plus", with("content-length", "+0")),
        new Row("an empty length", with("content-length", "")),
        new Row("a length in hexadecimal", with("content-length", "0x0")),
        new Row("a list of lengths", with("content-length", "0, 0")),
        new Row("two lengths", with("content-length", "0", "content-length", "1")),
        new Row("a length beyond a long", with("content-length", "18446744073709551616")));
  }

  /** Broken is the stream, not the connection: the next one is served. */
  @ParameterizedTest
  @MethodSource("malformedHeads")
  void resetsTheStreamOfAMalformedHead(Row row) throws IOException {
    try (Http2Peer peer = new Http2Peer(server.port()).greet().send(row.frames())) {
      assertThat(peer.verdict(1)).isEqualTo(row.verdict());
      assertThat(peer.send(get(3, "/next")).verdict(3)).isEqualTo("200");
    }
    assertThat(server.heads).containsExactly("GET /next");
    assertThat(server.refused).containsExactly(Refused.FRAMING);
  }

  static Stream<Row> refusedHeads() {
    return Stream.of(
        refused("CONNECT", "400", pseudo(":method", "CONNECT", ":authority", "gw:443")),
        refused("a fragment", "400", head("GET", "/a#b")),
        refused("another scheme", "400", pseudoOfScheme("ftp")),
        refused("a scheme in upper case", "400", pseudoOfScheme("HTTP")),
        refused("no authority", "400", pseudo(":method", "GET", ":scheme", "http", ":path", "/")),
        refused("another host behind", "400", with("host", "gw", "host", "evil")),
        refused("one host twice", "400", with("host", "gw", "host", "gw")),
        refused("one length twice", "400", with("content-length", "0", "content-length", "0")),
        refused("authorization twice", "400", with("authorization", "a", "authorization", "a")),
        refused("a mirror twice", "400", with("mcp-name", "a", "mcp-name", "a")),
        refused("an underscore", "400", with("mcp_name", "a")),
        refused("an underscore and a dash", "400", with("x-y", "a", "x_y", "a")),
        refused("another expectation", "417", with("expect", "200-ok")),
        refused("headers over the limit", "431", with("x", "a".repeat(4096))),
        refused("many headers over the limit", "431", many(120)));
  }

  private static Row refused(String because, String status, byte[] block) {
    return new Row(because, frame(Http2Peer.HEADERS, WHOLE, 1, block), status);
  }

  /** Each costs a few bytes here and 32 more by the rule of counting. */
  private static byte[] many(int count) {
    String[] lines = new String[2 * count];
    Arrays.fill(lines, "x");
    return with(lines);
  }

  @ParameterizedTest
  @MethodSource("refusedHeads")
  void answersAHeadThatIsRefused(Row row) throws IOException {
    try (Http2Peer peer = new Http2Peer(server.port()).greet().send(row.frames())) {
      assertThat(peer.verdict(1)).isEqualTo(row.verdict());
      assertThat(peer.reply(1).headers).containsKey("date");
      assertThat(peer.send(get(3, "/next")).verdict(3)).isEqualTo("200");
    }
    assertThat(server.heads).containsExactly("GET /next");
    assertThat(server.refused)
        .containsExactlyElementsOf(
            switch (row.verdict()) {
              case "417" -> List.of();
              case "431" -> List.of(Refused.HEADER_BYTES);
              default -> List.of(Refused.FRAMING);
            });
  }

  /** The handler has the head by then, but never a whole body. */
  static Stream<Row> brokenBodies() {
    byte[] two = post(1, "/", "content-length", "2");
    return Stream.of(
        body("more than the length", "RST PROTOCOL_ERROR", two, data(1, true, "abc")),
        body("more, in two", "RST PROTOCOL_ERROR", two, data(1, false, "ab"), data(1, true, "c")),
        body("less than the length", "RST PROTOCOL_ERROR", two, data(1, true, "a")),
        body("nothing of the length", "RST PROTOCOL_ERROR", two, data(1, true, "")),
        body(
            "trailers",
            "400",
            post(1, "/"),
            data(1, false, "a"),
            frame(Http2Peer.HEADERS, WHOLE, 1, block("x", "y"))),
        body(
            "trailers with a pseudo-header",
            "400",
            post(1, "/"),
            data(1, false, "a"),
            frame(Http2Peer.HEADERS, WHOLE, 1, block(":path", "/smuggled"))),
        body("a second head", "400", post(1, "/"), get(1, "/smuggled")),
        body("headers that are no end", "RST PROTOCOL_ERROR", post(1, "/"), post(1, "/smuggled")),
        body(
            "a window of nothing more",
            "RST PROTOCOL_ERROR",
            post(1, "/"),
            frame(Http2Peer.WINDOW_UPDATE, 0, 1, number(0))),
        body(
            "a window that overflows",
            "RST FLOW_CONTROL_ERROR",
            post(1, "/"),
            frame(Http2Peer.WINDOW_UPDATE, 0, 1, number(Integer.MAX_VALUE))));
  }

  private static Row body(String because, String verdict, byte[]... frames) {
    return new Row(because, join(frames), verdict);
  }

  @ParameterizedTest
  @MethodSource("brokenBodies")
  void takesNoBodyThatIsBroken(Row row) throws IOException {
    try (Http2Peer peer = new Http2Peer(server.port()).greet().send(row.frames())) {
      assertThat(peer.verdict(1)).isEqualTo(row.verdict());
      assertThat(peer.send(get(3, "/next")).verdict(3)).isEqualTo("200");
    }
    assertThat(server.heads).last().isEqualTo("GET /next");
    assertThat(server.heads).doesNotContain("GET /smuggled", "POST /smuggled");
    assertThat(server.served).containsExactly("GET /next ");
    assertThat(server.refused).containsExactly(Refused.FRAMING);
  }

  /** Nothing of the connection can be trusted any more. */
  static Stream<Row> brokenConnections() {
    byte[] head = head("GET", "/smuggled");
    return Stream.of(
        broken("data of no stream", "PROTOCOL_ERROR", data(0, false, "a")),
        broken("a head of no stream", "PROTOCOL_ERROR", frame(Http2Peer.HEADERS, WHOLE, 0, head)),
        broken("a stream of the server's", "PROTOCOL_ERROR", get(2, "/smuggled")),
        broken("data of a stream that is not there", "PROTOCOL_ERROR", data(1, true, "a")),
        broken("a continuation of nothing", "PROTOCOL_ERROR", frame(9, 4, 1, head)),
        broken(
            "a frame inside a header block",
            "PROTOCOL_ERROR",
            frame(Http2Peer.HEADERS, 0, 1, head),
            frame(Http2Peer.PING, 0, 0, new byte[8])),
        broken(
            "another stream inside a header block",
            "PROTOCOL_ERROR",
            frame(Http2Peer.HEADERS, 0, 1, head),
            get(3, "/smuggled")),
        broken(
            "a continuation of another stream",
            "PROTOCOL_ERROR",
            frame(Http2Peer.HEADERS, 0, 1, head),
            frame(Http2Peer.CONTINUATION, 4, 3)),
        broken("padding over the frame", "PROTOCOL_ERROR", frame(1, 0xd, 1, new byte[] {9, 0})),
        broken("half a setting", "FRAME_SIZE_ERROR", frame(4, 0, 0, new byte[5])),
        broken("settings of a stream", "PROTOCOL_ERROR", frame(4, 0, 1)),
        broken("settings acknowledged with text", "FRAME_SIZE_ERROR", frame(4, 1, 0, new byte[6])),
        broken("a push switch of 2", "PROTOCOL_ERROR", frame(4, 0, 0, setting(2, 2))),
        broken("a window too large", "FLOW_CONTROL_ERROR", frame(4, 0, 0, setting(4, 1 << 31))),
        broken("frames too small", "PROTOCOL_ERROR", frame(4, 0, 0, setting(5, 100))),
        broken("a short ping", "FRAME_SIZE_ERROR", frame(6, 0, 0, new byte[7])),
        broken("a ping of a stream", "PROTOCOL_ERROR", frame(6, 0, 1, new byte[8])),
        broken("a reset of no stream", "PROTOCOL_ERROR", frame(3, 0, 0, number(8))),
        broken("a reset of a stream to come", "PROTOCOL_ERROR", frame(3, 0, 1, number(8))),
        broken("a short reset", "FRAME_SIZE_ERROR", frame(3, 0, 1, new byte[3])),
        broken("a window of nothing more", "PROTOCOL_ERROR", frame(8, 0, 0, number(0))),
        broken(
            "a window that overflows",
            "FLOW_CONTROL_ERROR",
            frame(8, 0, 0, number(Integer.MAX_VALUE))),
        broken("a short window", "FRAME_SIZE_ERROR", frame(8, 0, 0, new byte[3])),
        broken("a push", "PROTOCOL_ERROR", frame(5, 4, 1, join(number(2), head))),
        broken("a farewell of a stream", "PROTOCOL_ERROR", frame(7, 0, 1, new byte[8])),
        broken("a frame over the size", "FRAME_SIZE_ERROR", frame(0, 1, 1, new byte[16_385])),
        broken(
            "a header not in the table",
            "COMPRESSION_ERROR",
            frame(1, 5, 1, (byte) 0xff, (byte) 0)),
        broken("a header of index 0", "COMPRESSION_ERROR", frame(1, 5, 1, (byte) 0x80)),
        broken(
            "a header cut off",
            "COMPRESSION_ERROR",
            frame(1, 5, 1, (byte) 0, (byte) 9, (byte) 'x')),
        broken(
            "a table over the setting",
            "COMPRESSION_ERROR",
            frame(1, 5, 1, (byte) 0x3f, (byte) 0xff, (byte) 0xff, (byte) 3)));
  }

  private static Row broken(String because, String error, byte[]... frames) {
    return new Row(because, join(frames), "GOAWAY " + error);
  }

  @ParameterizedTest
  @MethodSource("brokenConnections")
  void closesTheConnectionAndServesNothingMore(Row row) throws IOException {
    try (Http2Peer peer =
        new Http2Peer(server.port()).send(Http2Peer.hello(), row.frames(), get(7, "/smuggled"))) {
      assertThat(peer.rest()).isEqualTo(row.verdict());
    }
    server.awaitNoConnections();
    assertThat(server.heads).isEmpty();
    assertThat(server.refused).contains(Refused.FRAMING);
  }

  @Test
  void servesNoStreamWithALowerNumber() throws IOException {
    try (Http2Peer peer =
        new Http2Peer(server.port()).greet().send(get(5, "/"), get(3, "/smuggled"))) {
      assertThat(peer.verdict(3)).isEqualTo("RST STREAM_CLOSED");
      assertThat(peer.verdict(5)).isEqualTo("200");
    }
    assertThat(server.heads).containsExactly("GET /");
  }

  @Test
  void closesAConnectionWithoutSettings() throws IOException {
    byte[] preface = Arrays.copyOf(Http2Peer.hello(), 24);
    try (Http2Peer peer = new Http2Peer(server.port()).send(preface, get(1, "/smuggled"))) {
      assertThat(peer.rest()).isEqualTo("GOAWAY PROTOCOL_ERROR");
    }
    assertThat(server.heads).isEmpty();
  }

  static Stream<Row> allRows() {
    return Stream.of(malformedHeads(), refusedHeads(), brokenBodies(), brokenConnections())
        .flatMap(rows -> rows);
  }

  /** The same bytes in two pieces, wherever they are cut, are judged alike. */
  @ParameterizedTest
  @MethodSource("allRows")
  void judgesAlikeHoweverTheFramesAreCut(Row row) throws IOException {
    byte[] all = join(Http2Peer.hello(), row.frames());
    for (int cut : cuts(all.length)) {
      server.heads.clear();
      EmbeddedPeer peer = server.embedded(true).write(all, 0, cut).write(all, cut, all.length);
      peer.waitAWhile();
      Http2Frames frames = peer.frames();
      String verdict = row.verdict().startsWith("GOAWAY") ? frames.rest() : frames.verdict(1);
      assertThat(verdict).as("cut at %d", cut).startsWith(row.verdict());
      assertThat(peer.isOpen()).isEqualTo(!row.verdict().startsWith("GOAWAY"));
      peer.hangUp();
      assertThat(server.heads).doesNotContain("GET /smuggled", "POST /smuggled");
    }
    assertThat(server.served).isEmpty();
  }

  /** Behind the preface, the settings and the next frame's head, and a handful between. */
  private static Set<Integer> cuts(int length) {
    Set<Integer> cuts = new TreeSet<>(List.of(0, 24, 33, 42));
    for (int part = 1; part < PARTS; part++) {
      cuts.add(length * part / PARTS);
    }
    return cuts;
  }

  static Stream<Row> takenHeads() {
    return Stream.of(
        taken("te", with("te", "trailers")),
        taken("the same host", with("host", "GW")),
        taken(
            "a host alone",
            pseudo(":method", "GET", ":scheme", "http", ":path", "/", "host", "gw")),
        taken("https in front", pseudoOfScheme("https")),
        taken("a length of nothing", with("content-length", "0")),
        taken("an empty value", with("x", "")),
        taken("a value not ASCII", with("x", "\u00e9")),
        taken("a tab in a value", with("x", "a\tb")),
        taken("a path of slashes", head("GET", "//a//b")),
        taken("an encoded path", head("GET", "/%2e%2E/%2f")),
        taken("a query", head("GET", "/a?b=c")),
        taken("an asterisk", head("OPTIONS", "*")),
        taken("another method", head("BREW", "/")),
        taken("parameters", head("GET", "/a;b=c")));
  }

  private static Row taken(String because, byte[] block) {
    return new Row(because, frame(Http2Peer.HEADERS, WHOLE, 1, block), "200");
  }

  @ParameterizedTest
  @MethodSource("takenHeads")
  void takesTheHeadHoweverItIsCut(Row row) throws IOException {
    byte[] all = join(Http2Peer.hello(), row.frames());
    for (int cut : cuts(all.length)) {
      EmbeddedPeer peer = server.embedded(true).write(all, 0, cut).write(all, cut, all.length);
      assertThat(peer.frames().verdict(1)).as("cut at %d", cut).isEqualTo("200");
      peer.hangUp();
    }
    assertThat(server.refused).isEmpty();
  }

  @Test
  void takesAHeadInManyPiecesAndPadded() throws IOException {
    byte[] head = head("GET", "/a", "x", "y".repeat(1000));
    byte[] padded = join(new byte[] {3}, Arrays.copyOf(head, 9), new byte[3]);
    try (Http2Peer peer =
        new Http2Peer(server.port())
            .greet()
            .send(
                frame(Http2Peer.HEADERS, Http2Peer.PADDED | Http2Peer.END_STREAM, 1, padded),
                frame(Http2Peer.CONTINUATION, 0, 1, Arrays.copyOfRange(head, 9, 500)),
                frame(
                    Http2Peer.CONTINUATION,
                    Http2Peer.END_HEADERS,
                    1,
                    Arrays.copyOfRange(head, 500, head.length)))) {
      assertThat(peer.reply(1).text()).isEqualTo("GET /a ");
    }
  }
}

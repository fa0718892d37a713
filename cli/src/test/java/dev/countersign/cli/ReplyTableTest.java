// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.countersign.cli.WireFixture.Way;
import java.io.ByteArrayOutputStream;
import java.net.http.HttpResponse;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Replies that are not, beyond doubt, the answer to the request: the client gets a clear error and
 * nothing of what the server said. Each asks for a list and is answered with an entry that policy
 * hides, so that a reply which is passed on unread would show it.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ReplyTableTest {
  private static final String LIST =
      "\"result\":{\"resultType\":\"complete\",\"tools\":["
          + "{\"name\":\"HIDDEN\",\"inputSchema\":{\"type\":\"object\"}},"
          + "{\"name\":\"shown\",\"inputSchema\":{\"type\":\"object\"}}]}";
  private static final String ANSWER = "{\"jsonrpc\":\"2.0\",\"id\":7," + LIST + "}";
  private static final String JSON_HEAD = "200 OK\r\nContent-Type: application/json";
  private static final String EVENTS_HEAD = "200 OK\r\nContent-Type: text/event-stream";

  private WireFixture wire;

  @BeforeAll
  void start(@TempDir Path folder) throws Exception {
    wire = new WireFixture(folder);
  }

  @BeforeEach
  void forget() {
    wire.server.seen.clear();
  }

  @AfterAll
  void stop() throws Exception {
    wire.close();
  }

  /**
   * A reply.
   *
   * @param head status line and headers
   */
  record Reply(String name, String head, byte[] body) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static Reply json(String name, String body) {
    return new Reply(name, JSON_HEAD, utf8(body));
  }

  private static Reply typed(String name, String status, String type) {
    String line = type.isEmpty() ? "" : "\r\nContent-Type: " + type;
    return new Reply(name, status + line, utf8(ANSWER));
  }

  private static Reply events(String name, String body) {
    return new Reply(name, EVENTS_HEAD, utf8(body));
  }

  private static Reply encoded(String name, String head, String body, Charset charset) {
    return new Reply(name, head, body.getBytes(charset));
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  static Stream<Reply> replies() {
    List<Reply> replies = new ArrayList<>();
    messages(replies);
    texts(replies);
    types(replies);
    streams(replies);
    return replies.stream();
  }

  /** As JSON and as the one event of a stream. */
  private static void both(List<Reply> to, String name, String message) {
    to.add(json(name, message));
    to.add(events(name + ", as an event", "data: " + message + "\n\n"));
  }

  private static void messages(List<Reply> to) {
    both(to, "id of another request", ANSWER.replace("\"id\":7", "\"id\":8"));
    both(to, "id as text", ANSWER.replace("\"id\":7", "\"id\":\"7\""));
    both(to, "id null", ANSWER.replace("\"id\":7", "\"id\":null"));
    both(to, "id with a fraction", ANSWER.replace("\"id\":7", "\"id\":7.0"));
    both(to, "no id", ANSWER.replace("\"id\":7,", ""));
    both(to, "id twice", ANSWER.replace("\"id\":7", "\"id\":8,\"id\":7"));
    both(to, "result twice", ANSWER.replace("\"result\"", "\"result\":{},\"result\""));
    both(to, "tools twice", ANSWER.replace("\"tools\"", "\"tools\":[],\"tools\""));
    both(
        to,
        "tools twice, once escaped",
        ANSWER.replace("\"tools\"", "\"t\\u006fols\":[],\"tools\""));
    both(to, "Tools beside tools", ANSWER.replace("\"tools\"", "\"tools\":[],\"Tools\""));
    both(
        to,
        "name twice in an entry",
        ANSWER.replace("\"name\":\"HIDDEN\"", "\"name\":\"shown\",\"name\":\"HIDDEN\""));
    both(
        to,
        "Name beside name in an entry",
        ANSWER.replace("\"name\":\"HIDDEN\"", "\"name\":\"shown\",\"Name\":\"HIDDEN\""));
    both(to, "name that is no text", ANSWER.replace("\"HIDDEN\"", "[\"HIDDEN\"]"));
    both(to, "entry that is text", ANSWER.replace("[{", "[\"HIDDEN\",{"));
    both(
        to,
        "tools an object",
        ANSWER.replace("\"tools\":[", "\"tools\":{\"a\":[").replace("]}}", "]}}}"));
    both(
        to,
        "result an array",
        "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":[{\"tools\":[{\"name\":\"HIDDEN\"}]}]}");
    both(to, "batch", "[" + ANSWER + "]");
    both(
        to,
        "result and error",
        ANSWER.replace("\"id\":7,", "\"id\":7,\"error\":{\"code\":1,\"message\":\"HIDDEN\"},"));
    both(to, "no version", ANSWER.replace("\"jsonrpc\":\"2.0\",", ""));
    both(
        to,
        "a method beside the result",
        ANSWER.replace("\"id\":7,", "\"id\":7,\"method\":\"ping\","));
    both(
        to,
        "nested too deeply",
        ANSWER.replace(
            "\"name\":\"shown\"", "\"name\":\"shown\",\"x\":" + "[".repeat(70) + "]".repeat(70)));
    both(to, "not JSON", "HIDDEN " + ANSWER);
    both(to, "bracket behind", ANSWER + "]");
  }

  private static void texts(List<Reply> to) {
    to.add(json("byte order mark", "\ufeff" + ANSWER));
    to.add(json("object a line", ANSWER + "\n" + ANSWER + "\n"));
    to.add(json("two objects", ANSWER + ANSWER));
    to.add(json("empty", ""));
    to.add(encoded("UTF-16", JSON_HEAD, ANSWER, StandardCharsets.UTF_16LE));
    to.add(
        encoded(
            "byte that is no UTF-8",
            JSON_HEAD,
            ANSWER.replace("HIDDEN", "HIDDEN\u00ff"),
            StandardCharsets.ISO_8859_1));
    to.add(json("lone surrogate", ANSWER.replace("HIDDEN", "HIDDEN\\ud800")));
    to.add(json("events under the type of JSON", "data: " + ANSWER + "\n\n"));
    to.add(
        new Reply(
            "answer over the limit",
            JSON_HEAD,
            utf8(ANSWER.replace("\"shown\"", "\"" + "x".repeat(17 << 20) + "\""))));
  }

  private static void types(List<Reply> to) {
    for (String type :
        List.of(
            "",
            "text/plain",
            "text/html",
            "text/json",
            "application/x-ndjson",
            "application/jsonl",
            "application/json-rpc",
            "application/problem+json",
            "application/json; charset=utf-16",
            "application/json; charset=iso-8859-1",
            "application/json; charset=utf-8; charset=utf-16",
            "application/json, text/html",
            "application/json; boundary=x",
            "application/ json",
            "multipart/mixed",
            "*/*",
            "text/event-stream; charset=utf-16",
            "text/event-streams",
            "application/octet-stream")) {
      to.add(typed("type " + type, "200 OK", type));
    }
    for (String status :
        List.of(
            "201 Created",
            "202 Accepted",
            "203 Other",
            "206 Partial",
            "226 IM Used",
            "299 Odd",
            "300 Choices",
            "301 Moved\r\nLocation: /x",
            "302 Found\r\nLocation: /x",
            "307 Moved\r\nLocation: /x",
            "500 Error",
            "600 Beyond",
            "999 Beyond")) {
      to.add(typed("status " + status.substring(0, 3), status, "application/json"));
      to.add(
          new Reply(
              "status " + status.substring(0, 3) + " with events",
              status + "\r\nContent-Type: text/event-stream",
              utf8("data: " + ANSWER + "\n\n")));
    }
    to.add(typed("status 204 with a body", "204 No Content", "application/json"));
    to.add(typed("status 205 with a body", "205 Reset", "application/json"));
    to.add(typed("status 304 with a body", "304 Not Modified", "application/json"));
    to.add(typed("two types", "200 OK\r\nContent-Type: text/plain", "application/json"));
    to.add(typed("a coding", "200 OK\r\nContent-Encoding: gzip", "application/json"));
    to.add(typed("an unknown coding", "200 OK\r\nContent-Encoding: x", "text/event-stream"));
  }

  private static void streams(List<Reply> to) {
    to.add(events("answer in a foreign event", "event: endpoint\ndata: " + ANSWER + "\n\n"));
    to.add(events("answer in a comment", ": " + ANSWER + "\n\n"));
    to.add(events("answer without an end of its event", "data: " + ANSWER + "\n"));
    to.add(events("answer in an unknown field", "json: " + ANSWER + "\n\n"));
    to.add(events("field name in upper case", "DATA: " + ANSWER + "\n\n"));
    to.add(events("blank before the field", " data: " + ANSWER + "\n\n"));
    to.add(events("object a line", ANSWER + "\n" + ANSWER + "\n"));
    to.add(events("mark inside the data", "data: \ufeff" + ANSWER + "\n\n"));
    to.add(events("second mark", "\ufeff\ufeffdata: " + ANSWER + "\n\n"));
    to.add(events("two answers in one event", "data: " + ANSWER + "\ndata: " + ANSWER + "\n\n"));
    to.add(
        events(
            "line break inside a text",
            "data: " + ANSWER.replace("HIDDEN", "HID\ndata: DEN") + "\n\n"));
    to.add(
        encoded(
            "byte that is no UTF-8, as an event",
            EVENTS_HEAD,
            "data: " + ANSWER.replace("HIDDEN", "HIDDEN\u00ff") + "\n\n",
            StandardCharsets.ISO_8859_1));
    to.add(
        encoded(
            "UTF-16 events", EVENTS_HEAD, "data: " + ANSWER + "\n\n", StandardCharsets.UTF_16LE));
    to.add(
        events(
            "good answer behind a bad one",
            "data:"
                + " {\"jsonrpc\":\"2.0\",\"id\":8,\"result\":{\"tools\":[{\"name\":\"HIDDEN\"}]}}\n\n"
                + "data: "
                + ANSWER
                + "\n\n"));
    ByteArrayOutputStream giant = new ByteArrayOutputStream();
    giant.writeBytes(utf8("data: {\"HIDDEN\":\""));
    giant.writeBytes("x".repeat(5 << 20).getBytes(StandardCharsets.UTF_8));
    to.add(new Reply("giant event", EVENTS_HEAD, giant.toByteArray()));
    to.add(events("giant event of many lines", "data: HIDDEN\n".repeat(500_000)));
  }

  static Stream<Arguments> everyWay() {
    return replies()
        .flatMap(reply -> Stream.of(Way.MODERN, Way.LEGACY).map(way -> Arguments.of(reply, way)));
  }

  @ParameterizedTest(name = "{0}, {1}")
  @MethodSource("everyWay")
  void nothingOfItReachesTheClient(Reply reply, Way way) throws Exception {
    wire.server.script = RawToolServer.whole(reply.head(), reply.body());

    HttpResponse<String> answer = list(way);

    assertThat(wire.server.seen).hasSize(1);
    assertThat(answer.body()).doesNotContain("HIDDEN", "shown", "xxxx");
    assertThat(answer.body()).contains("\"id\":7", "-32603", "upstream_bad_reply");
  }

  @ParameterizedTest
  @EnumSource(
      value = Way.class,
      names = {"MODERN", "LEGACY"})
  void otherSpellingsOfAGoodReplyAreFilteredLikeIt(Way way) throws Exception {
    String spaced = ANSWER.replace(",", " , ");
    for (Reply good :
        List.of(
            json("plain", ANSWER),
            typed("upper case", "200 OK", "Application/JSON"),
            typed("charset", "200 OK", "application/json ; charset=UTF-8"),
            typed("quoted charset", "200 OK", "application/json;charset=\"utf-8\""),
            events("event", "data: " + ANSWER + "\n\n"),
            events("CR LF", "event: message\r\ndata:" + ANSWER + "\r\n\r\n"),
            events("CR", "data: " + ANSWER + "\r\r"),
            events("mark first", "\ufeffdata: " + ANSWER + "\n\n"),
            events("lines", "data: " + spaced.replace(" , ", ",\ndata: ") + "\n\n"),
            events(
                "behind noise",
                ": c\n\nid: 1\ndata:\n\nevent: x\ndata: HIDDEN\n\ndata: " + ANSWER + "\n\n"))) {
      wire.server.script = RawToolServer.whole(good.head(), good.body());

      assertThat(list(way).body()).as(good.name()).contains("\"shown\"").doesNotContain("HIDDEN");
    }
  }

  /** Large messages are read beside the loop; small ones behind them wait for their turn. */
  @Test
  void messagesKeepTheirOrderWhateverTheirSize() throws Exception {
    StringBuilder events = new StringBuilder();
    for (int i = 0; i < 20; i++) {
      events
          .append("data: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":")
          .append("{\"level\":\"info\",\"data\":{\"n\":")
          .append(i)
          .append(",\"x\":\"")
          .append("x".repeat(i % 2 == 0 ? 300_000 : 1))
          .append("\"}}}\n\n");
    }
    events.append("data: ").append(ANSWER).append("\n\n");
    events.append("data: ").append(ANSWER.replace("shown", "shown-late")).append("\n\n");
    wire.server.script = RawToolServer.whole(EVENTS_HEAD, utf8(events.toString()));

    String got = list(Way.LEGACY).body();

    int from = 0;
    for (int i = 0; i < 20; i++) {
      from = got.indexOf("\"n\":" + i + ",", from);
      assertThat(from).as("message %d", i).isNotNegative();
    }
    assertThat(got.indexOf("\"shown\"", from)).isPositive();
    assertThat(got).doesNotContain("HIDDEN", "shown-late");
  }

  /** A server's request on a modern stream is not an answer, and no client is asked anything. */
  @Test
  void requestOnAModernStreamEndsTheReply() throws Exception {
    for (String method : List.of("ping", "sampling/createMessage", "roots/list", "x")) {
      wire.server.script =
          RawToolServer.whole(
              EVENTS_HEAD,
              utf8(
                  "data: {\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\""
                      + method
                      + "\",\"params\":{\"HIDDEN\":1}}\n\ndata: "
                      + ANSWER
                      + "\n\n"));

      assertThat(list(Way.MODERN).body())
          .contains("upstream_bad_reply")
          .doesNotContain("HIDDEN", "shown", method);
    }
  }

  /** On a session's own stream nothing is asked, so no answer belongs there. */
  @Test
  void answerOnAStreamThatAskedNothingIsNotReleased() throws Exception {
    wire.server.script = RawToolServer.whole(EVENTS_HEAD, utf8("data: " + ANSWER + "\n\n"));

    HttpResponse<String> stream =
        wire.client.send(
            wire.request(Way.LEGACY, "", "").GET().build(), HttpResponse.BodyHandlers.ofString());

    assertThat(wire.server.seen).hasSize(1);
    assertThat(stream.body()).doesNotContain("HIDDEN", "shown", "\"result\"");
  }

  private HttpResponse<String> list(Way way) throws Exception {
    return wire.post(
        wire.request(way, "tools/list", ""), utf8(WireFixture.message(way, "7", "tools/list", "")));
  }
}

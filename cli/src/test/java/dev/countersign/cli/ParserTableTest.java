// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.countersign.cli.WireFixture.Way;
import java.io.ByteArrayOutputStream;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What two parsers could read as two messages is refused with the code the protocol has for it, in
 * every era and with no version header, and no server sees any of it.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ParserTableTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int PARSE = -32700;
  private static final int INVALID = -32600;
  private static final int PARAMS = -32602;

  private WireFixture wire;

  @BeforeAll
  void start(@TempDir Path folder) throws Exception {
    wire = new WireFixture(folder);
  }

  @BeforeEach
  void forget() {
    wire.server.seen.clear();
    wire.server.script = RawToolServer.json("{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{}}");
  }

  @AfterAll
  void stop() throws Exception {
    wire.close();
  }

  /**
   * One way to make a message ambiguous.
   *
   * @param fault what the answer names, or an empty text
   */
  record Trick(String name, int code, String fault, UnaryOperator<String> change, Charset charset) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static Trick trick(String name, int code, String fault, UnaryOperator<String> change) {
    return new Trick(name, code, fault, change, StandardCharsets.UTF_8);
  }

  /** A change of the text where it stands. */
  private static Trick swap(String name, int code, String fault, String from, String to) {
    return trick(name, code, fault, text -> text.replace(from, to));
  }

  /** Bytes that are no text, written as the characters of ISO 8859-1. */
  private static Trick bytes(String name, String fault, String to) {
    return new Trick(
        name, PARSE, fault, text -> text.replace("\"a\":1", to), StandardCharsets.ISO_8859_1);
  }

  private static final String NAME = "\"name\":\"read\"";
  private static final String ID = "\"id\":7";
  private static final String ARGUMENT = "\"a\":1";

  static Stream<Trick> tricks() {
    List<Trick> tricks = new ArrayList<>();
    duplicates(tricks);
    texts(tricks);
    grammar(tricks);
    shapes(tricks);
    nearKeys(tricks);
    sizes(tricks);
    return tricks.stream();
  }

  private static void duplicates(List<Trick> to) {
    String twice = "duplicate_key";
    to.add(swap("name twice, first one granted", PARSE, twice, NAME, NAME + ",\"name\":\"x\""));
    to.add(swap("name twice, last one granted", PARSE, twice, NAME, "\"name\":\"x\"," + NAME));
    to.add(swap("name twice, once escaped", PARSE, twice, NAME, NAME + ",\"na\\u006de\":\"x\""));
    to.add(swap("argument twice", PARSE, twice, ARGUMENT, ARGUMENT + ",\"a\":2"));
    to.add(
        swap("key twice deep inside", PARSE, twice, ARGUMENT, "\"a\":[{\"b\":{\"c\":1,\"c\":1}}]"));
    to.add(
        swap("method twice", PARSE, twice, "\"method\":", "\"method\":\"tools/list\",\"method\":"));
    to.add(swap("params twice", PARSE, twice, "\"params\":{", "\"params\":{},\"params\":{"));
    to.add(swap("id twice", PARSE, twice, ID, "\"id\":8," + ID));
    to.add(
        swap(
            "twice behind padding",
            PARSE,
            twice,
            ARGUMENT,
            "\"p\":\"" + "p".repeat(1_500_000) + "\",\"a\":1,\"a\":2"));
  }

  private static void texts(List<Trick> to) {
    to.add(trick("byte order mark", PARSE, "byte_order_mark", text -> "\ufeff" + text));
    to.add(new Trick("UTF-16", PARSE, "", text -> text, StandardCharsets.UTF_16LE));
    to.add(new Trick("UTF-16 with a mark", PARSE, "", text -> text, StandardCharsets.UTF_16));
    to.add(bytes("byte that is no UTF-8", "bad_utf8", "\"a\":\"\u00ff\""));
    to.add(bytes("overlong slash", "bad_utf8", "\"a\":\"\u00c0\u00af\""));
    to.add(bytes("overlong NUL in a name", "bad_utf8", "\"a\u00c0\u0080\":1"));
    to.add(bytes("surrogate in UTF-8", "bad_utf8", "\"a\":\"\u00ed\u00a0\u0080\""));
    to.add(bytes("beyond Unicode", "bad_utf8", "\"a\":\"\u00f4\u0090\u0080\u0080\""));
    to.add(bytes("cut sequence", "bad_utf8", "\"a\":\"\u00e2\u0082\""));
    to.add(swap("lone surrogate, escaped", PARSE, "lone_surrogate", ARGUMENT, "\"a\":\"\\ud800\""));
    to.add(
        swap("surrogates swapped", PARSE, "lone_surrogate", ARGUMENT, "\"a\":\"\\udc00\\ud800\""));
    to.add(swap("NUL in a name", PARSE, "nul_in_name", NAME, "\"name\\u0000\":\"x\"," + NAME));
    to.add(swap("raw NUL", PARSE, "control_character", ARGUMENT, "\"a\":\"\u0000\""));
    to.add(swap("raw line feed in a string", PARSE, "control_character", ARGUMENT, "\"a\":\"\n\""));
  }

  private static void grammar(List<Trick> to) {
    String trailing = "trailing_data";
    to.add(trick("second message behind", PARSE, trailing, text -> text + text));
    to.add(trick("message a line", PARSE, trailing, text -> text + "\n" + text + "\n"));
    to.add(trick("NUL behind", PARSE, trailing, text -> text + "\u0000"));
    to.add(trick("bracket behind", PARSE, trailing, text -> text + "}"));
    to.add(trick("nothing", PARSE, "syntax", text -> ""));
    to.add(trick("cut", PARSE, "syntax", text -> text.substring(0, text.length() - 1)));
    for (String value :
        List.of(
            "NaN",
            "Infinity",
            "-Infinity",
            "undefined",
            "'a'",
            "01",
            "+1",
            ".5",
            "1.",
            "0x10",
            "1e",
            "True",
            "1_000",
            "\"\\x41\"",
            "1//",
            "/**/1",
            "#\n1",
            "1,",
            ",1",
            "[1,]",
            "{\"b\":1,}",
            "{b:1}",
            "{\"b\" 1}",
            "(1)",
            "`1`")) {
      to.add(swap("value " + value, PARSE, "", "\"a\":1", "\"a\":" + value));
    }
  }

  private static void shapes(List<Trick> to) {
    to.add(trick("array of one", INVALID, "batch", text -> "[" + text + "]"));
    to.add(trick("empty array", INVALID, "batch", text -> "[]"));
    to.add(trick("array of two", INVALID, "batch", text -> "[" + text + "," + text + "]"));
    to.add(trick("array in an array", INVALID, "batch", text -> "[[" + text + "]]"));
    to.add(trick("text", INVALID, "not_an_object", text -> "\"tools/call\""));
    for (String id :
        List.of(
            "null",
            "true",
            "{}",
            "[7]",
            "1.5",
            "7.0",
            "7e0",
            "9007199254740993",
            "-9007199254740992",
            "18446744073709551623",
            "\"a\\nb\"",
            "\"" + "x".repeat(257) + "\"")) {
      to.add(
          swap(
              "id " + (id.length() > 30 ? "too long" : id), INVALID, "bad_id", ID, "\"id\":" + id));
    }
    to.add(swap("no id", INVALID, "id_missing", ID + ",", ""));
    to.add(swap("version 1.0", INVALID, "not_jsonrpc_2", "\"2.0\"", "\"1.0\""));
    to.add(swap("version a number", INVALID, "not_jsonrpc_2", "\"2.0\"", "2.0"));
    to.add(swap("no version", INVALID, "not_jsonrpc_2", "\"jsonrpc\":\"2.0\",", ""));
    to.add(
        swap(
            "method a number",
            INVALID,
            "method_not_a_string",
            "\"method\":\"tools/call\"",
            "\"method\":1"));
    to.add(
        swap("method with a space", INVALID, "bad_method_name", "tools/call\"", "tools/call \""));
    to.add(swap("question and result", INVALID, "question_and_answer", ID, ID + ",\"result\":{}"));
    to.add(
        swap(
            "question and error",
            INVALID,
            "question_and_answer",
            ID,
            ID + ",\"error\":{\"code\":1,\"message\":\"\"}"));
    for (String params : List.of("null", "[]", "\"\"", "1")) {
      to.add(
          trick(
              "params " + params,
              INVALID,
              "params_not_an_object",
              text -> text.replaceFirst("\"params\":.*", "\"params\":" + params + "}")));
    }
    to.add(swap("arguments an array", PARAMS, "", "\"arguments\":{\"a\":1}", "\"arguments\":[1]"));
    to.add(swap("name a number", PARAMS, "", NAME, "\"name\":1"));
    to.add(swap("name an array", PARAMS, "", NAME, "\"name\":[\"read\"]"));
    to.add(swap("name empty", PARAMS, "", NAME, "\"name\":\"\""));
    to.add(swap("name with a NUL", PARAMS, "", NAME, "\"name\":\"read\\u0000\""));
  }

  private static void nearKeys(List<Trick> to) {
    String near = "key_folds_to_protocol_key";
    for (String key :
        List.of(
            "Name",
            "NAME",
            "name ",
            " name",
            "Arguments",
            "_Meta",
            "argument\u017f",
            "tas\u212aId",
            "__proto__")) {
      to.add(swap("beside name: " + key, INVALID, near, NAME, NAME + ",\"" + key + "\":\"x\""));
    }
    to.add(swap("Name alone", INVALID, near, NAME, "\"Name\":\"read\""));
    to.add(swap("n\\u0041me beside name", INVALID, near, NAME, NAME + ",\"n\\u0041me\":\"x\""));
    for (String key :
        List.of(
            "Method",
            "METHOD",
            "Params",
            "param\u017f",
            "Id",
            "ID",
            "JsonRpc",
            "Result",
            "__proto__")) {
      to.add(swap("in the envelope: " + key, INVALID, near, ID, ID + ",\"" + key + "\":\"x\""));
    }
    to.add(
        swap(
            "arguments that fold together",
            INVALID,
            "argument_keys_fold_together",
            ARGUMENT,
            ARGUMENT + ",\"A\":2"));
    to.add(
        swap(
            "arguments that fold together, deep inside",
            INVALID,
            "argument_keys_fold_together",
            ARGUMENT,
            "\"a\":[{\"k\":1,\"\u212a\":2}]"));
  }

  private static void sizes(List<Trick> to) {
    to.add(swap("number beyond a double", PARSE, "bad_number", "\"a\":1", "\"a\":1e400"));
    to.add(
        swap(
            "number of 10,000 digits",
            PARSE,
            "bad_number",
            "\"a\":1",
            "\"a\":" + "1".repeat(10_000)));
    to.add(swap("number a double rounds", PARAMS, "", "\"a\":1", "\"a\":12345678901234567890"));
    to.add(swap("decimal a double rounds", PARAMS, "", "\"a\":1", "\"a\":0.10000000000000000001"));
    to.add(
        swap(
            "nested too deeply",
            PARSE,
            "depth",
            "\"a\":1",
            "\"a\":" + "[".repeat(62) + "]".repeat(62)));
    to.add(
        swap("nested far too deeply", PARSE, "depth", "\"a\":1", "\"a\":" + "[".repeat(1_000_000)));
    to.add(
        swap(
            "too many values",
            PARSE,
            "tokens",
            "\"a\":1",
            "\"a\":[" + "1,".repeat(100_000) + "1]"));
  }

  static Stream<Arguments> everyWay() {
    return tricks()
        .flatMap(trick -> WireFixture.ways().stream().map(way -> Arguments.of(trick, way)));
  }

  @ParameterizedTest(name = "{0}, {1}")
  @MethodSource("everyWay")
  void noServerSeesIt(Trick trick, Way way) throws Exception {
    String whole = WireFixture.message(way, "7", "tools/call", NAME + ",\"arguments\":{\"a\":1}");
    String changed = trick.change().apply(whole);
    assertThat(changed.getBytes(trick.charset()))
        .isNotEqualTo(whole.getBytes(StandardCharsets.UTF_8));

    HttpResponse<String> answer =
        wire.post(wire.request(way, "tools/call", "read"), changed.getBytes(trick.charset()));

    JsonNode error = JSON.readTree(answer.body()).path("error");
    assertThat(error.path("code").asInt()).as(answer.body()).isEqualTo(trick.code());
    if (trick.code() != PARAMS) {
      assertThat(answer.statusCode()).isEqualTo(400);
      assertThat(error.path("data").path("fault").asText()).contains(trick.fault());
    }
    assertThat(wire.server.seen).isEmpty();
  }

  /** The same message without a trick goes through, or the table would prove nothing. */
  @ParameterizedTest
  @EnumSource(Way.class)
  void messageWithoutATrickGoesThroughByteForByte(Way way) throws Exception {
    String body = WireFixture.message(way, "7", "tools/call", NAME + ",\"arguments\":{\"a\":1}");

    HttpResponse<String> answer =
        wire.post(wire.request(way, "tools/call", "read"), body.getBytes(StandardCharsets.UTF_8));

    assertThat(answer.body()).contains("\"result\":{}");
    assertThat(wire.server.seen).hasSize(1);
    assertThat(wire.server.seen.getFirst().body()).asString().isEqualTo(body);
  }

  @ParameterizedTest
  @EnumSource(Way.class)
  void bodyThatIsHiddenByItsHeadersIsRefused(Way way) throws Exception {
    byte[] body =
        WireFixture.message(way, "7", "tools/call", NAME).getBytes(StandardCharsets.UTF_8);
    for (String[] header :
        new String[][] {
          {"content-encoding", "gzip"},
          {"content-encoding", "br"},
          {"content-type", "application/json; charset=utf-16"},
          {"content-type", "application/json; charset=iso-8859-1"},
          {"content-type", "application/json; charset=utf-8; charset=utf-16"},
          {"content-type", "text/plain"},
          {"content-type", "text/json"},
          {"content-type", "application/x-ndjson"},
          {"content-type", "application/jsonrequest"},
          {"content-type", "application/json, text/plain"},
          {"content-type", "multipart/form-data"}
        }) {
      HttpRequest.Builder request =
          wire.request(way, "tools/call", "read").setHeader(header[0], header[1]);

      assertThat(wire.post(request, body).statusCode()).as(header[1]).isEqualTo(415);
    }
    assertThat(wire.server.seen).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(Way.class)
  void bodyOverTheLimitIsRefused(Way way) throws Exception {
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    body.writeBytes(
        WireFixture.message(way, "7", "tools/call", NAME).getBytes(StandardCharsets.UTF_8));
    body.writeBytes(" ".repeat(4 << 20).getBytes(StandardCharsets.UTF_8));

    // Asked first, so that no answer is lost to a body that is still under way.
    HttpRequest.Builder request = wire.request(way, "tools/call", "read").expectContinue(true);

    assertThat(wire.post(request, body.toByteArray()).statusCode()).isEqualTo(413);
    assertThat(wire.server.seen).isEmpty();
  }
}

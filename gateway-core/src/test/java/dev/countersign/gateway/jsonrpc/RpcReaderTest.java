// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.jsonrpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.countersign.gateway.json.JsonDocument;
import dev.countersign.gateway.json.JsonKind;
import dev.countersign.gateway.json.JsonLimits;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

final class RpcReaderTest {
  /** A message that is refused, from either side. */
  record Refused(String because, String text, int code, String reason) {
    @Override
    public String toString() {
      return because;
    }
  }

  static Stream<Refused> refused() {
    return Stream.of(
        parse("not JSON", "{", "syntax"),
        parse("key twice", request("1").replace("\"id\":1", "\"id\":1,\"id\":1"), "duplicate_key"),
        parse(
            "method twice, once escaped",
            "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"ping\",\"m\\u0065thod\":\"tools/call\"}",
            "duplicate_key"),
        parse("second message behind", request("1") + request("2"), "trailing_data"),
        parse("message per line", request("1") + "\n" + request("2"), "trailing_data"),
        parse("byte order mark", "\ufeff" + request("1"), "byte_order_mark"),
        invalid("empty array", "[]", "batch"),
        invalid("array of one", "[" + request("1") + "]", "batch"),
        invalid("string", "\"ping\"", "not_an_object"),
        invalid("null", "null", "not_an_object"),
        invalid("empty object", "{}", "not_jsonrpc_2"),
        invalid("no version", "{\"id\":1,\"method\":\"ping\"}", "not_jsonrpc_2"),
        invalid(
            "version 1.0", "{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"ping\"}", "not_jsonrpc_2"),
        invalid(
            "version as a number",
            "{\"jsonrpc\":2.0,\"id\":1,\"method\":\"ping\"}",
            "not_jsonrpc_2"),
        invalid(
            "version with a space",
            "{\"jsonrpc\":\"2.0 \",\"id\":1,\"method\":\"ping\"}",
            "not_jsonrpc_2"),
        invalid("no id", "{\"jsonrpc\":\"2.0\",\"method\":\"ping\"}", "id_missing"),
        invalid("id null", request("null"), "bad_id"),
        invalid("id true", request("true"), "bad_id"),
        invalid("id object", request("{}"), "bad_id"),
        invalid("id array", request("[1]"), "bad_id"),
        invalid("id fraction", request("1.5"), "bad_id"),
        invalid("id whole, as a fraction", request("1.0"), "bad_id"),
        invalid("id whole, with an exponent", request("1e0"), "bad_id"),
        invalid("id beyond 2^53-1", request("9007199254740992"), "bad_id"),
        invalid("id below -(2^53-1)", request("-9007199254740992"), "bad_id"),
        invalid("id beyond a long", request("18446744073709551617"), "bad_id"),
        invalid("id too long", request('"' + "x".repeat(257) + '"'), "bad_id"),
        invalid("id with a line break", request("\"a\\nb\""), "bad_id"),
        invalid("id with a NUL", request("\"a\\u0000\""), "bad_id"),
        invalid("id with DEL", request("\"a\\u007f\""), "bad_id"),
        invalid("id with NEL", request("\"a\\u0085\""), "bad_id"),
        invalid("no method", "{\"jsonrpc\":\"2.0\",\"id\":1}", "neither_question_nor_answer"),
        invalid("method null", question("null", ""), "method_not_a_string"),
        invalid("method number", question("1", ""), "method_not_a_string"),
        invalid("method array", question("[\"ping\"]", ""), "method_not_a_string"),
        invalid("method empty", question("\"\"", ""), "bad_method_name"),
        invalid("method with a space", question("\"tools/call \"", ""), "bad_method_name"),
        invalid("method with a NUL", question("\"tools/call\\u0000\"", ""), "bad_method_name"),
        invalid("method not ASCII", question("\"tools/\u017fcall\"", ""), "bad_method_name"),
        invalid("method too long", question('"' + "m".repeat(129) + '"', ""), "bad_method_name"),
        invalid("params null", question("\"ping\"", ",\"params\":null"), "params_not_an_object"),
        invalid("params array", question("\"ping\"", ",\"params\":[]"), "params_not_an_object"),
        invalid("params text", question("\"ping\"", ",\"params\":\"\""), "params_not_an_object"),
        invalid(
            "question and result", question("\"ping\"", ",\"result\":{}"), "question_and_answer"),
        invalid("question and error", question("\"ping\"", ",\"error\":{}"), "question_and_answer"),
        invalid(
            "question and null result",
            question("\"ping\"", ",\"result\":null"),
            "question_and_answer"),
        invalid(
            "notification with an id", question("\"notifications/x\"", ""), "notification_with_id"),
        invalid(
            "notification with a null id",
            "{\"jsonrpc\":\"2.0\",\"id\":null,\"method\":\"notifications/x\"}",
            "notification_with_id"),
        invalid(
            "both answers",
            answer(",\"result\":{},\"error\":{\"code\":1,\"message\":\"\"}"),
            "neither_question_nor_answer"),
        invalid(
            "answer with params",
            answer(",\"result\":{},\"params\":{}"),
            "neither_question_nor_answer"),
        invalid("result without an id", "{\"jsonrpc\":\"2.0\",\"result\":{}}", "id_missing"),
        invalid("result for id null", "{\"jsonrpc\":\"2.0\",\"id\":null,\"result\":{}}", "bad_id"),
        invalid("error that is text", answer(",\"error\":\"no\""), "bad_error_object"),
        invalid("error null", answer(",\"error\":null"), "bad_error_object"),
        invalid(
            "error without a code", answer(",\"error\":{\"message\":\"\"}"), "bad_error_object"),
        invalid("error without a message", answer(",\"error\":{\"code\":1}"), "bad_error_object"),
        invalid(
            "error code as text",
            answer(",\"error\":{\"code\":\"1\",\"message\":\"\"}"),
            "bad_error_object"),
        invalid(
            "error code fraction",
            answer(",\"error\":{\"code\":1.5,\"message\":\"\"}"),
            "bad_error_object"),
        invalid(
            "error code beyond an int",
            answer(",\"error\":{\"code\":4294967297,\"message\":\"\"}"),
            "bad_error_object"),
        invalid(
            "error for a fractional id",
            "{\"jsonrpc\":\"2.0\",\"id\":1.5,\"error\":{\"code\":1,\"message\":\"\"}}",
            "bad_id"),
        invalid(
            "envelope key in upper case",
            answer(",\"result\":{},\"Result\":{}"),
            "key_folds_to_protocol_key"),
        invalid(
            "method twice by case",
            question("\"notifications/x\"", ",\"Method\":\"ping\"").replace("\"id\":1,", ""),
            "key_folds_to_protocol_key"),
        invalid(
            "params twice by case",
            question("\"ping\"", ",\"params\":{},\"PARAMS\":{}"),
            "key_folds_to_protocol_key"));
  }

  private static Refused parse(String because, String text, String reason) {
    return new Refused(because, text, -32700, reason);
  }

  private static Refused invalid(String because, String text, String reason) {
    return new Refused(because, text, -32600, reason);
  }

  private static String request(String id) {
    return "{\"jsonrpc\":\"2.0\",\"id\":" + id + ",\"method\":\"ping\"}";
  }

  private static String question(String method, String more) {
    return "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":" + method + more + "}";
  }

  private static String answer(String more) {
    return "{\"jsonrpc\":\"2.0\",\"id\":1" + more + "}";
  }

  @ParameterizedTest
  @MethodSource("refused")
  void refusesFromAClient(Refused row) {
    assertThatThrownBy(() -> RpcReader.read(bytes(row.text()), JsonLimits.DEFAULTS))
        .isInstanceOfSatisfying(
            RpcRefusedException.class,
            refused -> {
              assertThat(refused.reason()).isEqualTo(row.reason());
              assertThat(refused.code()).isEqualTo(row.code());
            });
  }

  @ParameterizedTest
  @MethodSource("refused")
  void refusesFromAServer(Refused row) {
    assertThatThrownBy(() -> RpcReader.readReply(bytes(row.text()), JsonLimits.DEFAULTS))
        .isInstanceOfSatisfying(
            RpcRefusedException.class,
            refused -> assertThat(refused.reason()).isEqualTo(row.reason()));
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      value = {
        "0,0",
        "-0,0",
        "1,1",
        "-7,-7",
        "9007199254740991,9007199254740991",
        "-9007199254740991,-9007199254740991",
        "\"\",\"\"",
        "\"1\",\"1\"",
        "\"a\\\"b\\\\c\",\"a\\\"b\\\\c\"",
        "\"\\u0041\\/\",\"A/\"",
        "\"\\ud83d\\ude00\",\"\ud83d\ude00\""
      })
  void takesStringsAndIntegersAsIds(String id, String json) throws RpcRefusedException {
    RpcMessage.Request read = (RpcMessage.Request) read(request(id));

    assertThat(read.id().json()).isEqualTo(json);
    assertThat(((RpcMessage.Request) read(request(read.id().json()))).id()).isEqualTo(read.id());
  }

  @Test
  void keepsANumberAndItsDigitsApart() throws RpcRefusedException {
    RpcId number = ((RpcMessage.Request) read(request("1"))).id();
    RpcId text = ((RpcMessage.Request) read(request("\"1\""))).id();

    assertThat(number).isNotEqualTo(text);
  }

  @Test
  void takesAnIdOfTheGreatestLength() throws RpcRefusedException {
    String id = '"' + "x".repeat(256) + '"';

    assertThat(((RpcMessage.Request) read(request(id))).id().json()).isEqualTo(id);
  }

  @Test
  void namesTheIdOfARefusedMessageOnlyWhenItIsSafe() {
    assertThat(refusedId(question("\"\"", ""))).isEqualTo(new RpcId.Number(1));
    assertThat(refusedId(request("\"a\\u0000\""))).isNull();
    assertThat(refusedId("{\"jsonrpc\":\"1\",\"id\":{},\"method\":\"x\"}")).isNull();
    assertThat(refusedId("[" + request("1") + "]")).isNull();
    assertThat(refusedId(request("1") + "x")).isNull();
  }

  private static @Nullable RpcId refusedId(String text) {
    try {
      read(text);
      throw new AssertionError("not refused: " + text);
    } catch (RpcRefusedException e) {
      return e.id();
    }
  }

  @Test
  void readsRequestsAndNotifications() throws RpcRefusedException {
    RpcMessage.Request request =
        (RpcMessage.Request) read(question("\"tools/call\"", ",\"params\":{\"name\":\"x\"}"));
    RpcMessage.Notification notification =
        (RpcMessage.Notification)
            read("{\"method\":\"notifications/initialized\",\"jsonrpc\":\"2.0\",\"extra\":1}");

    assertThat(request.method()).isEqualTo("tools/call");
    assertThat(request.params()).isNotNull();
    assertThat(notification.method()).isEqualTo("notifications/initialized");
    assertThat(notification.params()).isNull();
  }

  @Test
  void readsAnswers() throws RpcRefusedException {
    RpcMessage.Result result = (RpcMessage.Result) read(answer(",\"result\":{\"a\":1}"));
    RpcMessage.Failure failure =
        (RpcMessage.Failure)
            read(answer(",\"error\":{\"code\":-32602,\"message\":\"m\",\"data\":[]}"));
    RpcMessage.Failure nameless =
        (RpcMessage.Failure)
            read("{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":{\"code\":1,\"message\":\"\"}}");

    assertThat(result.result().kind()).isEqualTo(JsonKind.OBJECT);
    assertThat(failure.code()).isEqualTo(-32602);
    assertThat(failure.message()).isEqualTo("m");
    assertThat(nameless.id()).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"tools\":[],\" name\":1,\"Params\":{},\"METHOD\":1}",
        "{\"structuredContent\":{\"Tools\":1,\"TOOLS\":2}}",
        "{\"content\":[{\"type\":\"text\",\"Name\":\"x\"}]}",
        "{\"arguments\":{\"a\":1,\"A\":2}}"
      })
  void leavesTheKeysOfAResultThatNobodyJudgesAlone(String result) throws RpcRefusedException {
    RpcMessage read =
        RpcReader.readReply(bytes(answer(",\"result\":" + result)), JsonLimits.DEFAULTS);

    assertThat(read).isInstanceOf(RpcMessage.Result.class);
  }

  @Test
  void judgesTheKeysOfAServersQuestionLikeAClients() {
    String progress =
        "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\","
            + "\"params\":{\"progressToken\":1,\"ProgressToken\":2}}";

    assertThatThrownBy(() -> RpcReader.readReply(bytes(progress), JsonLimits.DEFAULTS))
        .hasMessage("key_folds_to_protocol_key");
  }

  @Test
  void keepsTheDocumentItWasReadFrom() throws RpcRefusedException {
    byte[] body = bytes(request("1"));
    JsonDocument document = RpcReader.read(body, JsonLimits.DEFAULTS).document();

    assertThat(document.bytes()).isSameAs(body);
  }

  private static RpcMessage read(String text) throws RpcRefusedException {
    return RpcReader.read(bytes(text), JsonLimits.DEFAULTS);
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"Tools\":[]}",
        "{\"tools\":[],\"TOOLS\":[]}",
        "{\"tool\u017f\":[]}",
        "{\"ResultType\":\"input_required\"}",
        "{\"content\":[],\"InputRequests\":{}}",
        "{\"tools\":[{\"name\":\"a\",\"Name\":\"b\"}]}",
        "{\"resources\":[{\"uri\":\"a\",\"uri \":\"b\"}]}",
        "{\"contents\":[{\"uri\":\"a\",\"URI\":\"b\"}]}"
      })
  void resultWhoseJudgedKeysFoldTogetherIsRefused(String result) {
    String reply = "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":" + result + "}";

    assertThatThrownBy(
            () -> RpcReader.readReply(reply.getBytes(StandardCharsets.UTF_8), JsonLimits.DEFAULTS))
        .isInstanceOfSatisfying(
            RpcRefusedException.class,
            refused -> assertThat(refused.reason()).isEqualTo("key_folds_to_protocol_key"));
  }
}

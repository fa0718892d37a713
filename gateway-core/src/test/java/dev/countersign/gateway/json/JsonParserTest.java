// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.json;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

final class JsonParserTest {
  private static final JsonLimits LIMITS = JsonLimits.DEFAULTS;

  /**
   * A text that is not taken.
   *
   * @param text Latin-1: each character is one byte
   */
  record Refused(String because, String text, JsonFault fault) {
    byte[] bytes() {
      return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    @Override
    public String toString() {
      return because;
    }
  }

  static Stream<Refused> refused() {
    return Stream.of(keys(), encodings(), escapes(), grammar(), numbers()).flatMap(rows -> rows);
  }

  private static Stream<Refused> keys() {
    return Stream.of(
        new Refused("a key twice", "{\"a\":1,\"a\":2}", JsonFault.DUPLICATE_KEY),
        new Refused("a key twice, same value", "{\"a\":1,\"a\":1}", JsonFault.DUPLICATE_KEY),
        new Refused("empty key twice", "{\"\":1,\"\":2}", JsonFault.DUPLICATE_KEY),
        new Refused(
            "twice, deep", "[[{\"x\":{\"a\":1,\"b\":2,\"a\":3}}]]", JsonFault.DUPLICATE_KEY),
        new Refused(
            "twice, second escaped", "{\"name\":1,\"na\\u006de\":2}", JsonFault.DUPLICATE_KEY),
        new Refused(
            "twice, first escaped", "{\"\\u006eame\":1,\"name\":2}", JsonFault.DUPLICATE_KEY),
        new Refused(
            "twice, both escaped", "{\"\\u006Eame\":1,\"\\u006eame\":2}", JsonFault.DUPLICATE_KEY),
        new Refused("twice, escaped slash", "{\"a/b\":1,\"a\\/b\":2}", JsonFault.DUPLICATE_KEY),
        new Refused(
            "twice, UTF-8 and escape",
            "{\"\u00c3\u00a9\":1,\"\\u00e9\":2}",
            JsonFault.DUPLICATE_KEY),
        new Refused(
            "twice, pair of escapes and UTF-8",
            "{\"\\ud83d\\ude00\":1,\"\u00f0\u009f\u0098\u0080\":2}",
            JsonFault.DUPLICATE_KEY),
        new Refused(
            "first and last of many",
            "{\"k0\":0," + manyKeys(1, 40) + ",\"k0\":1}",
            JsonFault.DUPLICATE_KEY),
        new Refused("NUL in a key", "{\"a\\u0000\":1}", JsonFault.NUL_IN_NAME),
        new Refused("raw NUL in a key", "{\"a\0\":1}", JsonFault.CONTROL_CHARACTER));
  }

  private static String manyKeys(int from, int to) {
    StringBuilder keys = new StringBuilder();
    for (int i = from; i < to; i++) {
      keys.append(i == from ? "" : ",").append("\"k").append(i).append("\":").append(i);
    }
    return keys.toString();
  }

  private static Stream<Refused> encodings() {
    return Stream.of(
        new Refused("UTF-8 byte order mark", "\u00ef\u00bb\u00bf{}", JsonFault.BYTE_ORDER_MARK),
        new Refused("mark after white space", " \u00ef\u00bb\u00bf{}", JsonFault.SYNTAX),
        new Refused("mark alone", "\u00ef\u00bb\u00bf", JsonFault.BYTE_ORDER_MARK),
        new Refused("UTF-16 big endian", "\u00fe\u00ff\0{\0}", JsonFault.SYNTAX),
        new Refused("UTF-16 little endian", "\u00ff\u00fe{\0}\0", JsonFault.SYNTAX),
        new Refused("UTF-16 without a mark", "\0{\0}", JsonFault.SYNTAX),
        new Refused("overlong slash, 2 bytes", "[\"\u00c0\u00af\"]", JsonFault.BAD_UTF8),
        new Refused("overlong quote, 2 bytes", "[\"\u00c0\u00a2\"]", JsonFault.BAD_UTF8),
        new Refused("overlong NUL", "[\"\u00c0\u0080\"]", JsonFault.BAD_UTF8),
        new Refused("overlong, 2 bytes, highest", "[\"\u00c1\u00bf\"]", JsonFault.BAD_UTF8),
        new Refused("overlong, 3 bytes", "[\"\u00e0\u009f\u00bf\"]", JsonFault.BAD_UTF8),
        new Refused("overlong, 4 bytes", "[\"\u00f0\u008f\u00bf\u00bf\"]", JsonFault.BAD_UTF8),
        new Refused("surrogate, lowest", "[\"\u00ed\u00a0\u0080\"]", JsonFault.BAD_UTF8),
        new Refused("surrogate, highest", "[\"\u00ed\u00bf\u00bf\"]", JsonFault.BAD_UTF8),
        new Refused(
            "pair of encoded surrogates",
            "[\"\u00ed\u00a0\u00bd\u00ed\u00b8\u0080\"]",
            JsonFault.BAD_UTF8),
        new Refused("beyond U+10FFFF", "[\"\u00f4\u0090\u0080\u0080\"]", JsonFault.BAD_UTF8),
        new Refused("lead F5", "[\"\u00f5\u0080\u0080\u0080\"]", JsonFault.BAD_UTF8),
        new Refused("lead FF", "[\"\u00ff\"]", JsonFault.BAD_UTF8),
        new Refused("continuation alone", "[\"\u0080\"]", JsonFault.BAD_UTF8),
        new Refused("cut after 1 of 2", "[\"\u00c3\"]", JsonFault.BAD_UTF8),
        new Refused("cut after 2 of 3", "[\"\u00e2\u0082\"]", JsonFault.BAD_UTF8),
        new Refused("cut after 3 of 4", "[\"\u00f0\u009f\u0098\"]", JsonFault.BAD_UTF8),
        new Refused("cut at the end of the text", "[\"\u00f0\u009f", JsonFault.BAD_UTF8),
        new Refused("in a key", "{\"\u00c0\u00af\":1}", JsonFault.BAD_UTF8));
  }

  private static Stream<Refused> escapes() {
    return Stream.of(
        new Refused("high surrogate alone", "[\"\\ud800\"]", JsonFault.LONE_SURROGATE),
        new Refused("low surrogate alone", "[\"\\udc00\"]", JsonFault.LONE_SURROGATE),
        new Refused("two high surrogates", "[\"\\ud83d\\ud83d\"]", JsonFault.LONE_SURROGATE),
        new Refused("pair the wrong way", "[\"\\ude00\\ud83d\"]", JsonFault.LONE_SURROGATE),
        new Refused("high, then another escape", "[\"\\ud83d\\n\"]", JsonFault.LONE_SURROGATE),
        new Refused("high, then text", "[\"\\ud83dde00\"]", JsonFault.LONE_SURROGATE),
        new Refused("high, then the end", "[\"\\ud83d", JsonFault.LONE_SURROGATE),
        new Refused("surrogate alone in a key", "{\"\\udfff\":1}", JsonFault.LONE_SURROGATE),
        new Refused("hexadecimal with a letter g", "[\"\\u00g0\"]", JsonFault.SYNTAX),
        new Refused("three hexadecimal digits", "[\"\\u123\"]", JsonFault.SYNTAX),
        new Refused("full-width digits", "[\"\\u\u00ef\u00bc\u0091\"]", JsonFault.SYNTAX),
        new Refused("upper-case U", "[\"\\U0041\"]", JsonFault.SYNTAX),
        new Refused("escape x", "[\"\\x41\"]", JsonFault.SYNTAX),
        new Refused("escaped single quote", "[\"\\'\"]", JsonFault.SYNTAX),
        new Refused("escape 0", "[\"\\0\"]", JsonFault.SYNTAX),
        new Refused("escaped line break", "[\"\\\n\"]", JsonFault.SYNTAX));
  }

  private static Stream<Refused> grammar() {
    return Stream.of(
        new Refused("nothing", "", JsonFault.SYNTAX),
        new Refused("white space alone", " \t\r\n", JsonFault.SYNTAX),
        new Refused("two values", "{} {}", JsonFault.TRAILING_DATA),
        new Refused("two values joined", "{}{}", JsonFault.TRAILING_DATA),
        new Refused("value and a comma", "{},", JsonFault.TRAILING_DATA),
        new Refused("value and a NUL", "{}\0", JsonFault.TRAILING_DATA),
        new Refused("value and a mark", "{}\u00ef\u00bb\u00bf", JsonFault.TRAILING_DATA),
        new Refused("number and a digit group", "[1 2]", JsonFault.SYNTAX),
        new Refused("trailing comma, object", "{\"a\":1,}", JsonFault.SYNTAX),
        new Refused("trailing comma, array", "[1,]", JsonFault.SYNTAX),
        new Refused("leading comma", "[,1]", JsonFault.SYNTAX),
        new Refused("two commas", "[1,,2]", JsonFault.SYNTAX),
        new Refused("missing colon", "{\"a\" 1}", JsonFault.SYNTAX),
        new Refused("two colons", "{\"a\"::1}", JsonFault.SYNTAX),
        new Refused("missing value", "{\"a\":}", JsonFault.SYNTAX),
        new Refused("key that is no string", "{a:1}", JsonFault.SYNTAX),
        new Refused("key that is a number", "{1:1}", JsonFault.SYNTAX),
        new Refused("single quotes", "{'a':1}", JsonFault.SYNTAX),
        new Refused("array closed as object", "[1}", JsonFault.SYNTAX),
        new Refused("object closed as array", "{\"a\":1]", JsonFault.SYNTAX),
        new Refused("line comment", "{}//", JsonFault.TRAILING_DATA),
        new Refused("comment inside", "{/**/}", JsonFault.SYNTAX),
        new Refused("hash comment", "[#\n1]", JsonFault.SYNTAX),
        new Refused("word in upper case", "[TRUE]", JsonFault.SYNTAX),
        new Refused("word with more behind", "[nullx]", JsonFault.SYNTAX),
        new Refused("NaN", "[NaN]", JsonFault.SYNTAX),
        new Refused("Infinity", "[Infinity]", JsonFault.SYNTAX),
        new Refused("minus Infinity", "[-Infinity]", JsonFault.SYNTAX),
        new Refused("undefined", "[undefined]", JsonFault.SYNTAX),
        new Refused("no-break space", "[\u00a01]", JsonFault.SYNTAX),
        new Refused("form feed as white space", "[\f1]", JsonFault.SYNTAX),
        new Refused("vertical tab as white space", "[\u000b1]", JsonFault.SYNTAX),
        new Refused("raw tab in a string", "[\"a\tb\"]", JsonFault.CONTROL_CHARACTER),
        new Refused("raw line break in a string", "[\"a\nb\"]", JsonFault.CONTROL_CHARACTER),
        new Refused("raw U+001F in a string", "[\"a\u001fb\"]", JsonFault.CONTROL_CHARACTER));
  }

  private static Stream<Refused> numbers() {
    return Stream.of(
        new Refused("leading zero", "[01]", JsonFault.SYNTAX),
        new Refused("two zeros", "[00]", JsonFault.SYNTAX),
        new Refused("leading zero after minus", "[-01]", JsonFault.SYNTAX),
        new Refused("plus sign", "[+1]", JsonFault.SYNTAX),
        new Refused("minus alone", "[-]", JsonFault.SYNTAX),
        new Refused("two minus signs", "[--1]", JsonFault.SYNTAX),
        new Refused("point without a fraction", "[1.]", JsonFault.SYNTAX),
        new Refused("point without an integer", "[.5]", JsonFault.SYNTAX),
        new Refused("exponent without digits", "[1e]", JsonFault.SYNTAX),
        new Refused("exponent with a sign alone", "[1e+]", JsonFault.SYNTAX),
        new Refused("fractional exponent", "[1e1.5]", JsonFault.SYNTAX),
        new Refused("hexadecimal", "[0x10]", JsonFault.SYNTAX),
        new Refused("float suffix", "[1f]", JsonFault.SYNTAX),
        new Refused("digit grouping", "[1_000]", JsonFault.SYNTAX),
        new Refused("beyond a double", "[1e400]", JsonFault.BAD_NUMBER),
        new Refused("beyond a double, negative", "[-1e309]", JsonFault.BAD_NUMBER),
        new Refused("huge exponent", "[1e99999999999999999999]", JsonFault.BAD_NUMBER),
        new Refused("one digit over the limit", "[" + "1".repeat(129) + "]", JsonFault.BAD_NUMBER),
        new Refused("10,000 digits", "[0." + "1".repeat(10_000) + "]", JsonFault.BAD_NUMBER));
  }

  @ParameterizedTest
  @MethodSource("refused")
  void refuses(Refused row) {
    assertThat(fault(row.bytes(), LIMITS)).isEqualTo(row.fault());
  }

  /** White space around and a container outside must change nothing about a refusal. */
  @ParameterizedTest
  @MethodSource("refused")
  void refusesTheSameInsideAnObject(Refused row) {
    byte[] inside = ("{\"a\":[" + row.text() + "]}").getBytes(StandardCharsets.ISO_8859_1);
    if (!row.because().equals("nothing") && !row.because().equals("white space alone")) {
      assertThat(fault(inside, LIMITS)).isNotNull();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{}",
        "[]",
        "\"\"",
        "0",
        "-0",
        "true",
        "false",
        "null",
        " { } ",
        "\t\r\n[\n]\r\n",
        "[[],{},[{}]]",
        "{\"\":\"\"}",
        "{\"a\":1,\"A\":2,\"\u00e1\":3}",
        "[\"\u007f\",\"\u00e9\",\"\u20ac\",\"\ud83d\ude00\",\"\uffff\",\"\ufeff\"]",
        "[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0000\\uD83D\\uDE00\\uabCD\"]",
        "[0.5,1e0,1E+2,1e-2,-1.5e3,0e0,0.0]",
        "{\"__proto__\":1,\"constructor\":2}"
      })
  void takesWhatTheGrammarAllows(String text) {
    assertThat(fault(text.getBytes(StandardCharsets.UTF_8), LIMITS)).isNull();
  }

  @Test
  void takesTheFirstAndLastCodePointOfEveryUtf8Length() {
    for (int codePoint :
        new int[] {
          0x20, 0x7f, 0x80, 0x7ff, 0x800, 0xfff, 0x1000, 0xcfff, 0xd7ff, 0xe000, 0xffff, 0x10000,
          0x3ffff, 0x40000, 0xfffff, 0x100000, 0x10ffff
        }) {
      String text = "[\"" + Character.toString(codePoint) + "\"]";
      byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
      assertThatCode(
              () ->
                  assertThat(JsonDocument.parse(bytes, LIMITS).root().elements().getFirst().text())
                      .isEqualTo(Character.toString(codePoint)))
          .doesNotThrowAnyException();
    }
  }

  @Test
  void takesEveryTwoByteStringThatUtf8AllowsAndNoOther() {
    byte[] text = {'[', '"', 0, 0, '"', ']'};
    for (int first = 0x80; first < 0x100; first++) {
      for (int second = 0x80; second < 0x100; second++) {
        text[2] = (byte) first;
        text[3] = (byte) second;
        boolean allowed = first >= 0xc2 && first <= 0xdf && second <= 0xbf;
        assertThat(fault(text, LIMITS) == null)
            .as("%s", HexFormat.of().formatHex(text))
            .isEqualTo(allowed);
      }
    }
  }

  static Stream<String> wholeTexts() {
    return Stream.of(
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\"x\","
            + "\"arguments\":{\"a\":[1,-2.5e-3,true,false,null],\"b\":{}}}}",
        "[\"\\u0041\\ud83d\\ude00\\\"\", \"\u00e9\u20ac\ud83d\ude00\", [], [[0]]]",
        "\"only a string \\n\"",
        "true",
        "null",
        "{\"" + "k".repeat(20) + "\" : { \"a\" : 1 , \"b\" : 2 } }");
  }

  @ParameterizedTest
  @MethodSource("wholeTexts")
  void refusesEveryPrefixOfAText(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    assertThat(fault(bytes, LIMITS)).isNull();
    for (int cut = 0; cut < bytes.length; cut++) {
      assertThat(fault(Arrays.copyOf(bytes, cut), LIMITS)).as("cut at %d", cut).isNotNull();
    }
  }

  @Test
  void takesAsManyBytesAsAllowedAndNotOneMore() {
    JsonLimits limits = LIMITS.with(10, 5, 100);

    assertThat(fault("[\"123456\"]".getBytes(StandardCharsets.UTF_8), limits)).isNull();
    assertThat(fault("[\"1234567\"]".getBytes(StandardCharsets.UTF_8), limits))
        .isEqualTo(JsonFault.SIZE);
    assertThat(fault(" {       } ".getBytes(StandardCharsets.UTF_8), limits))
        .isEqualTo(JsonFault.SIZE);
  }

  @ParameterizedTest
  @CsvSource({"[,]", "'{\"a\":',}"})
  void nestsAsDeepAsAllowedAndNotOneDeeper(String open, String close) {
    String inner = open.equals("[") ? "" : "1";

    assertThat(fault(nested(open, inner, close, 64), LIMITS)).isNull();
    assertThat(fault(nested(open, inner, close, 65), LIMITS)).isEqualTo(JsonFault.DEPTH);
    assertThat(fault(nested(open, inner, close, 200_000), LIMITS)).isEqualTo(JsonFault.DEPTH);
    assertThat(fault("[".repeat(1_000_000).getBytes(StandardCharsets.UTF_8), LIMITS))
        .isEqualTo(JsonFault.DEPTH);
  }

  private static byte[] nested(String open, String inner, String close, int depth) {
    return (open.repeat(depth) + inner + close.repeat(depth)).getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void countsNamesAndValuesAsTokens() {
    JsonLimits limits = LIMITS.with(1000, 5, 5);

    assertThat(fault("[1,2,3,4]".getBytes(StandardCharsets.UTF_8), limits)).isNull();
    assertThat(fault("[1,2,3,4,5]".getBytes(StandardCharsets.UTF_8), limits))
        .isEqualTo(JsonFault.TOKENS);
    assertThat(fault("{\"a\":1,\"b\":2}".getBytes(StandardCharsets.UTF_8), limits)).isNull();
    assertThat(fault("{\"a\":1,\"b\":[3]}".getBytes(StandardCharsets.UTF_8), limits))
        .isEqualTo(JsonFault.TOKENS);
  }

  @Test
  void takesOneHundredThousandTokensAndNotOneMore() {
    String most = "[" + "0,".repeat(99_998) + "0]";

    assertThat(fault(most.getBytes(StandardCharsets.UTF_8), LIMITS)).isNull();
    assertThat(fault(("[0," + most.substring(1)).getBytes(StandardCharsets.UTF_8), LIMITS))
        .isEqualTo(JsonFault.TOKENS);
  }

  @Test
  void findsADuplicateAmongNamesWhoseHashesAreAllTheSame() {
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    text.write('{');
    for (int i = 0; i < 1 << 14; i++) {
      StringBuilder name = new StringBuilder();
      for (int bit = 0; bit < 14; bit++) {
        name.append((i >> bit & 1) == 0 ? "Aa" : "BB");
      }
      text.writeBytes((i == 0 ? "" : ",").getBytes(StandardCharsets.UTF_8));
      text.writeBytes(("\"" + name + "\":0").getBytes(StandardCharsets.UTF_8));
    }
    byte[] distinct = (text + "}").getBytes(StandardCharsets.UTF_8);
    byte[] repeated = (text + ",\"" + "Aa".repeat(14) + "\":0}").getBytes(StandardCharsets.UTF_8);

    assertThat(fault(distinct, LIMITS)).isNull();
    assertThat(fault(repeated, LIMITS)).isEqualTo(JsonFault.DUPLICATE_KEY);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "0",
        "-0",
        "-0.0",
        "0e0",
        "0e99999999999",
        "-0e-99999999999",
        "0.0e-400",
        "1",
        "-1",
        "9007199254740991",
        "-9007199254740991",
        "9007199254740992",
        "0.1",
        "0.5",
        "1.10",
        "1.00000000000000000000000000000",
        "100000000000000000000",
        "1e22",
        "1e23",
        "5e-324",
        "1.7976931348623157e308",
        "123456789012345",
        "0.000000000000001",
        "1E+2",
        "12.5e-1",
        "1e00000000000000000000000000002"
      })
  void knowsNumbersThatADoubleKeeps(String number) throws JsonRefusedException {
    assertThat(parse("[" + number + "]").hasLossyNumber()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "9007199254740993", "-9007199254740993", "0.1234567890123456789", "1e-400",
        "1e-99999999999", "-1e-99999999999999999999", "4e-324", "1.7976931348623158e308",
        "12345678901234567890", "0.30000000000000001", "1.0000000000000001", "1e-3000000000",
        "0.1e-2147483648", "3.141592653589793238"
      })
  void knowsNumbersThatADoubleChanges(String number) throws JsonRefusedException {
    JsonDocument document = parse("[0, " + number + ", 1e-400]");

    assertThat(document.hasLossyNumber()).isTrue();
    assertThat(document.lossyNumberOffset()).isEqualTo(4);
  }

  @Test
  void takesANumberOfTheGreatestLength() throws JsonRefusedException {
    assertThat(parse("[" + "1".repeat(128) + "]").hasLossyNumber()).isTrue();
    assertThat(parse("[1." + "0".repeat(126) + "]").hasLossyNumber()).isFalse();
  }

  @Test
  void refusesDepthLimitsItCannotKeep() {
    assertThatCode(() -> LIMITS.with(1, 0, 1)).isInstanceOf(IllegalArgumentException.class);
    assertThatCode(() -> LIMITS.with(1, 1001, 1)).isInstanceOf(IllegalArgumentException.class);
  }

  private static JsonDocument parse(String text) throws JsonRefusedException {
    return JsonDocument.parse(text.getBytes(StandardCharsets.UTF_8), LIMITS);
  }

  private static @Nullable JsonFault fault(byte[] text, JsonLimits limits) {
    try {
      JsonDocument.parse(text, limits);
      return null;
    } catch (JsonRefusedException e) {
      assertThat(e.offset()).isBetween(0, Math.max(text.length, limits.bytesMax()));
      assertThat(e.getStackTrace()).isEmpty();
      return e.fault();
    }
  }
}

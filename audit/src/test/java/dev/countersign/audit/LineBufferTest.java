// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.audit;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class LineBufferTest {
  private record Row(String because, String text, String expected) {
    @Override
    public String toString() {
      return because;
    }
  }

  static Stream<Row> texts() {
    return Stream.of(
        new Row("plain text stays", "abc", "\"abc\""),
        new Row("quote and backslash are escaped", "\"\\", "\"\\\"\\\\\""),
        new Row("short escapes where there are some", "\b\f\n\r\t", "\"\\b\\f\\n\\r\\t\""),
        new Row("other controls in lower hex", "\u0000\u001f\u000b", "\"\\u0000\\u001f\\u000b\""),
        new Row("a slash is not escaped", "</a>", "\"</a>\""),
        new Row("delete is not escaped", "\u007f", "\"\u007f\""),
        new Row("line separators are not escaped", "\u2028\u2029", "\"\u2028\u2029\""),
        new Row("two bytes", "é߿", "\"é߿\""),
        new Row("three bytes", "ࠀ€\uffff", "\"ࠀ€\uffff\""),
        new Row("four bytes", "😀\udbff\udfff", "\"😀\udbff\udfff\""),
        new Row("a high half alone", "a\ud83d", "\"a\ufffd\""),
        new Row("a low half alone", "\ude00b", "\"\ufffdb\""),
        new Row("halves in the wrong order", "\ude00\ud83d", "\"\ufffd\ufffd\""),
        new Row("a high half before a pair", "\ud83d😀", "\"\ufffd😀\""));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("texts")
  void writesTextsAsRfc8785Does(Row row) {
    assertThat(member(row.text, 1000)).isEqualTo("{\"n\":" + row.expected + "}");
  }

  static Stream<Row> cuts() {
    return Stream.of(
        new Row("what just fits is whole", "1234567890", "\"1234567890\""),
        new Row("what does not fit ends with the mark", "12345678901", "\"1234567…\""),
        new Row("an escape is cut as a whole", "123456\n\n\n", "\"123456…\""),
        new Row("escapes count as they are written", "\u0001\u0001", "\"\\u0001…\""),
        new Row("a character is cut as a whole", "12345€€€", "\"12345…\""),
        new Row("so is a pair", "1234😀😀", "\"1234…\""),
        new Row(
            "half a character counts like its replacement",
            "\ud83d".repeat(4),
            "\"\ufffd\ufffd…\""));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("cuts")
  void cutsTextsAtTheirLimit(Row row) {
    assertThat(member(row.text, 10)).isEqualTo("{\"n\":" + row.expected + "}");
  }

  @Test
  void leavesOutNullAndSeparatesMembers() {
    LineBuffer line = new LineBuffer(1000);
    line.beginObject()
        .member("a", null, 10)
        .member("b", true)
        .member("c", null, 10)
        .beginObject("d")
        .endObject()
        .member("e", List.of(), 2, 10)
        .member("f", List.of("x", "y"), 2, 10)
        .member("g", -1)
        .endObject();
    assertThat(text(line)).isEqualTo("{\"b\":true,\"d\":{},\"e\":[],\"f\":[\"x\",\"y\"],\"g\":-1}");
  }

  @Test
  void saysInItsLastElementThatAListWasCut() {
    LineBuffer line = new LineBuffer(1000);
    line.beginObject().member("l", List.of("a", "b", "c"), 2, 10).endObject();
    assertThat(text(line)).isEqualTo("{\"l\":[\"a\",\"…\"]}");
  }

  @Test
  void keepsNumbersWithinWhatADoubleHoldsExactly() {
    LineBuffer line = new LineBuffer(1000);
    line.beginObject()
        .member("a", Long.MAX_VALUE)
        .member("b", Long.MIN_VALUE)
        .member("c", 9007199254740991L)
        .endObject();
    assertThat(text(line))
        .isEqualTo("{\"a\":9007199254740991,\"b\":-9007199254740991,\"c\":9007199254740991}");
  }

  private static String member(String text, int bytesMax) {
    LineBuffer line = new LineBuffer(1000);
    line.beginObject().member("n", text, bytesMax).endObject();
    return text(line);
  }

  private static String text(LineBuffer line) {
    return new String(line.array(), 0, line.size(), StandardCharsets.UTF_8);
  }
}

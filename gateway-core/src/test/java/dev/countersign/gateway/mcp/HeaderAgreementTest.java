// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.mcp;

import static dev.countersign.gateway.mcp.Messages.CAPABILITIES;
import static dev.countersign.gateway.mcp.Messages.VERSION;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.countersign.gateway.error.Reason;
import dev.countersign.gateway.error.RefusedException;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

final class HeaderAgreementTest {
  private static final String MODERN = "2026-07-28";

  /** The mirrors of a call of the tool {@code get_weather}. */
  record Mirrors(
      String because, @Nullable String version, @Nullable String method, @Nullable String name) {
    @Override
    public String toString() {
      return because;
    }
  }

  static Stream<Mirrors> lying() {
    return Stream.of(
        new Mirrors("no version", null, "tools/call", "get_weather"),
        new Mirrors("other version", "2025-11-25", "tools/call", "get_weather"),
        new Mirrors("empty version", "", "tools/call", "get_weather"),
        new Mirrors(
            "version as base64", "=?base64?MjAyNi0wNy0yOA==?=", "tools/call", "get_weather"),
        new Mirrors("no method", MODERN, null, "get_weather"),
        new Mirrors("other method", MODERN, "tools/list", "get_weather"),
        new Mirrors("method in upper case", MODERN, "TOOLS/CALL", "get_weather"),
        new Mirrors("method as base64", MODERN, "=?base64?dG9vbHMvY2FsbA==?=", "get_weather"),
        new Mirrors("methods joined", MODERN, "tools/call, tools/call", "get_weather"),
        new Mirrors("no name", MODERN, "tools/call", null),
        new Mirrors("empty name", MODERN, "tools/call", ""),
        new Mirrors("other name", MODERN, "tools/call", "get_news"),
        new Mirrors("name in upper case", MODERN, "tools/call", "Get_Weather"),
        new Mirrors("longer name", MODERN, "tools/call", "get_weather2"),
        new Mirrors("names joined", MODERN, "tools/call", "get_weather, get_weather"),
        new Mirrors("other name as base64", MODERN, "tools/call", "=?base64?Z2V0X25ld3M=?="),
        new Mirrors("base64 without sentinels", MODERN, "tools/call", "Z2V0X3dlYXRoZXI="),
        new Mirrors("base64 without padding", MODERN, "tools/call", "=?base64?Z2V0X3dlYXRoZXI?="),
        new Mirrors("base64 with unused bits", MODERN, "tools/call", "=?base64?Z2V0X3dlYXRoZXJ=?="),
        new Mirrors(
            "base64 with white space", MODERN, "tools/call", "=?base64?Z2V0 X3dlYXRoZXI=?="),
        new Mirrors("base64 of the URL alphabet", MODERN, "tools/call", "=?base64?_-8=?="),
        new Mirrors(
            "base64 twice",
            MODERN,
            "tools/call",
            "=?base64?PT9iYXNlNjQ/WjJWMFgzZGxZWFJvWlhJPT89?="),
        new Mirrors("sentinel in upper case", MODERN, "tools/call", "=?BASE64?Z2V0X3dlYXRoZXI=?="),
        new Mirrors("sentinel of another coding", MODERN, "tools/call", "=?utf-8?get_weather?="),
        new Mirrors("not base64", MODERN, "tools/call", "=?base64?****?="),
        new Mirrors("empty base64", MODERN, "tools/call", "=?base64??="),
        new Mirrors("sentinels that overlap", MODERN, "tools/call", "=?base64?="),
        new Mirrors("base64 of no UTF-8", MODERN, "tools/call", "=?base64?/w==?="),
        new Mirrors("base64 of an overlong form", MODERN, "tools/call", "=?base64?wK8=?="),
        new Mirrors("base64 of a surrogate", MODERN, "tools/call", "=?base64?7aCA?="),
        new Mirrors("raw UTF-8, as Latin-1", MODERN, "tools/call", "get_weather\u00c3\u00a9"),
        new Mirrors("tab inside", MODERN, "tools/call", "get\tweather"));
  }

  @ParameterizedTest
  @MethodSource("lying")
  void refusesAMirrorThatLies(Mirrors row) {
    McpMessage message = call("get_weather");

    assertThatThrownBy(
            () -> HeaderAgreement.check(message, row.version(), row.method(), row.name()))
        .isInstanceOfSatisfying(
            RefusedException.class,
            refused -> assertThat(refused.reason()).isEqualTo(Reason.HEADER_MISMATCH));
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      value = {
        "get_weather,get_weather",
        "get_weather,=?base64?Z2V0X3dlYXRoZXI=?=",
        "get weather,get weather",
        "wetter_\u00fc,=?base64?d2V0dGVyX8O8?=",
        "=?base64?eA==?=,=?base64?PT9iYXNlNjQ/ZUE9PT89?=",
        "=?base64?=,=?base64?=",
        "a?=,a?=",
        "=?base64?x,=?base64?x"
      })
  void takesAMirrorThatSaysTheSame(String name, String header) {
    assertThatCode(() -> HeaderAgreement.check(call(name), MODERN, "tools/call", header))
        .doesNotThrowAnyException();
  }

  /** Text that Unicode calls equivalent is still another name. */
  @Test
  void comparesCodePointsWithoutNormalization() {
    McpMessage composed = call("caf\u00e9");
    String decomposed = HeaderAgreement.encode("cafe\u0301");

    assertThatThrownBy(() -> HeaderAgreement.check(composed, MODERN, "tools/call", decomposed))
        .isInstanceOf(RefusedException.class);
  }

  @Test
  void refusesAMirrorOfNothing() {
    McpMessage list = modern(McpMethod.TOOLS_LIST, "tools/list", "");

    assertThatCode(() -> HeaderAgreement.check(list, MODERN, "tools/list", null))
        .doesNotThrowAnyException();
    assertThatThrownBy(() -> HeaderAgreement.check(list, MODERN, "tools/list", "get_weather"))
        .isInstanceOf(RefusedException.class);
    assertThatThrownBy(() -> HeaderAgreement.check(list, MODERN, "tools/list", ""))
        .isInstanceOf(RefusedException.class);
  }

  @Test
  void mirrorsTheUriOfAResource() {
    McpMessage read =
        modern(McpMethod.RESOURCES_READ, "resources/read", ",\"uri\":\"file:///a%20b\"");

    assertThatCode(() -> HeaderAgreement.check(read, MODERN, "resources/read", "file:///a%20b"))
        .doesNotThrowAnyException();
    assertThatThrownBy(() -> HeaderAgreement.check(read, MODERN, "resources/read", "file:///a b"))
        .isInstanceOf(RefusedException.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "a",
        " a",
        "a ",
        "a b",
        "\t",
        "a\nb",
        "\u00fc",
        "\ud83d\ude00",
        "\u007f",
        "\0",
        "=?base64?",
        "?=",
        "=?base64?=",
        "=?base64??=",
        "=?base64?eA==?=",
        "=?BASE64?eA==?="
      })
  void encodesWhatItDecodes(String value) {
    String header = HeaderAgreement.encode(value);

    assertThat(header).matches("[ -~]*").isEqualTo(header.strip());
    assertThat(HeaderAgreement.decode(header)).isEqualTo(value);
  }

  @Test
  void encodesWhatItDecodesWhateverItIs() {
    Random random = new Random(5);
    for (int round = 0; round < 5000; round++) {
      StringBuilder value = new StringBuilder();
      for (int i = random.nextInt(12); i > 0; i--) {
        switch (random.nextInt(4)) {
          case 0 -> value.append("=?base64?");
          case 1 -> value.append("?=");
          case 2 -> value.appendCodePoint(random.nextInt(0xd800));
          default -> value.append((char) (' ' + random.nextInt(95)));
        }
      }
      String header = HeaderAgreement.encode(value.toString());
      assertThat(header).matches("[ -~]*");
      assertThat(HeaderAgreement.decode(header)).isEqualTo(value.toString());
    }
  }

  private static McpMessage call(String name) {
    return modern(
        McpMethod.TOOLS_CALL, "tools/call", ",\"name\":\"" + name + "\",\"arguments\":{}");
  }

  private static McpMessage modern(McpMethod method, String wire, String more) {
    return Messages.message(
        Era.MODERN,
        method,
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\""
            + wire
            + "\",\"params\":{\"_meta\":{"
            + VERSION
            + ","
            + CAPABILITIES
            + "}"
            + more
            + "}}");
  }
}

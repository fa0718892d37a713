// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.mcp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.countersign.gateway.json.JsonValue;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class RequestMetaTest {
  @Test
  void readsAllOfIt() {
    RequestMeta meta =
        meta(
            "{"
                + Messages.VERSION
                + ",\"io.modelcontextprotocol/clientCapabilities\":{\"roots\":{}}"
                + ",\"progressToken\":\"p1\",\"io.modelcontextprotocol/logLevel\":\"info\""
                + ",\"traceparent\":\"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01\""
                + ",\"dev.countersign/intent\":{\"purpose\":\"to look\"}}");

    assertThat(meta.version()).isEqualTo("2026-07-28");
    assertThat(meta.capabilities()).isNotNull().extracting(JsonValue::size).isEqualTo(1);
    assertThat(meta.progressToken()).isNotNull().extracting(JsonValue::text).isEqualTo("p1");
    assertThat(meta.logging()).isTrue();
    assertThat(meta.traceId()).isEqualTo("0af7651916cd43dd8448eb211c80319c");
    assertThat(meta.intent()).isEqualTo("to look");
  }

  @Test
  void readsNothingWhereThereIsNothing() {
    assertThat(RequestMeta.of(null)).isEqualTo(RequestMeta.NONE);
    assertThat(RequestMeta.of(Messages.json("{}"))).isEqualTo(RequestMeta.NONE);
    assertThat(RequestMeta.of(Messages.json("{\"_meta\":null}"))).isEqualTo(RequestMeta.NONE);
    assertThat(RequestMeta.of(Messages.json("{\"_meta\":[]}"))).isEqualTo(RequestMeta.NONE);
    assertThat(meta("{}")).isEqualTo(RequestMeta.NONE);
  }

  @ParameterizedTest
  @ValueSource(strings = {"null", "true", "{}", "[1]"})
  void takesOnlyTextAndNumbersAsProgressTokens(String token) {
    assertThat(meta("{\"progressToken\":" + token + "}").progressToken()).isNull();
    assertThat(meta("{\"progressToken\":0}").progressToken())
        .isNotNull()
        .extracting(value -> new String(value.raw(), StandardCharsets.US_ASCII))
        .isEqualTo("0");
  }

  /** W3C Trace Context, section 3.2.2. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0",
        "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-",
        "00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319g-b7ad6b7169203331-01",
        "00_0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        "00-00000000000000000000000000000000-b7ad6b7169203331-01",
        "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
        "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
      })
  void takesNoMalformedTraceContext(String traceparent) {
    assertThat(meta("{\"traceparent\":\"" + traceparent + "\"}").traceId()).isNull();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"null", "\"to look\"", "{}", "{\"purpose\":1}", "{\"purpose\":\" \\t\"}", "[]"})
  void knowsNoIntentWhereNoneIsSaid(String intent) {
    assertThat(meta("{\"dev.countersign/intent\":" + intent + "}").intent()).isNull();
  }

  @Test
  void cutsALongIntentBetweenCharacters() {
    assertThat(intent("x".repeat(500))).isEqualTo("x".repeat(500));
    assertThat(intent("x".repeat(501))).isEqualTo("x".repeat(500));
    assertThat(intent("x".repeat(499) + "\ud83d\ude00")).isEqualTo("x".repeat(499));
    assertThat(intent("x".repeat(498) + "\ud83d\ude00y"))
        .isEqualTo("x".repeat(498) + "\ud83d\ude00");
  }

  private static @Nullable String intent(String purpose) {
    return meta("{\"dev.countersign/intent\":{\"purpose\":\"" + purpose + "\"}}").intent();
  }

  private static RequestMeta meta(String meta) {
    return RequestMeta.of(Messages.json("{\"_meta\":" + meta + "}"));
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.LoggingEvent;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.slf4j.event.KeyValuePair;

final class JsonLineEncoderTest {
  private static final Instant AT = Instant.parse("2026-01-02T03:04:05.006Z");

  private static String encoded(String message, @Nullable Throwable thrown, KeyValuePair... pairs) {
    Logger logger = new LoggerContext().getLogger("dev.countersign.Test");
    LoggingEvent event = new LoggingEvent("", logger, Level.WARN, message, thrown, null);
    event.setInstant(AT);
    List.of(pairs).forEach(event::addKeyValuePair);
    return new String(new JsonLineEncoder().encode(event), StandardCharsets.UTF_8);
  }

  private static JsonNode read(String line) throws IOException {
    return new ObjectMapper().readTree(line);
  }

  @Test
  void eventIsOneFlatObjectOnOneLine() {
    assertThat(
            encoded(
                "drained",
                null,
                new KeyValuePair("connections_cut", 3),
                new KeyValuePair("bytes", 5_000_000_000L),
                new KeyValuePair("share", 0.5),
                new KeyValuePair("clean", true),
                new KeyValuePair("none", null),
                new KeyValuePair("issuers", Set.of("idp"))))
        .isEqualTo(
            "{\"ts\":\"2026-01-02T03:04:05.006Z\",\"level\":\"WARN\","
                + "\"logger\":\"dev.countersign.Test\",\"message\":\"drained\","
                + "\"connections_cut\":3,\"bytes\":5000000000,\"share\":0.5,\"clean\":true,"
                + "\"none\":null,\"issuers\":\"[idp]\"}\n");
  }

  @Test
  void whatWouldDeceiveIsEscapedAndKeepsItsMeaning() throws IOException {
    String evil = "a\u001b[2J\r\n\u202e\u0000\"}\u2028\ud83d";
    String line = encoded(evil, null, new KeyValuePair("k\u001b", "a\u007f"));
    assertThat(line)
        .hasLineCount(1)
        .doesNotContain("\u001b", "\u202e", "\r", "\u2028")
        .endsWith("}\n");
    assertThat(read(line).path("message").asText()).isEqualTo(evil.replace('\ud83d', '?'));
    assertThat(read(line).path("k\u001b").asText()).isEqualTo("a\u007f");
  }

  @Test
  void keysNeverReplaceWhatTheLineSaysItself() throws IOException {
    JsonNode line =
        read(
            encoded(
                "m",
                null,
                new KeyValuePair("level", "ERROR"),
                new KeyValuePair("ts", 1),
                new KeyValuePair("error", "e"),
                new KeyValuePair("call", "a"),
                new KeyValuePair("call", "b"),
                new KeyValuePair("call_", "c")));
    assertThat(line.properties())
        .extracting(Map.Entry::getKey)
        .containsExactly(
            "ts", "level", "logger", "message", "level_", "ts_", "error_", "call", "call_",
            "call__");
    assertThat(line.path("level").asText()).isEqualTo("WARN");
    assertThat(line.path("call__").asText()).isEqualTo("c");
  }

  @Test
  void whatWasThrownIsNamedWithItsStack() throws IOException {
    JsonNode line =
        read(encoded("m", new IOException("disk\nfull", new IllegalStateException("cause"))));
    assertThat(line.path("error").asText()).isEqualTo("java.io.IOException: disk\nfull");
    assertThat(line.path("stack").asText())
        .contains("at dev.countersign.cli.JsonLineEncoderTest", "Caused by: ", "cause");
    assertThat(encoded("m", null)).doesNotContain("error", "stack");
  }

  @Test
  void textsAreBounded() throws IOException {
    String line = encoded("m".repeat(50_000), null, new KeyValuePair("k", "v".repeat(50_000)));
    assertThat(line.length()).isLessThan(40_000);
    assertThat(read(line).path("k").asText()).endsWith("v…");
  }
}

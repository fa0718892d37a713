// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.sse;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SseEncoderTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{}}",
        "{\"a\":\"data: x\\n\\nevent: y\",\"b\":\"\u00e9\u20ac\ud83d\ude00\u2028\"}",
        " [1, 2]",
        ":",
        ""
      })
  void writesWhatTheDecoderReads(String json) throws SseRefusedException {
    List<SseEvent> events = decoded(SseEncoder.message(json.getBytes(StandardCharsets.UTF_8)));

    assertThat(events).hasSize(1);
    assertThat(events.getFirst().event()).isEqualTo("message");
    assertThat(events.getFirst().id()).isNull();
    assertThat(new String(events.getFirst().data(), StandardCharsets.UTF_8)).isEqualTo(json);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\n\"a\" : 1,\n\n\"b\":[\n]\n}",
        "{\r\n\"a\" : 1,\r\r\"b\":[\r\n]\n\r}",
        "\r\n{}\r\n\r\n",
        "{\"a\":1,\nevent: x\rdata: y\n\n}"
      })
  void keepsLineEndsFromEndingTheEvent(String json) throws SseRefusedException {
    List<SseEvent> events = decoded(SseEncoder.message(json.getBytes(StandardCharsets.UTF_8)));

    assertThat(events).hasSize(1);
    assertThat(events.getFirst().event()).isEqualTo("message");
    assertThat(new String(events.getFirst().data(), StandardCharsets.UTF_8))
        .isEqualTo(json.replace('\r', '\n'));
  }

  @Test
  void keepsTheTokensOfPrettyJson() throws SseRefusedException, IOException {
    String json = "{\r\n  \"a\": [1,\r 2],\n\r\n \"b\": null }\r\n";
    byte[] data =
        decoded(SseEncoder.message(json.getBytes(StandardCharsets.UTF_8))).getFirst().data();

    assertThat(tokens(data)).isEqualTo(tokens(json.getBytes(StandardCharsets.UTF_8)));
  }

  @Test
  void writesACommentThatIsNoEvent() throws SseRefusedException {
    SseDecoderTest.Reading reading = new SseDecoderTest.Reading();
    byte[] comment = SseEncoder.comment();

    new SseDecoder(100).feed(comment, 0, comment.length, reading);

    assertThat(reading.read).containsExactly(":");
  }

  private static List<SseEvent> decoded(byte[] stream) throws SseRefusedException {
    List<SseEvent> events = new ArrayList<>();
    new SseDecoder(1 << 16)
        .feed(
            stream,
            0,
            stream.length,
            new SseDecoder.Sink() {
              @Override
              public void event(SseEvent event) {
                events.add(event);
              }

              @Override
              public void comment() {
                throw new AssertionError("a comment");
              }
            });
    return events;
  }

  private static List<String> tokens(byte[] json) throws IOException {
    List<String> tokens = new ArrayList<>();
    try (JsonParser parser = new JsonFactory().createParser(json)) {
      JsonToken token;
      while ((token = parser.nextToken()) != null) {
        tokens.add(token + parser.getText());
      }
    }
    return tokens;
  }
}

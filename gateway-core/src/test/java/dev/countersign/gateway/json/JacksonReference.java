// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.json;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.IOException;
import java.io.StringReader;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** What another reader makes of a text. */
final class JacksonReference {
  private static final JsonFactory JACKSON =
      JsonFactory.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          .streamReadConstraints(StreamReadConstraints.builder().maxNumberLength(100_000).build())
          .build();

  private JacksonReference() {}

  /** Jackson alone would take overlong forms, UTF-16 and a mark, so the JDK decodes before it. */
  static boolean takes(byte[] text) {
    try {
      tokens(text);
      return true;
    } catch (IOException refused) {
      return false;
    }
  }

  /** What it reads: names, values and structure in order. */
  static List<String> tokens(byte[] text) throws IOException {
    List<String> tokens = new ArrayList<>();
    try (JsonParser parser = JACKSON.createParser(new StringReader(decode(text)))) {
      int depth = 0;
      JsonToken token;
      while ((token = parser.nextToken()) != null) {
        if (depth == 0 && !tokens.isEmpty()) {
          throw new IOException("trailing data");
        }
        depth += token.isStructStart() ? 1 : token.isStructEnd() ? -1 : 0;
        tokens.add(
            token.isNumeric()
                ? "n" + number(parser.getText())
                : token.asString() != null ? token.asString() : "s" + parser.getText());
      }
    }
    if (tokens.isEmpty()) {
      throw new IOException("nothing");
    }
    return tokens;
  }

  /** The same of what was read here. */
  static List<String> tokens(JsonValue value) {
    List<String> tokens = new ArrayList<>();
    flatten(value, tokens);
    return tokens;
  }

  private static String decode(byte[] text) throws CharacterCodingException {
    return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(text)).toString();
  }

  private static void flatten(JsonValue value, List<String> tokens) {
    switch (value.kind()) {
      case OBJECT -> {
        tokens.add("{");
        for (JsonMember member : value.members()) {
          tokens.add("s" + member.name());
          assertThat(value.member(member.name())).isNotNull();
          flatten(member.value(), tokens);
        }
        tokens.add("}");
      }
      case ARRAY -> {
        tokens.add("[");
        value.elements().forEach(element -> flatten(element, tokens));
        tokens.add("]");
      }
      case STRING -> tokens.add("s" + value.text());
      case NUMBER -> tokens.add("n" + number(new String(value.raw(), StandardCharsets.US_ASCII)));
      case TRUE, FALSE, NULL -> tokens.add(new String(value.raw(), StandardCharsets.US_ASCII));
    }
  }

  private static String number(String text) {
    return Double.toString(Double.parseDouble(text));
  }
}

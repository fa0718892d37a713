// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.json;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Values are made up, written in some order with some blanks and escapes, and given their canonical
 * form by a second writer of RFC 8785 that knows nothing of bytes: it sorts texts.
 */
final class CanonicalFuzzTest {
  private static final int ROUNDS = 6_000;
  private static final String[] NUMBERS = {
    "0",
    "0",
    "-0",
    "0",
    "1",
    "1",
    "1.0",
    "1",
    "10e-1",
    "1",
    "1E2",
    "100",
    "-7",
    "-7",
    "0.50",
    "0.5",
    "123456789012345",
    "123456789012345",
    "-123456789012345",
    "-123456789012345",
    "1e21",
    "1e+21",
    "1E20",
    "100000000000000000000",
    "9007199254740991",
    "9007199254740991",
    "1e-7",
    "1e-7",
    "0.000001",
    "0.000001",
    "-0.0",
    "0",
    "0e5",
    "0",
    "-0e-5",
    "0"
  };
  private static final int[] POINTS = {
    0x20, '"', '\\', '/', 'a', 'B', 0x7f, 0x80, 0xe9, 0x7ff, 0x800, 0x2028, 0xd7ff, 0xe000, 0xfb33,
    0xffff, 0x10000, 0x1f600, 0x10ffff, '\b', '\f', '\n', '\r', '\t', 0x01, 0x1f
  };
  private static final String[] BLANKS = {"", "", "", " ", "\n", "\t \r"};

  /**
   * One value.
   *
   * @param written somehow
   * @param canonical as the standard has it
   */
  private record Value(String written, String canonical) {}

  @ParameterizedTest
  @ValueSource(longs = {1, 8785})
  void givesWhateverIsWrittenTheFormThatAWriterOfTextsGivesIt(long seed)
      throws JsonRefusedException {
    Random random = new Random(seed);
    for (int round = 0; round < ROUNDS; round++) {
      Value value = value(random, 3);
      byte[] text = value.written().getBytes(StandardCharsets.UTF_8);
      assertThat(CanonicalJson.bytes(JsonDocument.parse(text, JsonLimits.DEFAULTS).root()))
          .as("%s", value.written())
          .isEqualTo(value.canonical().getBytes(StandardCharsets.UTF_8));
    }
  }

  private static Value value(Random random, int depth) {
    return switch (random.nextInt(depth == 0 ? 3 : 6)) {
      case 0 -> {
        int number = random.nextInt(NUMBERS.length / 2) * 2;
        yield new Value(NUMBERS[number], NUMBERS[number + 1]);
      }
      case 1 -> {
        String text = text(random);
        yield new Value(written(text, random), quoted(text));
      }
      case 2 -> {
        String word = List.of("true", "false", "null").get(random.nextInt(3));
        yield new Value(word, word);
      }
      case 3 -> array(random, depth);
      default -> object(random, depth);
    };
  }

  private static Value array(Random random, int depth) {
    List<String> written = new ArrayList<>();
    List<String> canonical = new ArrayList<>();
    for (int i = random.nextInt(4); i > 0; i--) {
      Value element = value(random, depth - 1);
      written.add(blank(random) + element.written() + blank(random));
      canonical.add(element.canonical());
    }
    return new Value(
        "[" + String.join(",", written) + blank(random) + "]",
        "[" + String.join(",", canonical) + "]");
  }

  private static Value object(Random random, int depth) {
    boolean many = random.nextInt(20) == 0;
    boolean ascii = random.nextBoolean();
    Map<String, Value> members = new TreeMap<>();
    for (int i = many ? 30 : random.nextInt(6); i > 0; i--) {
      String name = ascii ? Integer.toString(random.nextInt(2000), 36) : text(random);
      members.put(name, value(random, many ? 0 : depth - 1));
    }
    List<String> written = new ArrayList<>();
    List<String> canonical = new ArrayList<>();
    members.forEach(
        (name, value) -> {
          String key = ascii ? quoted(name) : written(name, random);
          written.add(blank(random) + key + blank(random) + ":" + value.written());
          canonical.add(quoted(name) + ":" + value.canonical());
        });
    Collections.shuffle(written, random);
    return new Value(
        "{" + String.join(",", written) + blank(random) + "}",
        "{" + String.join(",", canonical) + "}");
  }

  private static String blank(Random random) {
    return BLANKS[random.nextInt(BLANKS.length)];
  }

  private static String text(Random random) {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(4); i > 0; i--) {
      text.appendCodePoint(POINTS[random.nextInt(POINTS.length)]);
    }
    return text.toString();
  }

  /** With escapes where they must be, and here and there where they need not. */
  private static String written(String text, Random random) {
    StringBuilder out = new StringBuilder("\"");
    text.codePoints()
        .forEach(
            point -> {
              boolean must = point < 0x20 || point == '"' || point == '\\';
              if (must || random.nextInt(6) == 0) {
                for (char unit : Character.toChars(point)) {
                  out.append(
                      String.format(random.nextBoolean() ? "\\u%04x" : "\\u%04X", (int) unit));
                }
              } else {
                out.appendCodePoint(point);
              }
            });
    return out.append('"').toString();
  }

  /** RFC 8785 section 3.2.2.2. */
  private static String quoted(String text) {
    StringBuilder out = new StringBuilder("\"");
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      int named = "\"\\\b\f\n\r\t".indexOf(c);
      if (named >= 0) {
        out.append('\\').append("\"\\bfnrt".charAt(named));
      } else if (c < 0x20) {
        out.append(String.format("\\u%04x", (int) c));
      } else {
        out.append(c);
      }
    }
    return out.append('"').toString();
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.json;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Names of few letters, many of them with one hash: none stands twice, or the text is refused. */
final class MemberNamesTest {
  private static final String[] PIECES = {"Aa", "BB", "\u00e9", "x", "C#", "Bb"};

  @ParameterizedTest
  @ValueSource(longs = {1, 8259})
  void findsWhatStandsTwiceAndNothingElse(long seed) {
    Random random = new Random(seed);
    for (int round = 0; round < 10_000; round++) {
      List<String> names = new ArrayList<>();
      List<String> members = new ArrayList<>();
      boolean escapes = random.nextInt(3) == 0;
      for (int count = 1 + random.nextInt(round % 4 == 0 ? 40 : 16); count > 0; count--) {
        StringBuilder name = new StringBuilder();
        for (int i = 5; i > 0; i--) {
          name.append(PIECES[random.nextInt(random.nextInt(8) == 0 ? PIECES.length : 2)]);
        }
        names.add(name.toString());
        members.add("\"" + written(name.toString(), escapes, random) + "\":" + value(random));
      }
      byte[] text = ("[{" + String.join(",", members) + "}]").getBytes(StandardCharsets.UTF_8);
      assertThat(isTaken(text))
          .as("%s", members)
          .isEqualTo(new HashSet<>(names).size() == names.size());
    }
  }

  private static boolean isTaken(byte[] text) {
    try {
      JsonDocument.parse(text, JsonLimits.DEFAULTS);
      return true;
    } catch (JsonRefusedException e) {
      assertThat(e.fault()).isEqualTo(JsonFault.DUPLICATE_KEY);
      return false;
    }
  }

  private static String value(Random random) {
    return random.nextInt(4) == 0 ? "{\"AaAaAaAaAa\":[{}],\"BBBBBBBBBB\":{}}" : "1";
  }

  private static String written(String name, boolean escapes, Random random) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      out.append(
          escapes && random.nextInt(10) == 0
              ? String.format("\\u%04x", (int) c)
              : Character.toString(c));
    }
    return out.toString();
  }
}

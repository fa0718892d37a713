// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.policy.opa;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.countersign.policy.Obligations;
import dev.countersign.policy.Verdict;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class AnswerCacheTest {
  private final AnswerCache cache = new AnswerCache();

  private static Verdict.Answer answer(String rule) {
    return new Verdict.Answer("allow", rule, List.of(), Obligations.NONE);
  }

  private void keep(String input, String rule) {
    byte[] bytes = input.getBytes(UTF_8);
    cache.keep(bytes, bytes.length, answer(rule));
  }

  private String find(String input) {
    byte[] bytes = Arrays.copyOf(input.getBytes(UTF_8), 600);
    Verdict.Answer found = cache.find(bytes, input.length());
    return found == null ? "nothing" : found.rule();
  }

  @Test
  void tellsInputsApartThatShareTheirHash() {
    keep("Aa-Aa", "one");
    assertThat(find("BB-BB")).isEqualTo("nothing");
    keep("BB-BB", "two");
    assertThat(find("Aa-Aa")).isEqualTo("one");
    assertThat(find("BB-BB")).isEqualTo("two");
  }

  @Test
  void tellsAnInputApartFromItsBeginning() {
    keep("abc", "long");
    assertThat(find("ab")).isEqualTo("nothing");
    assertThat(find("abcd")).isEqualTo("nothing");
  }

  @Test
  void keepsNothingOfTheBufferThatTheInputStoodIn() {
    byte[] buffer = "first".getBytes(UTF_8);
    cache.keep(buffer, buffer.length, answer("first"));
    System.arraycopy("other".getBytes(UTF_8), 0, buffer, 0, buffer.length);
    assertThat(find("first")).isEqualTo("first");
    assertThat(find("other")).isEqualTo("nothing");
  }

  @Test
  void staysWithinItsBoundAndKeepsWhatIsAskedFor() {
    keep("often", "often");
    for (int i = 0; i < 2 * AnswerCache.ANSWERS_MAX; i++) {
      keep("input " + i, "rule");
      assertThat(find("often")).isEqualTo("often");
    }
    assertThat(cache.size()).isEqualTo(AnswerCache.ANSWERS_MAX);
    assertThat(find("input 0")).isEqualTo("nothing");
  }

  @Test
  void doesNotKeepWhatWasAskedWithAVeryLongInput() {
    keep("x".repeat(AnswerCache.INPUT_BYTES_MAX + 1), "long");
    assertThat(cache.size()).isZero();
    keep("x".repeat(AnswerCache.INPUT_BYTES_MAX), "fits");
    assertThat(cache.size()).isEqualTo(1);
  }

  @Test
  void findsItsWayAmongManyInputsOfOneHash() {
    for (int i = 0; i < 1024; i++) {
      keep(ofOneHash(i), "rule " + i);
    }
    for (int i = 0; i < 1024; i++) {
      assertThat(find(ofOneHash(i))).isEqualTo("rule " + i);
    }
  }

  private static String ofOneHash(int number) {
    StringBuilder text = new StringBuilder();
    for (int bit = 0; bit < 10; bit++) {
      text.append((number >> bit & 1) == 0 ? "Aa" : "BB");
    }
    return text.toString();
  }
}

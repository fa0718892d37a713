// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.catalogue;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import dev.countersign.gateway.snapshot.ServerSettings.EffectLabel;
import dev.countersign.policy.Effect;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class EffectLabelsTest {
  @ParameterizedTest
  @CsvSource({
    "read_file,read_file",
    "*,read_file",
    "read_*,read_file",
    "read_*,read_",
    "*_file,read_file",
    "*d_f*,read_file",
    "**,a/b:c",
    "a/**,a/b/c:d",
    "a/*/c,a/b/c",
    "**/c,a/b/c",
    "**c,c",
    "*/**:*,a/b/c:d",
    "*a*b*c,xaxbxc",
    "*ab,aab",
    "**ab*,a/ab",
    "a.b,a.b",
    "\\E*,\\Ex",
    "*,''"
  })
  void matchesTheWholeName(String pattern, String name) {
    assertThat(label(pattern, name)).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "read_file,read_files",
    "read_file,xread_file",
    "read_file,READ_FILE",
    "read_*,unread_file",
    "*_file,read_files",
    "*,a/b",
    "*,a:b",
    "a*c,a/c",
    "a/*,a/b/c",
    "a.b,axb",
    "[a],a",
    "a?,ab",
    "'',a",
    "*a,b",
    "**a,ab"
  })
  void matchesNothingElse(String pattern, String name) {
    assertThat(label(pattern, name)).isFalse();
  }

  @Test
  void takesTheFirstLabelThatMatches() {
    EffectLabels labels =
        new EffectLabels(
            List.of(
                new EffectLabel("read_secret", Effect.WRITE),
                new EffectLabel("read_*", Effect.READ),
                new EffectLabel("**", Effect.WRITE)));

    assertThat(labels.of("read_secret")).isEqualTo(Effect.WRITE);
    assertThat(labels.of("read_file")).isEqualTo(Effect.READ);
    assertThat(labels.of("delete")).isEqualTo(Effect.WRITE);
    assertThat(new EffectLabels(List.of()).of("read_file")).isNull();
  }

  @Test
  void matchesAcrossLineEndsLikeAnyOtherCharacter() {
    assertThat(label("a*b", "a\nb")).isTrue();
    assertThat(label("a**b", "a\r\n\u2028b")).isTrue();
    assertThat(label("a", "a\n")).isFalse();
  }

  /** A server chooses the names of its tools; they must not cost more than they are long. */
  @Test
  @Timeout(10)
  void takesTimeInProportionToTheName() {
    String name = "a".repeat(1 << 18);

    assertThatCode(
            () -> {
              assertThat(label("*a*a*a*a*a*b", name)).isFalse();
              assertThat(label("**a**a**a**b", name)).isFalse();
              assertThat(label("*a*a*a", name)).isTrue();
            })
        .as("within %s", Duration.ofSeconds(10))
        .doesNotThrowAnyException();
  }

  private static boolean label(String pattern, String name) {
    return new EffectLabels(List.of(new EffectLabel(pattern, Effect.READ))).of(name) != null;
  }
}

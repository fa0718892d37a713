// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.catalogue;

import static org.assertj.core.api.Assertions.assertThat;

import dev.countersign.identity.CallerKey;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class ToolSchemasTest {
  private static final CallerKey ANN = new CallerKey("oidc", "https://i", "ann", null);
  private static final CallerKey BOB = new CallerKey("oidc", "https://i", "bob", null);
  private static final List<ParamBinding> ONE = List.of(new ParamBinding("a", List.of("a")));
  private static final List<ParamBinding> TWO = List.of(new ParamBinding("b", List.of("b")));

  private final AtomicLong nanos = new AtomicLong();
  private final ToolSchemas schemas = new ToolSchemas(nanos::get);

  @Test
  void whatIsPrivateIsForItsCallerAlone() {
    schemas.learn(ANN, false, "t", ONE, Duration.ZERO);

    assertThat(schemas.of(ANN, "t")).isEqualTo(ONE);
    assertThat(schemas.of(BOB, "t")).isEmpty();
  }

  @Test
  void whatIsPublicIsForEverybodyUntilSomebodyIsToldOtherwise() {
    schemas.learn(ANN, true, "t", ONE, Duration.ZERO);
    assertThat(schemas.of(BOB, "t")).isEqualTo(ONE);

    schemas.learn(BOB, false, "t", TWO, Duration.ZERO);
    assertThat(schemas.of(BOB, "t")).isEqualTo(TWO);
    assertThat(schemas.of(ANN, "t")).isEmpty();

    schemas.learn(BOB, false, "t", List.of(), Duration.ZERO);
    assertThat(schemas.size()).isZero();
  }

  @Test
  void keptForAsLongAsTheListIsGoodWithinBounds() {
    schemas.learn(ANN, false, "short", ONE, Duration.ZERO);
    schemas.learn(ANN, false, "long", ONE, Duration.ofDays(1));

    nanos.set(Duration.ofSeconds(59).toNanos());
    assertThat(schemas.of(ANN, "short")).isEqualTo(ONE);
    nanos.set(Duration.ofMinutes(1).toNanos());
    assertThat(schemas.of(ANN, "short")).isEmpty();
    assertThat(schemas.of(ANN, "long")).isEqualTo(ONE);
    nanos.set(Duration.ofHours(1).toNanos());
    assertThat(schemas.of(ANN, "long")).isEmpty();
  }

  @Test
  void longestUnusedIsGivenUpAtTheBound() {
    for (int i = 0; i < ToolSchemas.TOOLS_MAX; i++) {
      schemas.learn(ANN, false, "t" + i, ONE, Duration.ZERO);
    }
    assertThat(schemas.of(ANN, "t0")).isEqualTo(ONE);
    schemas.learn(ANN, false, "more", ONE, Duration.ZERO);

    assertThat(schemas.size()).isEqualTo(ToolSchemas.TOOLS_MAX);
    assertThat(schemas.of(ANN, "t0")).isEqualTo(ONE);
    assertThat(schemas.of(ANN, "t1")).isEmpty();
  }

  @Test
  void forgottenWhenTheToolsHaveChanged() {
    schemas.learn(ANN, true, "t", ONE, Duration.ZERO);
    schemas.forget();

    assertThat(schemas.of(ANN, "t")).isEmpty();
  }
}

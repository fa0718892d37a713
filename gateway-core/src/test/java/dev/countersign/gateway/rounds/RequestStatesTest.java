// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.rounds;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.countersign.gateway.seal.Binding;
import dev.countersign.gateway.seal.Seal;
import dev.countersign.identity.CallerKey;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

final class RequestStatesTest {
  private static final Instant NOW = Instant.parse("2026-11-22T10:00:00Z");
  private static final Binding BINDING =
      Binding.of(new CallerKey("oidc", "https://i", "ann", null), "/a/mcp", "tools/call", "t");
  private static final RequestState STATE =
      new RequestState(
          "first",
          3,
          List.of(
              new RequestState.Asked("a \"b\"", "elicitation/create", "{\"x\":1}"),
              new RequestState.Asked("r", "roots/list", null)),
          List.of(new RequestState.Declined("d", "elicitation/create")),
          "\"in\\u0041ner\"");

  private Instant now = NOW;
  private final RequestStates states = new RequestStates(new Seal(() -> null), () -> now);

  private String sealed(RequestState state) {
    return requireNonNull(states.seal(state, BINDING));
  }

  @Test
  void opensToWhatWasSealed() {
    assertThat(states.open(sealed(STATE), BINDING)).isEqualTo(STATE);

    RequestState bare = new RequestState("f", 1, List.of(), List.of(), null);
    assertThat(states.open(sealed(bare), BINDING)).isEqualTo(bare);
  }

  @Test
  void opensForTenMinutes() {
    String sealed = sealed(STATE);

    now = NOW.plus(RequestStates.LIFE).minusMillis(1);
    assertThat(states.open(sealed, BINDING)).isEqualTo(STATE);
    now = NOW.plus(RequestStates.LIFE);
    assertThat(states.open(sealed, BINDING)).isNull();
  }

  @Test
  void opensForNobodyElseAndNothingElse() {
    String sealed = sealed(STATE);

    assertThat(
            states.open(
                sealed,
                Binding.of(
                    new CallerKey("oidc", "https://i", "bob", null), "/a/mcp", "tools/call", "t")))
        .isNull();
    assertThat(states.open(sealed, Binding.of(BINDING.caller(), "/a/mcp", "tools/call", "other")))
        .isNull();
    assertThat(new RequestStates(new Seal(() -> null), () -> now).open(sealed, BINDING)).isNull();
  }

  @Test
  void whatIsTooLargeIsNotCarried() {
    assertThat(
            states.seal(
                new RequestState("f", 1, List.of(), List.of(), "\"" + "x".repeat(1 << 16) + "\""),
                BINDING))
        .isNull();
  }
}

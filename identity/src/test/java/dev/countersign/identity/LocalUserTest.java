// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The one user of a machine whose requests come over pipes. */
final class LocalUserTest {
  private static final String RESOURCE = "http://wrap.localhost/server/mcp";

  @Test
  void everyRequestIsTheLocalUsersAndSaysThatNothingWasProved() {
    try (Authenticator authenticator =
        new Authenticator(
            IdentitySettings.local("ann"), InstantSource.system(), new CountingObserver())) {
      Authentication answer = authenticator.cached(null, RESOURCE);

      if (!(answer instanceof Authentication.Verified verified)) {
        throw new AssertionError("not verified: " + answer);
      }
      Caller caller = verified.caller();
      assertThat(caller.id()).isEqualTo("local:ann");
      assertThat(caller.kind()).isEqualTo("local");
      assertThat(caller.proof()).isEqualTo("local");
      assertThat(caller.key()).isEqualTo(new CallerKey("local", "local", "ann", null));
      assertThat(caller.credentialHash()).isNull();
      assertThat(caller.scopes()).isEmpty();
      assertThat(caller.actors()).isEmpty();
      assertThat(caller.expiresAt()).isEqualTo(Instant.MAX);
      assertThat(authenticator.keysPresent()).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " ", "a\u0000b", "a\u202eb"})
  void nameThatCannotBeReadIsRefused(String name) {
    assertThatThrownBy(() -> IdentitySettings.local(name))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void settingsWithoutALocalUserHaveNone() {
    IdentitySettings settings = new IdentitySettings(List.of(), Duration.ZERO, 0, Duration.ZERO, 1);

    assertThat(settings.localUser()).isNull();
    try (Authenticator authenticator =
        new Authenticator(settings, InstantSource.system(), new CountingObserver())) {
      assertThat(authenticator.cached(null, RESOURCE)).isInstanceOf(Authentication.Missing.class);
    }
  }
}

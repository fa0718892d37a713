// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.session;

import static org.assertj.core.api.Assertions.assertThat;

import dev.countersign.identity.CallerKey;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

final class SessionSealTest {
  private static final String ALPHABET =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  private static final CallerKey CALLER =
      new CallerKey("oidc", "https://idp.example", "alice", "client");

  private final SessionSeal seal = new SessionSeal(new SecureRandom());
  private final byte[] id = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);
  private final String sealed = seal.seal(id, CALLER, "/a/mcp");

  @Test
  void opensForItsCallerOnItsRoute() {
    assertThat(seal.open(sealed, CALLER, "/a/mcp")).isEqualTo(id);
  }

  /** MCP: visible ASCII; and nothing of the inside shows. */
  @Test
  void isPrintableAndSaysNothing() {
    assertThat(sealed).hasSize(60).matches("[A-Za-z0-9_-]+").doesNotContain("alice");
  }

  @Test
  void isNeverTheSameTwice() {
    Set<String> all = new HashSet<>();
    for (int i = 0; i < 1000; i++) {
      all.add(seal.seal(id, CALLER, "/a/mcp"));
    }
    assertThat(all).hasSize(1000);
  }

  static Stream<CallerKey> others() {
    return Stream.of(
        new CallerKey("spiffe", "https://idp.example", "alice", "client"),
        new CallerKey("oidc", "https://idp.example/", "alice", "client"),
        new CallerKey("oidc", "https://idp.example", "Alice", "client"),
        new CallerKey("oidc", "https://idp.example", "alice", "client2"),
        new CallerKey("oidc", "https://idp.example", "alice", ""),
        new CallerKey("oidc", "https://idp.example", "alice", "-"),
        new CallerKey("oidc", "https://idp.example", "alice", null),
        new CallerKey("oidc", "https://idp.examplea", "lice", "client"),
        new CallerKey("oidc", "https://idp.example", "alicec", "lient"));
  }

  @ParameterizedTest
  @MethodSource("others")
  void staysShutForAnybodyElse(CallerKey other) {
    assertThat(seal.open(sealed, other, "/a/mcp")).isNull();
  }

  /** No client, and a client whose name looks like none, are two callers. */
  @Test
  void tellsNoClientFromAnEmptyOne() {
    CallerKey none = new CallerKey("oidc", "i", "s", null);
    CallerKey empty = new CallerKey("oidc", "i", "s", "");
    CallerKey dash = new CallerKey("oidc", "i", "s", "-");

    assertThat(seal.open(seal.seal(id, none, "r"), empty, "r")).isNull();
    assertThat(seal.open(seal.seal(id, none, "r"), dash, "r")).isNull();
    assertThat(seal.open(seal.seal(id, empty, "r"), none, "r")).isNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {"/b/mcp", "/a/mcp/", "/a/mc", "", "/A/mcp"})
  void staysShutOnAnotherRoute(String route) {
    assertThat(seal.open(sealed, CALLER, route)).isNull();
  }

  @Test
  void staysShutUnderAnotherKey() {
    assertThat(new SessionSeal(new SecureRandom()).open(sealed, CALLER, "/a/mcp")).isNull();
  }

  @Test
  void staysShutWhenAnyCharacterIsAnother() {
    for (int at = 0; at < sealed.length(); at++) {
      for (int i = 0; i < ALPHABET.length(); i++) {
        char other = ALPHABET.charAt(i);
        if (other != sealed.charAt(at)) {
          String tampered = sealed.substring(0, at) + other + sealed.substring(at + 1);
          assertThat(seal.open(tampered, CALLER, "/a/mcp")).as("%d %s", at, other).isNull();
        }
      }
    }
  }

  @Test
  void staysShutWhenItIsCutOrLonger() {
    for (int length = 0; length < sealed.length(); length++) {
      assertThat(seal.open(sealed.substring(0, length), CALLER, "/a/mcp")).isNull();
      assertThat(seal.open(sealed.substring(length), CALLER, "/a/mcp"))
          .isEqualTo(length == 0 ? id : null);
    }
    assertThat(seal.open(sealed + "A", CALLER, "/a/mcp")).isNull();
    assertThat(seal.open(sealed + "=", CALLER, "/a/mcp")).isNull();
    assertThat(seal.open(sealed.repeat(100_000), CALLER, "/a/mcp")).isNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {" ", "\0", "+", "/", "=", "\u00e9", "\ud83d", "\uff21"})
  void staysShutWithWhatIsNotItsAlphabet(String foreign) {
    for (int at : new int[] {0, 30, 59}) {
      String other = sealed.substring(0, at) + foreign + sealed.substring(at + 1);
      assertThat(seal.open(other, CALLER, "/a/mcp")).isNull();
    }
  }

  @Test
  void staysShutWhenTwoAreJoined() {
    String second = seal.seal(id, CALLER, "/a/mcp");

    for (int cut = 4; cut < 60; cut += 4) {
      assertThat(seal.open(sealed.substring(0, cut) + second.substring(cut), CALLER, "/a/mcp"))
          .isNull();
    }
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.seal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.countersign.identity.CallerKey;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

final class SealTest {
  private static final String ALPHABET =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  private static final CallerKey CALLER =
      new CallerKey("oidc", "https://idp.example", "alice", "client");

  private static final SealKey OLD = SealKey.random(new SecureRandom());
  private static final SealKey NEW = SealKey.random(new SecureRandom());

  private final Seal seal = new Seal(() -> null);
  private final byte[] id = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);
  private final String sealed = seal.seal(Purpose.SESSION, id, Binding.of(CALLER, "/a/mcp"));

  @Test
  void opensForItsCallerOnItsRoute() {
    assertThat(seal.open(Purpose.SESSION, sealed, Binding.of(CALLER, "/a/mcp"))).isEqualTo(id);
  }

  /** MCP: visible ASCII; and nothing of the inside shows. */
  @Test
  void isPrintableAndSaysNothing() {
    assertThat(sealed).hasSize(66).matches("[A-Za-z0-9_-]+").doesNotContain("alice");
  }

  @Test
  void isNeverTheSameTwice() {
    Set<String> all = new HashSet<>();
    for (int i = 0; i < 1000; i++) {
      all.add(seal.seal(Purpose.SESSION, id, Binding.of(CALLER, "/a/mcp")));
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
    assertThat(seal.open(Purpose.SESSION, sealed, Binding.of(other, "/a/mcp"))).isNull();
  }

  /** No client, and a client whose name looks like none, are two callers. */
  @Test
  void tellsNoClientFromAnEmptyOne() {
    CallerKey none = new CallerKey("oidc", "i", "s", null);
    CallerKey empty = new CallerKey("oidc", "i", "s", "");
    CallerKey dash = new CallerKey("oidc", "i", "s", "-");

    assertThat(
            seal.open(
                Purpose.SESSION,
                seal.seal(Purpose.SESSION, id, Binding.of(none, "r")),
                Binding.of(empty, "r")))
        .isNull();
    assertThat(
            seal.open(
                Purpose.SESSION,
                seal.seal(Purpose.SESSION, id, Binding.of(none, "r")),
                Binding.of(dash, "r")))
        .isNull();
    assertThat(
            seal.open(
                Purpose.SESSION,
                seal.seal(Purpose.SESSION, id, Binding.of(empty, "r")),
                Binding.of(none, "r")))
        .isNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {"/b/mcp", "/a/mcp/", "/a/mc", "", "/A/mcp"})
  void staysShutOnAnotherRoute(String route) {
    assertThat(seal.open(Purpose.SESSION, sealed, Binding.of(CALLER, route))).isNull();
  }

  @Test
  void staysShutUnderAnotherKey() {
    assertThat(new Seal(() -> null).open(Purpose.SESSION, sealed, Binding.of(CALLER, "/a/mcp")))
        .isNull();
  }

  @Test
  void staysShutWhenAnyCharacterIsAnother() {
    for (int at = 0; at < sealed.length(); at++) {
      for (int i = 0; i < ALPHABET.length(); i++) {
        char other = ALPHABET.charAt(i);
        if (other != sealed.charAt(at)) {
          String tampered = sealed.substring(0, at) + other + sealed.substring(at + 1);
          assertThat(seal.open(Purpose.SESSION, tampered, Binding.of(CALLER, "/a/mcp")))
              .as("%d %s", at, other)
              .isNull();
        }
      }
    }
  }

  @Test
  void staysShutWhenItIsCutOrLonger() {
    for (int length = 0; length < sealed.length(); length++) {
      assertThat(
              seal.open(Purpose.SESSION, sealed.substring(0, length), Binding.of(CALLER, "/a/mcp")))
          .isNull();
      assertThat(seal.open(Purpose.SESSION, sealed.substring(length), Binding.of(CALLER, "/a/mcp")))
          .isEqualTo(length == 0 ? id : null);
    }
    assertThat(seal.open(Purpose.SESSION, sealed + "A", Binding.of(CALLER, "/a/mcp"))).isNull();
    assertThat(seal.open(Purpose.SESSION, sealed + "=", Binding.of(CALLER, "/a/mcp"))).isNull();
    assertThat(seal.open(Purpose.SESSION, sealed.repeat(100_000), Binding.of(CALLER, "/a/mcp")))
        .isNull();
  }

  @ParameterizedTest
  @ValueSource(strings = {" ", "\0", "+", "/", "=", "\u00e9", "\ud83d", "\uff21"})
  void staysShutWithWhatIsNotItsAlphabet(String foreign) {
    for (int at : new int[] {0, 30, 65}) {
      String other = sealed.substring(0, at) + foreign + sealed.substring(at + 1);
      assertThat(seal.open(Purpose.SESSION, other, Binding.of(CALLER, "/a/mcp"))).isNull();
    }
  }

  @Test
  void staysShutWhenTwoAreJoined() {
    String second = seal.seal(Purpose.SESSION, id, Binding.of(CALLER, "/a/mcp"));

    for (int cut = 12; cut < 66; cut += 4) {
      assertThat(
              seal.open(
                  Purpose.SESSION,
                  sealed.substring(0, cut) + second.substring(cut),
                  Binding.of(CALLER, "/a/mcp")))
          .isNull();
    }
  }

  @Test
  void staysShutForAnotherPurpose() {
    for (Purpose other : Purpose.values()) {
      byte[] opened = seal.open(other, sealed, Binding.of(CALLER, "/a/mcp"));
      assertThat(opened).isEqualTo(other == Purpose.SESSION ? id : null);
    }
  }

  @Test
  void staysShutWithOtherParts() {
    Binding binding = Binding.of(CALLER, "/a/mcp", "session-1", "x");
    String event = seal.seal(Purpose.EVENT, id, binding);

    assertThat(seal.open(Purpose.EVENT, event, binding)).isEqualTo(id);
    for (Binding other :
        new Binding[] {
          Binding.of(CALLER, "/a/mcp", "session-2", "x"),
          Binding.of(CALLER, "/a/mcp", "session-1x"),
          Binding.of(CALLER, "/a/mcp", "session-1", "x", ""),
          Binding.of(CALLER, "/a/mcp")
        }) {
      assertThat(seal.open(Purpose.EVENT, event, other)).isNull();
    }
  }

  @Test
  void newKeySealsAndTheOldOneOpensUntilItIsGone() {
    KeyRing[] ring = {new KeyRing(List.of(OLD))};
    Seal turning = new Seal(() -> ring[0]);
    Binding binding = Binding.of(CALLER, "/a/mcp");
    String before = turning.seal(Purpose.SESSION, id, binding);

    ring[0] = new KeyRing(List.of(NEW, OLD));
    assertThat(turning.open(Purpose.SESSION, before, binding)).isEqualTo(id);
    String after = turning.seal(Purpose.SESSION, id, binding);

    ring[0] = new KeyRing(List.of(NEW));
    assertThat(turning.open(Purpose.SESSION, before, binding)).isNull();
    assertThat(turning.open(Purpose.SESSION, after, binding)).isEqualTo(id);
  }

  @Test
  void gatewaysWithTheSameKeysOpenWhatTheOtherSealed() {
    KeyRing ring = new KeyRing(List.of(NEW, OLD));
    Binding binding = Binding.of(CALLER, "/a/mcp");
    String one = new Seal(() -> ring).seal(Purpose.SESSION, id, binding);

    assertThat(new Seal(() -> ring).open(Purpose.SESSION, one, binding)).isEqualTo(id);
  }

  @Test
  void whatWasSealedBeforeTheOperatorGaveKeysStillOpens() {
    KeyRing[] ring = {null};
    Seal seal = new Seal(() -> ring[0]);
    Binding binding = Binding.of(CALLER, "/a/mcp");
    String before = seal.seal(Purpose.SESSION, id, binding);

    ring[0] = new KeyRing(List.of(NEW));
    assertThat(seal.open(Purpose.SESSION, before, binding)).isEqualTo(id);
  }

  @Test
  void contentIsBounded() {
    for (Purpose purpose : Purpose.values()) {
      byte[] full = new byte[purpose.bytesMax()];
      Binding binding = Binding.of(CALLER, "/a/mcp");
      assertThat(seal.open(purpose, seal.seal(purpose, full, binding), binding)).isEqualTo(full);
      assertThatThrownBy(() -> seal.seal(purpose, new byte[full.length + 1], binding))
          .isInstanceOf(IllegalArgumentException.class);
    }
  }
}

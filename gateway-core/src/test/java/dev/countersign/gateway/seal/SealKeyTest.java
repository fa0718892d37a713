// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.seal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.util.Base64;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class SealKeyTest {
  private static String base64(byte[] bytes) {
    return Base64.getEncoder().encodeToString(bytes);
  }

  private static byte[] each(int first, int step) {
    byte[] bytes = new byte[32];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (first + i * step);
    }
    return bytes;
  }

  private static byte[] random(int length) {
    byte[] bytes = new byte[length];
    new SecureRandom().nextBytes(bytes);
    return bytes;
  }

  static Stream<String> weak() {
    byte[] twice = new byte[32];
    System.arraycopy(random(8), 0, twice, 0, 8);
    System.arraycopy(twice, 0, twice, 8, 8);
    System.arraycopy(twice, 0, twice, 16, 16);
    return Stream.of(
        base64(each(0, 0)),
        base64(each(255, 0)),
        base64(each(0, 1)),
        base64(each(1, 1)),
        base64(each(31, -1)),
        base64(each(0, 17)),
        base64(twice),
        base64("0123456789abcdef0123456789abcdef".getBytes(StandardCharsets.US_ASCII)),
        base64("0123456789ABCDEFGHIJKLMNOPQRSTUV".getBytes(StandardCharsets.US_ASCII)),
        base64("this is 32 bytes of my own words".getBytes(StandardCharsets.US_ASCII)),
        base64(random(31)),
        base64(random(33)),
        base64(random(16)),
        "",
        "not base64!",
        "0".repeat(64),
        Base64.getUrlEncoder().encodeToString(each(0xfb, 7)));
  }

  @ParameterizedTest
  @MethodSource("weak")
  void keyThatIsNotRandomOrNotOfItsLengthIsRefusedWithoutBeingShown(String weak) {
    assertThatThrownBy(() -> SealKey.of(weak))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageMatching("a key that (is not base64|is not of 32 bytes|was not made at random)");
  }

  @Test
  void randomKeysAreTaken() {
    for (int i = 0; i < 2_000; i++) {
      String key = base64(random(32));
      assertThatCode(() -> SealKey.of(key)).doesNotThrowAnyException();
    }
  }

  @Test
  void oneKeyIsOneKey() {
    String key = base64(random(32));

    assertThat(SealKey.of(key)).hasToString(SealKey.of(key).toString());
    assertThat(SealKey.of(key).toString()).hasSizeLessThan(16);
    assertThatThrownBy(() -> new KeyRing(List.of(SealKey.of(key), SealKey.of(key))))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new KeyRing(List.of())).isInstanceOf(IllegalArgumentException.class);
  }
}

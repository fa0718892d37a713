// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.seal;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.countersign.identity.CallerKey;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;

/** What was not sealed here does not open, nor what was changed, and nothing throws. */
final class SealFuzzTargetTest {
  private static final KeyRing KEYS =
      new KeyRing(List.of(SealKey.of("3q2+7wABc0VniavN7xIy8dTFtqeYiXpbTD0uHwDxoss=")));
  private static final Seal SEAL = new Seal(() -> KEYS);
  private static final Binding BINDING =
      Binding.of(new CallerKey("oidc", "https://idp.example", "alice", null), "/a/mcp");
  private static final String SEALED =
      SEAL.seal(Purpose.SESSION, "content".getBytes(StandardCharsets.UTF_8), BINDING);

  @FuzzTest(maxDuration = "30s")
  void opensOnlyWhatItSealed(byte[] bytes) {
    String text = new String(bytes, StandardCharsets.ISO_8859_1);
    String encoded = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
    byte[] changed = Base64.getUrlDecoder().decode(SEALED);
    for (int i = 0; i < bytes.length; i++) {
      changed[i % changed.length] ^= bytes[i];
    }
    String near = Base64.getUrlEncoder().withoutPadding().encodeToString(changed);

    for (String candidate : List.of(text, encoded, near, SEALED + text)) {
      for (Purpose purpose : Purpose.values()) {
        // The search sees comparisons, so it finds the sealed text itself, too.
        boolean ours = purpose == Purpose.SESSION && candidate.equals(SEALED);
        assertThat(SEAL.open(purpose, candidate, BINDING) != null).isEqualTo(ours);
      }
    }
  }
}

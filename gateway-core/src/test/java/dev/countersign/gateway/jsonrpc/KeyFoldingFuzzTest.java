// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.jsonrpc;

import static org.assertj.core.api.Assertions.assertThat;

import dev.countersign.gateway.json.JsonDocument;
import dev.countersign.gateway.json.JsonLimits;
import dev.countersign.gateway.json.JsonRefusedException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Keys that are hard to tell apart, among them many of one hash, judged by bytes and hashes and
 * judged by folding each.
 */
final class KeyFoldingFuzzTest {
  private static final int ROUNDS = 10_000;

  private static final String[] PIECES = {
    "Aa", "BB", "aB", "b#", "C", "c", "\u212a", "k", "\u017f", "s", "\u0131", " ", "\u00a0", "_",
    "\u00c9", "\u00e9", "\t", "\u007f", "i"
  };

  /** Protocol keys of the envelope, and keys of the same hash or nearly the same letters. */
  private static final List<String> ENVELOPE =
      List.of("jsonrpc", "id", "method", "params", "result", "error");

  @ParameterizedTest
  @ValueSource(longs = {1, 5892})
  void judgesSiblingsAsIfEachWereFolded(long seed) throws JsonRefusedException {
    Random random = new Random(seed);
    int together = 0;
    for (int round = 0; round < ROUNDS; round++) {
      Set<String> keys = new LinkedHashSet<>();
      boolean plain = random.nextBoolean();
      for (int i = 1 + random.nextInt(round % 50 == 0 ? 60 : 5); i > 0; i--) {
        keys.add(key(random, plain));
      }
      Set<String> folded = new HashSet<>();
      keys.forEach(key -> folded.add(KeyFolding.fold(key)));
      boolean fold = folded.size() < keys.size();
      together += fold ? 1 : 0;

      assertThat(fault("{\"params\":{\"arguments\":[0,{\"x\":" + object(keys, random) + "}]}}"))
          .as("%s", keys)
          .isEqualTo(fold ? "argument_keys_fold_together" : null);
    }
    assertThat(together).isBetween(ROUNDS / 50, ROUNDS / 2);
  }

  @ParameterizedTest
  @ValueSource(longs = {3, 20261126})
  void judgesAKeyAsIfItWereFoldedAndLookedFor(long seed) throws JsonRefusedException {
    Random random = new Random(seed);
    for (int round = 0; round < ROUNDS; round++) {
      String key = near(ENVELOPE.get(random.nextInt(ENVELOPE.size())), random);
      boolean refused =
          key.equals("__proto__")
              || (!ENVELOPE.contains(key) && ENVELOPE.contains(KeyFolding.fold(key)));
      assertThat(fault(object(Set.of(key), random)))
          .as("%s", key)
          .isEqualTo(refused ? "key_folds_to_protocol_key" : null);
    }
  }

  private static String key(Random random, boolean plain) {
    StringBuilder key = new StringBuilder();
    for (int i = 1 + random.nextInt(3); i > 0; i--) {
      key.append(PIECES[random.nextInt(plain ? 6 : PIECES.length)]);
    }
    return key.toString();
  }

  /** A change of case, a blank or one too many, or another key of the same hash. */
  private static String near(String key, Random random) {
    StringBuilder near = new StringBuilder(key);
    for (int changes = random.nextInt(3); changes > 0; changes--) {
      int at = random.nextInt(near.length() - 1);
      char c = near.charAt(at);
      switch (random.nextInt(5)) {
        case 0 -> near.setCharAt(at, Character.toUpperCase(c));
        case 1 -> near.insert(at, random.nextBoolean() ? ' ' : '\u2003');
        case 2 -> near.setCharAt(at, c == 's' ? '\u017f' : c);
        case 3 -> near.setCharAt(at, c == 'i' ? '\u0131' : (char) (c + 1));
        default -> {
          near.setCharAt(at, (char) (c - 1));
          near.setCharAt(at + 1, (char) (near.charAt(at + 1) + 31));
        }
      }
    }
    return near.toString();
  }

  private static String object(Set<String> keys, Random random) {
    List<String> members = new ArrayList<>();
    for (String key : keys) {
      StringBuilder name = new StringBuilder("\"");
      for (int i = 0; i < key.length(); i++) {
        char c = key.charAt(i);
        if (c < 0x20 || c == '"' || c == '\\' || random.nextInt(40) == 0) {
          name.append(String.format("\\u%04x", (int) c));
        } else {
          name.append(c);
        }
      }
      members.add(name.append("\":1").toString());
    }
    return "{" + String.join(",", members) + "}";
  }

  private static @Nullable String fault(String message) throws JsonRefusedException {
    byte[] bytes = message.getBytes(StandardCharsets.UTF_8);
    return KeyFolding.fault(JsonDocument.parse(bytes, JsonLimits.DEFAULTS).root());
  }
}

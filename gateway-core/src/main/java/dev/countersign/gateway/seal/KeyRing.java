// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.seal;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The keys in force: the first seals, all of them open. Immutable; any thread. */
public final class KeyRing {
  private final SealKey first;
  private final Map<String, SealKey> byName;

  /**
   * @param keys the newest first
   * @throws IllegalArgumentException when there is none, or one is there twice
   */
  public KeyRing(List<SealKey> keys) {
    Map<String, SealKey> named = new HashMap<>();
    for (SealKey key : keys) {
      if (named.put(key.name(), key) != null) {
        throw new IllegalArgumentException("a key that is there twice");
      }
    }
    if (keys.isEmpty()) {
      throw new IllegalArgumentException("no key");
    }
    this.first = keys.getFirst();
    this.byName = Map.copyOf(named);
  }

  SealKey first() {
    return first;
  }

  @Nullable SealKey named(String name) {
    return byName.get(name);
  }
}

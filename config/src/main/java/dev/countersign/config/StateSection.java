// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.config;

import dev.countersign.gateway.snapshot.SecretReference;
import dev.countersign.gateway.snapshot.StateSettings;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** {@code state}. */
final class StateSection {
  static final Keys KEYS = new Keys("What the gateway seals into ids that clients give back.");

  private static final Key<List<SecretReference>> SEAL_KEYS =
      KEYS.add(
          Key.defaulted(
                  "keys",
                  new ListType<>(new StateKeyType(), 0),
                  List.of(),
                  "Where the keys are, each 32 random bytes in base64 (`openssl rand -base64 32`)."
                      + " The first seals, all open: to change it, put a new one before it, and"
                      + " take the old one away when what it sealed has had its time. Gateways that"
                      + " stand for each other have the same keys.")
              .otherwise("one that is made at start and ends with the process")
              .example("[env:STATE_KEY]")
              .neverShown());

  private StateSection() {}

  static StateSettings build(Section in) {
    List<SecretReference> keys = in.get(SEAL_KEYS);
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < keys.size(); i++) {
      String name = StateKeyType.name(keys.get(i), in.place());
      if (name != null && !seen.add(name)) {
        in.place(SEAL_KEYS, i).problem("a key that is there before", "every key once");
      }
    }
    return new StateSettings(keys);
  }
}

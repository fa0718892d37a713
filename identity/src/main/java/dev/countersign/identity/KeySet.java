// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.identity;

import com.nimbusds.jose.jwk.JWK;
import dev.countersign.identity.HeaderRules.KeyHint;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** The usable keys of one issuer as of one fetch; immutable. */
final class KeySet {
  static final KeySet EMPTY = new KeySet(List.of());

  private final List<VerificationKey> keys;

  private KeySet(List<VerificationKey> keys) {
    this.keys = List.copyOf(keys);
  }

  /** The set after a fetch; a key that did not change stays the same object. */
  KeySet replacedBy(List<JWK> fetched) {
    List<VerificationKey> next = new ArrayList<>();
    for (JWK jwk : fetched) {
      VerificationKey key = unchanged(jwk);
      if (key == null) {
        key = VerificationKey.of(jwk);
      }
      if (key != null) {
        next.add(key);
      }
    }
    return new KeySet(next);
  }

  private @Nullable VerificationKey unchanged(JWK jwk) {
    for (VerificationKey key : keys) {
      if (key.isOf(jwk)) {
        return key;
      }
    }
    return null;
  }

  int size() {
    return keys.size();
  }

  boolean holds(VerificationKey key) {
    return keys.contains(key);
  }

  /**
   * The one key that fits, or null when a newer set might have it.
   *
   * @throws RejectedException when the named key is for other algorithms, or several fit
   */
  @Nullable VerificationKey find(KeyHint hint) throws RejectedException {
    VerificationKey found = null;
    boolean named = false;
    for (VerificationKey key : keys) {
      if (hint.kid() != null && !Objects.equals(hint.kid(), key.kid())) {
        continue;
      }
      named |= hint.kid() != null;
      if (!key.serves(hint.algorithm())) {
        continue;
      }
      if (found != null) {
        throw new RejectedException(RejectReason.UNKNOWN_KEY, "more than one key fits the token");
      }
      found = key;
    }
    if (found == null && named) {
      throw new RejectedException(
          RejectReason.BAD_ALGORITHM, "the token's key is for another algorithm");
    }
    return found;
  }
}

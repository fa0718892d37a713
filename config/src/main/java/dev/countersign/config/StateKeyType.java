// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.config;

import dev.countersign.gateway.seal.SealKey;
import dev.countersign.gateway.snapshot.SecretReference;
import java.io.IOException;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Where a key is that seals, of 32 random bytes in base64. */
final class StateKeyType extends ScalarType<SecretReference> {
  private final SecretType secret = new SecretType();

  StateKeyType() {
    super("a reference to 32 random bytes in base64: env:NAME or file:PATH");
  }

  @Override
  @Nullable SecretReference parse(String text, Place place) {
    SecretReference reference = secret.parse(text, place);
    if (reference == null) {
      return null;
    }
    try {
      SealKey.of(new SecretSource(place.reading().environment()).read(reference));
      return reference;
    } catch (IOException | IllegalArgumentException e) {
      return refuse(Objects.requireNonNull(e.getMessage()), place);
    }
  }

  /** The key's name, which says nothing of it; null when there is no such key. */
  static @Nullable String name(SecretReference reference, Place place) {
    try {
      return SealKey.of(new SecretSource(place.reading().environment()).read(reference)).toString();
    } catch (IOException | IllegalArgumentException e) {
      return null;
    }
  }

  @Override
  public SecretReference standIn() {
    return secret.standIn();
  }

  @Override
  public Map<String, Object> schema() {
    return secret.schema();
  }

  @Override
  public Object written(SecretReference value) {
    return secret.written(value);
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.config;

import dev.countersign.gateway.snapshot.SecretReference;
import dev.countersign.gateway.snapshot.SecretReference.Source;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Where a secret is. What stands in its place and names no variable or file is never shown: it may
 * be the secret.
 */
final class SecretType extends ScalarType<SecretReference> {
  private static final String VARIABLE = "[A-Za-z_][A-Za-z0-9_]{0,127}";

  SecretType() {
    super("a reference to a secret: env:NAME or file:PATH");
  }

  @Override
  @Nullable SecretReference parse(String text, Place place) {
    SecretReference reference = reference(text, place);
    if (reference == null) {
      return refuse("something else, not shown as it may be the secret", place);
    }
    try {
      new SecretSource(place.reading().environment()).read(reference);
    } catch (IOException e) {
      return refuse(Objects.requireNonNull(e.getMessage()), place);
    }
    return reference;
  }

  private static @Nullable SecretReference reference(String text, Place place) {
    if (text.startsWith("env:") && text.substring(4).matches(VARIABLE)) {
      return new SecretReference(Source.ENV, text.substring(4));
    }
    if (!text.startsWith("file:")) {
      return null;
    }
    Path file = FileType.resolve(text.substring(5), place);
    if (file == null) {
      return null;
    }
    place.reading().source(file);
    if (Files.exists(file)) {
      FileType.warnIfOthersRead(file, place);
    }
    return new SecretReference(Source.FILE, file.toString());
  }

  @Override
  public SecretReference standIn() {
    return new SecretReference(Source.ENV, "STAND_IN");
  }

  @Override
  public Map<String, Object> schema() {
    return Map.of("type", "string", "pattern", "^(env:" + VARIABLE + "|file:.+)$");
  }

  @Override
  public Object written(SecretReference value) {
    return value.toString();
  }
}

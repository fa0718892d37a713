// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.config;

import dev.countersign.gateway.snapshot.SecretReference;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** Reads secrets from where references say they are. Any thread. */
public final class SecretSource {
  private static final int CHARS_MAX = 16 << 10;

  private final Map<String, String> environment;

  public SecretSource(Map<String, String> environment) {
    this.environment = Map.copyOf(environment);
  }

  /**
   * The secret, without a final line end.
   *
   * @throws IOException when there is none, or it cannot stand in a header; says nothing of it
   */
  public String read(SecretReference reference) throws IOException {
    String secret =
        switch (reference.source()) {
          case ENV -> environment.getOrDefault(reference.name(), "");
          case FILE -> Files.readString(Path.of(reference.name()));
        };
    String trimmed = secret.replaceFirst("\\r?\\n$", "");
    if (trimmed.isEmpty()
        || trimmed.length() > CHARS_MAX
        || !trimmed.chars().allMatch(c -> c >= 0x20 && c < 0x7f)) {
      throw new IOException("no usable secret at " + reference);
    }
    return trimmed;
  }
}

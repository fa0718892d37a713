// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.config;

import dev.countersign.gateway.snapshot.SecretReference;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** Reads secrets from where references say they are. Any thread. */
public final class SecretSource {
  private static final int CHARS_MAX = 16 << 10;
  private static final int LINE_END_CHARS_MAX = 2;

  private final Map<String, String> environment;

  public SecretSource(Map<String, String> environment) {
    this.environment = Map.copyOf(environment);
  }

  /**
   * The secret, without a final line end: 1 to 16,384 printable ASCII characters.
   *
   * @throws IOException when there is none, or it cannot stand in a header; the message names the
   *     variable or file and says nothing of what it holds
   */
  public String read(SecretReference reference) throws IOException {
    String secret =
        switch (reference.source()) {
          case ENV -> variable(reference);
          case FILE -> text(Path.of(reference.name()), reference);
        };
    String trimmed = secret.replaceFirst("\\r?\\n$", "");
    if (trimmed.isEmpty()) {
      throw none(reference, "is empty");
    }
    if (trimmed.length() > CHARS_MAX || !trimmed.chars().allMatch(c -> c >= 0x20 && c < 0x7f)) {
      throw none(reference, "holds what a header cannot carry");
    }
    return trimmed;
  }

  private String variable(SecretReference reference) throws IOException {
    String value = environment.get(reference.name());
    if (value == null) {
      throw none(reference, "is not set");
    }
    return value;
  }

  private static String text(Path file, SecretReference reference) throws IOException {
    // A pipe gives its content once, and the next reload would wait for it for ever.
    if (!Files.isRegularFile(file)) {
      throw none(reference, Files.exists(file) ? "is no regular file" : "is not there");
    }
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(CHARS_MAX + LINE_END_CHARS_MAX + 1);
      return new String(bytes, StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      throw none(reference, "cannot be read");
    }
  }

  private static IOException none(SecretReference reference, String because) {
    String what = reference.source() == SecretReference.Source.ENV ? "variable " : "file ";
    return new IOException(
        "no usable secret: the " + what + Place.quoted(reference.name()) + " " + because);
  }
}

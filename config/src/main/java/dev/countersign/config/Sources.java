// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.config;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The files that settings come from, the settings file itself and those that it names, each with
 * the digest of what it held.
 *
 * @param digests in no order that matters; digests of secrets among them, so they are not printed
 */
public record Sources(Map<Path, String> digests) {
  /** Of a longer file only the beginning counts; settings, certificates and secrets are shorter. */
  static final int FILE_BYTES_MAX = 1 << 20;

  public Sources {
    digests = Collections.unmodifiableMap(new LinkedHashMap<>(digests));
  }

  /** The same files, as they are now. */
  Sources now() {
    Map<Path, String> now = new LinkedHashMap<>();
    digests.keySet().forEach(file -> now.put(file, digest(file)));
    return new Sources(now);
  }

  /** What a file holds now; a word of its own for each way of holding nothing. */
  static String digest(Path file) {
    if (!Files.exists(file)) {
      return "absent";
    }
    // Reading a pipe would wait, and take from its reader.
    if (!Files.isRegularFile(file)) {
      return "no regular file";
    }
    try (InputStream in = Files.newInputStream(file)) {
      return digest(in.readNBytes(FILE_BYTES_MAX + 1));
    } catch (IOException e) {
      return "unreadable";
    }
  }

  static String digest(byte[] bytes) {
    try {
      return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("SHA-256 is not there", e);
    }
  }

  @Override
  public String toString() {
    return digests.keySet().toString();
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.audit;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/**
 * The hash that links lines: SHA-256 of a line's bytes without its end, which themselves hold the
 * hash of the line before.
 *
 * <p>Confined to one thread.
 */
final class Chain {
  /** What the first line of a log names as the line before it. */
  static final String NONE = "0".repeat(64);

  private final MessageDigest sha256;

  Chain() {
    try {
      sha256 = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("the platform has no SHA-256", e);
    }
  }

  String hash(byte[] bytes, int offset, int length) {
    sha256.update(bytes, offset, length);
    return HexFormat.of().formatHex(sha256.digest());
  }

  String hash(byte[] line) {
    return hash(line, 0, line.length);
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.audit;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Where a leaf stands. Kept outside the log, it proves later that the log still holds this leaf.
 *
 * @param seq its number, from 1
 * @param hash SHA-256 of its line, 64 lower-case hexadecimal digits
 */
public record LeafPosition(long seq, String hash) {
  private static final Pattern FORM = Pattern.compile("([1-9][0-9]{0,17}):([0-9a-f]{64})");

  /**
   * Reads what {@link #toString} writes, and nothing else.
   *
   * @throws IllegalArgumentException when it is no position
   */
  public static LeafPosition parse(String text) {
    Matcher parts = FORM.matcher(text);
    if (!parts.matches()) {
      throw new IllegalArgumentException(
          "expected a number, a colon and 64 lower-case hexadecimal digits");
    }
    return new LeafPosition(Long.parseLong(parts.group(1)), parts.group(2));
  }

  /** The number, a colon, the hash: {@code 17:9f86d0…}. */
  @Override
  public String toString() {
    return seq + ":" + hash;
  }
}

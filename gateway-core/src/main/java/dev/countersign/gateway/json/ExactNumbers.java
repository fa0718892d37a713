// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.json;

import java.math.BigDecimal;

/** Says what becomes of a number that goes through a double (RFC 7493 section 2.2). */
final class ExactNumbers {
  /** Integers and decimals of so many digits and no exponent survive a double. */
  static final int SAFE_DIGITS = 15;

  private ExactNumbers() {}

  /** Whether a double can hold anything like it. */
  static boolean inRange(String number) {
    return !Double.isInfinite(Double.parseDouble(number));
  }

  /** Whether it is the same after it was a double and printed with the fewest digits. */
  static boolean survives(String number) {
    double value = Double.parseDouble(number);
    if (value == 0) {
      // Its exponent may be beyond what BigDecimal reads, so only the digits are looked at.
      return number
          .chars()
          .takeWhile(c -> c != 'e' && c != 'E')
          .noneMatch(c -> c >= '1' && c <= '9');
    }
    StringBuilder fewest = new StringBuilder(24);
    CanonicalJson.number(value, fewest);
    return new BigDecimal(number).compareTo(new BigDecimal(fewest.toString())) == 0;
  }
}

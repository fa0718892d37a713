// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.json;

/**
 * Bounds of a document.
 *
 * @param bytesMax the whole text
 * @param depthMax objects and arrays inside each other, at most 1,000
 * @param tokensMax values and member names
 * @param numberCharsMax characters of one number
 */
public record JsonLimits(int bytesMax, int depthMax, int tokensMax, int numberCharsMax) {
  /** Those of the settings {@code limits.body_bytes}, {@code depth} and {@code tokens}. */
  public static final JsonLimits DEFAULTS = new JsonLimits(4 << 20, 64, 100_000, 128);

  public JsonLimits {
    if (depthMax < 1 || depthMax > 1000) {
      throw new IllegalArgumentException("depthMax must be 1 to 1000, is " + depthMax);
    }
  }

  /** These limits with other bounds on the whole. */
  public JsonLimits with(int newBytesMax, int newDepthMax, int newTokensMax) {
    return new JsonLimits(newBytesMax, newDepthMax, newTokensMax, numberCharsMax);
  }
}

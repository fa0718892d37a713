// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.identity;

import java.time.Duration;
import java.util.List;

/**
 * How callers prove who they are.
 *
 * @param issuers accepted issuers
 * @param clockSkew allowed between clocks, at most two minutes
 * @param tokenCacheMax verified tokens that are remembered
 * @param tokenCacheTtl for how long at most
 * @param tokenBytesMax longer tokens are not looked at
 */
public record IdentitySettings(
    List<IssuerSettings> issuers,
    Duration clockSkew,
    int tokenCacheMax,
    Duration tokenCacheTtl,
    int tokenBytesMax) {
  private static final Duration SKEW_MAX = Duration.ofMinutes(2);

  public IdentitySettings {
    issuers = List.copyOf(issuers);
    if (clockSkew.isNegative() || clockSkew.compareTo(SKEW_MAX) > 0) {
      throw new IllegalArgumentException("the clock skew must be 0 to 120 s");
    }
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.identity;

import java.time.Duration;
import java.util.List;

/**
 * How callers prove who they are.
 *
 * @param issuers accepted issuers
 * @param clockSkew allowed between clocks, 0 to 120 s
 * @param tokenCacheMax verified tokens that are remembered, in entries; 0 remembers none
 * @param tokenCacheTtl for how long a verified token is remembered at most
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
      throw new IllegalArgumentException("clock skew must be 0 s to 120 s: \"" + clockSkew + '"');
    }
    if (tokenCacheMax < 0 || tokenCacheTtl.isNegative() || tokenBytesMax < 1) {
      throw new IllegalArgumentException("token bounds must not be negative");
    }
  }
}

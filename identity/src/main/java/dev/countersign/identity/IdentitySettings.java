// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.identity;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How callers prove who they are.
 *
 * @param issuers accepted issuers
 * @param clockSkew allowed between clocks, 0 to 120 s
 * @param tokenCacheMax verified tokens that are remembered, in entries; 0 remembers none
 * @param tokenCacheTtl for how long a verified token is remembered at most
 * @param tokenBytesMax longer tokens are not looked at
 * @param localUser the one user of this machine that every request comes from, or null; then there
 *     are no issuers, and nothing may listen
 */
public record IdentitySettings(
    List<IssuerSettings> issuers,
    Duration clockSkew,
    int tokenCacheMax,
    Duration tokenCacheTtl,
    int tokenBytesMax,
    @Nullable String localUser) {
  private static final Duration SKEW_MAX = Duration.ofMinutes(2);

  public IdentitySettings {
    issuers = List.copyOf(issuers);
    if (clockSkew.isNegative() || clockSkew.compareTo(SKEW_MAX) > 0) {
      throw new IllegalArgumentException("clock skew must be 0 s to 120 s: \"" + clockSkew + '"');
    }
    if (tokenCacheMax < 0 || tokenCacheTtl.isNegative() || tokenBytesMax < 1) {
      throw new IllegalArgumentException("token bounds must not be negative");
    }
    if (localUser != null && !(issuers.isEmpty() && Names.isPrintable(localUser))) {
      throw new IllegalArgumentException("a local user has a name, and no issuers beside it");
    }
  }

  /** Callers that prove who they are by tokens. */
  public IdentitySettings(
      List<IssuerSettings> issuers,
      Duration clockSkew,
      int tokenCacheMax,
      Duration tokenCacheTtl,
      int tokenBytesMax) {
    this(issuers, clockSkew, tokenCacheMax, tokenCacheTtl, tokenBytesMax, null);
  }

  /**
   * One user of this machine, whose requests come over pipes that nobody else can reach.
   *
   * @throws IllegalArgumentException when the name is blank or cannot be printed
   */
  public static IdentitySettings local(String user) {
    return new IdentitySettings(List.of(), Duration.ZERO, 0, Duration.ZERO, 1, user);
  }
}

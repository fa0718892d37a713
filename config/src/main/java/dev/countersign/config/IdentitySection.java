// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.config;

import dev.countersign.identity.IdentitySettings;
import dev.countersign.identity.IssuerSettings;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/** {@code identity}. */
final class IdentitySection {
  static final Keys KEYS = new Keys("How callers prove who they are.");

  private static final Key<List<Section>> ISSUERS =
      KEYS.add(
          Key.required(
              "issuers",
              new ListType<>(SectionType.ifThere(IssuerSection.KEYS), 1),
              "The issuers whose tokens are accepted; without one nobody could prove anything."));
  private static final Key<Duration> CLOCK_SKEW =
      KEYS.add(
          Key.defaulted(
              "clock_skew",
              new DurationType(Duration.ZERO, Duration.ofMinutes(2)),
              Duration.ofSeconds(30),
              "How far an issuer's clock may be off."));
  private static final Key<Long> TOKEN_BYTES =
      KEYS.add(
          Key.defaulted(
              "token_bytes",
              new SizeType(1 << 10, 64 << 10),
              16L << 10,
              "Longer tokens are not looked at."));
  private static final Keys CACHE_KEYS =
      new Keys("Verified tokens that are remembered, so that a signature is checked once.");
  private static final Key<Integer> ENTRIES =
      CACHE_KEYS.add(
          Key.defaulted(
              "entries", new WholeType(1, 1_000_000), 10_000, "How many tokens at most."));
  private static final Key<Duration> TTL =
      CACHE_KEYS.add(
          Key.defaulted(
              "ttl",
              new DurationType(Duration.ofSeconds(1), Duration.ofMinutes(5)),
              Duration.ofMinutes(1),
              "For how long at most."));
  private static final Key<Section> TOKEN_CACHE =
      KEYS.add(Key.optional("token_cache", SectionType.always(CACHE_KEYS), CACHE_KEYS.meaning()));

  private IdentitySection() {}

  static IdentitySettings build(Section in) {
    List<IssuerSettings> issuers = new ArrayList<>();
    Set<String> names = new HashSet<>();
    Set<String> uris = new HashSet<>();
    for (Section one : in.get(ISSUERS)) {
      IssuerSettings issuer = IssuerSection.build(one);
      if (!names.add(issuer.name())) {
        IssuerSection.nameClash(one, issuer.name());
      }
      if (!uris.add(issuer.issuer().toString())) {
        IssuerSection.issuerClash(one);
      }
      issuers.add(issuer);
    }
    Section cache = in.get(TOKEN_CACHE);
    return new IdentitySettings(
        issuers,
        in.get(CLOCK_SKEW),
        cache.get(ENTRIES),
        cache.get(TTL),
        Math.toIntExact(in.get(TOKEN_BYTES)));
  }
}

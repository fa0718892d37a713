// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.identity;

import java.time.InstantSource;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The configured issuers by their exact {@code iss}; nobody else's keys are ever asked for. */
final class Issuers {
  private final Map<String, IssuerKeys> byIss = new HashMap<>();

  /**
   * @throws IllegalArgumentException when an entry cannot be used or two of them clash
   */
  Issuers(IdentitySettings settings, InstantSource clock, IdentityObserver observer) {
    Set<String> names = new HashSet<>();
    for (IssuerSettings issuer : settings.issuers()) {
      check(issuer);
      if (!names.add(issuer.name())) {
        throw new IllegalArgumentException("two issuers have one name: \"" + issuer.name() + '"');
      }
      IssuerKeys keys = new IssuerKeys(issuer, clock, observer);
      if (byIss.put(issuer.issuer().toString(), keys) != null) {
        throw new IllegalArgumentException("issuer given twice: \"" + issuer.issuer() + '"');
      }
    }
  }

  private static void check(IssuerSettings issuer) {
    if (!issuer.name().matches("[A-Za-z0-9._-]{1,64}")) {
      throw new IllegalArgumentException("not an issuer's alias: \"" + issuer.name() + '"');
    }
    for (String algorithm : issuer.algorithms()) {
      if (!VerificationKey.isSupported(algorithm)) {
        throw new IllegalArgumentException("not an accepted algorithm: \"" + algorithm + '"');
      }
    }
    String trustDomain = issuer.trustDomain();
    if (trustDomain != null && !Names.isTrustDomain(trustDomain)) {
      throw new IllegalArgumentException("not a trust domain: \"" + trustDomain + '"');
    }
  }

  @Nullable IssuerKeys of(String iss) {
    return byIss.get(iss);
  }

  Collection<IssuerKeys> all() {
    return byIss.values();
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.identity;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.KeySourceException;
import com.nimbusds.jose.RemoteKeySourceException;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKMatcher;
import com.nimbusds.jose.jwk.JWKSelector;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.jwk.source.JWKSourceBuilder;
import com.nimbusds.jose.jwk.source.RateLimitReachedException;
import com.nimbusds.jose.proc.SecurityContext;
import java.net.MalformedURLException;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The keys of one issuer: cached for five minutes, refreshed ahead, kept through an outage of some
 * hours, and not fetched more often than twice in half a minute whatever key ids are asked for.
 * Blocks while it fetches; for the authenticator's own threads.
 */
final class IssuerKeys {
  private static final int RSA_BITS_MIN = 2048;
  private static final long TTL_MILLIS = Duration.ofMinutes(5).toMillis();
  private static final long REFRESH_TIME_MILLIS = Duration.ofSeconds(15).toMillis();
  private static final long AHEAD_MILLIS = Duration.ofSeconds(30).toMillis();
  private static final long OUTAGE_MILLIS = Duration.ofHours(4).toMillis();
  private static final long RATE_MILLIS = Duration.ofSeconds(30).toMillis();

  private final KeyFetch fetch;
  private final JWKSource<SecurityContext> source;

  IssuerKeys(IssuerSettings issuer, IdentityObserver observer) {
    this.fetch = new KeyFetch(issuer, observer);
    try {
      this.source =
          JWKSourceBuilder.create(issuer.issuer().toURL(), fetch)
              .cache(TTL_MILLIS, REFRESH_TIME_MILLIS)
              .refreshAheadCache(AHEAD_MILLIS, true)
              .rateLimited(RATE_MILLIS)
              .outageTolerant(OUTAGE_MILLIS)
              .build();
    } catch (MalformedURLException e) {
      throw new IllegalArgumentException("the issuer is no URL: \"" + issuer.issuer() + "\"", e);
    }
  }

  @Nullable Duration age() {
    return fetch.age();
  }

  /** Fetches keys now, for readiness. */
  boolean load() {
    try {
      return !source.get(new JWKSelector(new JWKMatcher.Builder().build()), null).isEmpty();
    } catch (KeySourceException e) {
      return false;
    }
  }

  /**
   * The one key that fits a token's header.
   *
   * @throws RejectedException when there is none, or several for a header without key id
   * @throws KeySourceException when the keys cannot be had
   */
  JWK key(JWSHeader header) throws RejectedException, KeySourceException {
    JWSAlgorithm algorithm = header.getAlgorithm();
    List<JWK> fitting;
    try {
      JWKMatcher matcher = JWKMatcher.forJWSHeader(header);
      fitting = source.get(new JWKSelector(matcher), null);
    } catch (RateLimitReachedException e) {
      throw new RejectedException(RejectReason.UNKNOWN_KEY, "no key fits the token");
    } catch (RemoteKeySourceException e) {
      throw e;
    }
    if (fitting.size() != 1) {
      throw new RejectedException(RejectReason.UNKNOWN_KEY, "no single key fits the token");
    }
    JWK key = fitting.getFirst();
    if (key instanceof RSAKey rsa && rsa.size() < RSA_BITS_MIN) {
      throw new RejectedException(RejectReason.BAD_ALGORITHM, "the key is too short");
    }
    if (key.getAlgorithm() != null && !key.getAlgorithm().getName().equals(algorithm.getName())) {
      throw new RejectedException(RejectReason.BAD_ALGORITHM, "the key is for another algorithm");
    }
    return key;
  }
}

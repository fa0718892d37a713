// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.identity;

import com.fasterxml.jackson.databind.JsonNode;
import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSObject;
import com.nimbusds.jose.JWSVerifier;
import com.nimbusds.jose.KeySourceException;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.RSAKey;
import java.text.ParseException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Takes a token apart, finds its issuer, checks its rules and its signature. May block. */
final class TokenVerifier {
  private final Map<String, IssuerSettings> issuers = new HashMap<>();
  private final Map<String, IssuerKeys> keys = new HashMap<>();
  private final Duration skew;
  private final InstantSource clock;

  TokenVerifier(IdentitySettings settings, InstantSource clock, IdentityObserver observer) {
    this.skew = settings.clockSkew();
    this.clock = clock;
    for (IssuerSettings issuer : settings.issuers()) {
      issuers.put(issuer.issuer().toString(), issuer);
      keys.put(issuer.issuer().toString(), new IssuerKeys(issuer, observer));
    }
  }

  Map<String, IssuerKeys> keys() {
    return keys;
  }

  @Nullable IssuerSettings issuer(String iss) {
    return issuers.get(iss);
  }

  /**
   * Verifies a token for a resource.
   *
   * @throws RejectedException when it is not accepted
   * @throws KeySourceException when the issuer's keys cannot be had
   */
  Caller verify(String token, String resource, String hash)
      throws RejectedException, KeySourceException {
    String[] parts = token.split("\\.", -1);
    if (parts.length != 3) {
      throw TokenRules.malformed();
    }
    JsonNode header = TokenRules.object(parts[0]);
    JsonNode claims = TokenRules.object(parts[1]);
    IssuerSettings issuer = issuers.get(claims.path("iss").asText());
    if (issuer == null) {
      throw new RejectedException(RejectReason.UNKNOWN_ISSUER, "the token's issuer is not known");
    }
    TokenRules.header(header, issuer);
    signature(token, issuer);
    TokenRules.times(claims, clock.instant(), skew);
    TokenRules.audience(claims, issuer, resource);
    TokenRules.notBound(claims);
    return caller(claims, issuer, hash);
  }

  private void signature(String token, IssuerSettings issuer)
      throws RejectedException, KeySourceException {
    try {
      JWSObject jws = JWSObject.parse(token);
      IssuerKeys ofIssuer = keys.get(issuer.issuer().toString());
      if (ofIssuer == null || !jws.verify(verifier(ofIssuer.key(jws.getHeader())))) {
        throw new RejectedException(
            RejectReason.BAD_SIGNATURE, "the token's signature does not verify");
      }
    } catch (ParseException e) {
      throw TokenRules.malformed();
    } catch (JOSEException e) {
      throw new RejectedException(
          RejectReason.BAD_SIGNATURE, "the token's signature does not verify");
    }
  }

  private static JWSVerifier verifier(JWK key) throws JOSEException, RejectedException {
    return switch (key) {
      case ECKey ec -> new ECDSAVerifier(ec);
      case RSAKey rsa -> new RSASSAVerifier(rsa);
      default -> throw new RejectedException(RejectReason.UNKNOWN_KEY, "no key fits the token");
    };
  }

  private static Caller caller(JsonNode claims, IssuerSettings issuer, String hash)
      throws RejectedException {
    String subject = TokenRules.subject(claims);
    String client = TokenRules.client(claims);
    String trustDomain = issuer.trustDomain();
    boolean spiffe = trustDomain != null && TokenRules.isSpiffeIdOf(subject, trustDomain);
    String id = spiffe ? subject : "oidc:" + issuer.name() + ":" + subject;
    return new Caller(
        new CallerKey(spiffe ? "spiffe" : "oidc", issuer.issuer().toString(), subject, client),
        id,
        spiffe ? trustDomain : null,
        TokenRules.scopes(claims),
        client != null && !client.equals(subject) ? subject : null,
        TokenRules.actors(claims),
        TokenRules.instant(claims, "exp"),
        hash);
  }
}

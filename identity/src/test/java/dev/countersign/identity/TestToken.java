// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.identity;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.util.Base64URL;
import com.nimbusds.jose.util.JSONObjectUtils;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/** A token in the making: good until something is changed, and then exactly that is bad. */
public final class TestToken {
  private static final long LIFE_SECONDS = 300;

  private final Map<String, Object> header = new LinkedHashMap<>();
  private final Map<String, Object> claims = new LinkedHashMap<>();
  private UnaryOperator<String> headerText = UnaryOperator.identity();
  private UnaryOperator<String> claimsText = UnaryOperator.identity();
  private JWSSigner signer;
  private JWSAlgorithm algorithm = JWSAlgorithm.ES256;

  TestToken(String issuer, ECKey key, Instant now) {
    header.put("alg", "ES256");
    header.put("typ", "at+jwt");
    header.put("kid", key.getKeyID());
    claims.put("iss", issuer);
    claims.put("sub", "agent-1");
    claims.put("aud", TestIssuer.RESOURCE);
    claims.put("client_id", "agent-1");
    claims.put("iat", now.getEpochSecond());
    claims.put("exp", now.getEpochSecond() + LIFE_SECONDS);
    claims.put("jti", UUID.randomUUID().toString());
    try {
      this.signer = new ECDSASigner(key);
    } catch (JOSEException e) {
      throw new IllegalStateException("no signer", e);
    }
  }

  /** Changes the header. */
  public TestToken header(Consumer<Map<String, Object>> change) {
    change.accept(header);
    return this;
  }

  /** Changes the claims. */
  public TestToken claims(Consumer<Map<String, Object>> change) {
    change.accept(claims);
    return this;
  }

  /** Changes the header as JSON text, as for keys that are given twice. */
  public TestToken headerText(UnaryOperator<String> change) {
    headerText = change;
    return this;
  }

  /** Changes the claims as JSON text. */
  public TestToken claimsText(UnaryOperator<String> change) {
    claimsText = change;
    return this;
  }

  /** Signs otherwise, and says so in {@code alg}. */
  public TestToken signedBy(JWSSigner other, JWSAlgorithm by) {
    signer = other;
    algorithm = by;
    header.put("alg", by.getName());
    return this;
  }

  /** The token as sent. */
  public String build() {
    String signed =
        part(headerText.apply(JSONObjectUtils.toJSONString(header)))
            + '.'
            + part(claimsText.apply(JSONObjectUtils.toJSONString(claims)));
    try {
      return signed
          + '.'
          + signer.sign(new JWSHeader(algorithm), signed.getBytes(StandardCharsets.US_ASCII));
    } catch (JOSEException e) {
      throw new IllegalStateException("signing failed", e);
    }
  }

  private static String part(String json) {
    return Base64URL.encode(json.getBytes(StandardCharsets.UTF_8)).toString();
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.identity;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSSigner;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.crypto.opts.AllowWeakRSAKey;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.KeyOperation;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.OctetSequenceKey;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Which published keys a token's signature may be checked with. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class VerificationKeyTest {
  private static final Set<String> ALGORITHMS =
      Set.of("ES256", "ES384", "ES512", "RS256", "RS512", "PS256");
  private static final ECKey EC = TestIssuer.newKey();
  private static final ECKey EC_384 = ec(Curve.P_384);
  private static final ECKey EC_521 = ec(Curve.P_521);
  private static final RSAKey RSA = rsa(2048, "rsa");
  private static final RSAKey RSA_SHORT = rsa(1024, "short");

  private final TestIssuer issuer = new TestIssuer();

  @AfterAll
  void close() {
    issuer.close();
  }

  private static ECKey ec(Curve curve) {
    try {
      return new ECKeyGenerator(curve).keyID(curve.getName()).generate();
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  private static RSAKey rsa(int bits, String id) {
    try {
      return new RSAKeyGenerator(bits, true).keyID(id).generate();
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  private static JWSSigner signer(JWK key) throws JOSEException {
    return key instanceof RSAKey rsa
        ? new RSASSASigner(rsa.toPrivateKey(), Set.of(AllowWeakRSAKey.getInstance()))
        : new ECDSASigner(key.toECKey());
  }

  /**
   * @param kid what the token says, or null for nothing
   * @param reason null when it is accepted
   */
  record Row(
      String because,
      List<JWK> published,
      JWK signing,
      String algorithm,
      @Nullable String kid,
      @Nullable RejectReason reason) {
    @Override
    public String toString() {
      return because;
    }
  }

  static Stream<Row> keys() {
    JWK ec = EC.toPublicJWK();
    JWK rsa = RSA.toPublicJWK();
    String ecId = EC.getKeyID();
    ECKey.Builder publicEc = new ECKey.Builder(EC.toPublicJWK());
    JWK encrypting = publicEc.keyUse(KeyUse.ENCRYPTION).build();
    publicEc.keyUse(null);
    JWK signingOnly = publicEc.keyOperations(Set.of(KeyOperation.SIGN)).build();
    JWK verifying = publicEc.keyOperations(Set.of(KeyOperation.VERIFY)).build();
    publicEc.keyOperations(null);
    JWK forSignatures = publicEc.keyUse(KeyUse.SIGNATURE).algorithm(JWSAlgorithm.ES256).build();
    JWK otherCurveNamed = publicEc.algorithm(JWSAlgorithm.ES384).build();
    JWK only512 = new RSAKey.Builder(RSA.toPublicJWK()).algorithm(JWSAlgorithm.RS512).build();
    JWK twin = new ECKey.Builder(TestIssuer.newKey().toPublicJWK()).keyID(ecId).build();
    JWK secret = new OctetSequenceKey.Builder(new byte[32]).keyID("oct").build();
    RejectReason unknown = RejectReason.UNKNOWN_KEY;
    RejectReason algorithm = RejectReason.BAD_ALGORITHM;
    return Stream.of(
        new Row("plain EC", List.of(ec), EC, "ES256", ecId, null),
        new Row("P-384", List.of(EC_384.toPublicJWK()), EC_384, "ES384", "P-384", null),
        new Row("P-521", List.of(EC_521.toPublicJWK()), EC_521, "ES512", "P-521", null),
        new Row("RSA", List.of(rsa), RSA, "RS256", "rsa", null),
        new Row("RSA, PSS", List.of(rsa), RSA, "PS256", "rsa", null),
        new Row(
            "RSA of 1024 bits",
            List.of(RSA_SHORT.toPublicJWK()),
            RSA_SHORT,
            "RS256",
            "short",
            unknown),
        new Row("for signatures", List.of(forSignatures), EC, "ES256", ecId, null),
        new Row("for encryption", List.of(encrypting), EC, "ES256", ecId, unknown),
        new Row("to verify", List.of(verifying), EC, "ES256", ecId, null),
        new Row("to sign", List.of(signingOnly), EC, "ES256", ecId, unknown),
        new Row(
            "named for a curve it is not on", List.of(otherCurveNamed), EC, "ES256", ecId, unknown),
        new Row("RSA for RS512 as RS512", List.of(only512), RSA, "RS512", "rsa", null),
        new Row("RSA for RS512 as RS256", List.of(only512), RSA, "RS256", "rsa", algorithm),
        new Row("EC key named by an RSA token", List.of(ec, rsa), RSA, "RS256", ecId, algorithm),
        new Row("RSA key named by an EC token", List.of(ec, rsa), EC, "ES256", "rsa", algorithm),
        new Row(
            "other curve than the algorithm's",
            List.of(EC_384.toPublicJWK()),
            EC,
            "ES256",
            "P-384",
            algorithm),
        new Row("private part published", List.of(EC), EC, "ES256", ecId, unknown),
        new Row("a secret beside", List.of(secret, ec), EC, "ES256", ecId, null),
        new Row("key id in other case", List.of(ec), EC, "ES256", "KEY", unknown),
        new Row("one id, two keys", List.of(ec, twin), EC, "ES256", ecId, unknown),
        new Row("no id, one key", List.of(ec), EC, "ES256", null, null),
        new Row("no id, one key that fits", List.of(rsa, ec), EC, "ES256", null, null),
        new Row("no id, two that fit", List.of(ec, twin), EC, "ES256", null, unknown),
        new Row("no id, none that fits", List.of(rsa), EC, "ES256", null, unknown));
  }

  @ParameterizedTest
  @MethodSource("keys")
  void checksWithTheOnePublishedKeyThatFitsOrWithNone(Row row) throws JOSEException {
    issuer.keysAnswer(
        exchange ->
            TestIssuer.answer(
                exchange,
                200,
                "application/json",
                "{\"keys\":["
                    + String.join(",", row.published.stream().map(JWK::toJSONString).toList())
                    + "]}"));
    IssuerSettings plain = issuer.settings();
    IssuerSettings settings =
        new IssuerSettings(
            "test", plain.issuer(), null, List.of(), ALGORITHMS, plain.types(), null, null, -1);
    String token =
        issuer
            .token()
            .signedBy(signer(row.signing), JWSAlgorithm.parse(row.algorithm))
            .header(
                header -> {
                  if (row.kid == null) {
                    header.remove("kid");
                  } else {
                    header.put("kid", row.kid);
                  }
                })
            .build();
    try (Authenticator authenticator =
        new Authenticator(
            Bench.settings(settings), InstantSource.system(), IdentityObserver.NONE)) {
      Authentication answer =
          Bench.answer(authenticator.authenticate("Bearer " + token, TestIssuer.RESOURCE));
      assertThat(Bench.reason(answer)).isEqualTo(row.reason);
      assertThat(answer instanceof Authentication.Verified).isEqualTo(row.reason == null);
    }
  }

  @Test
  void servesAsymmetricAlgorithmsOnly() {
    assertThat(
            Stream.of(
                "ES256", "ES384", "ES512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512"))
        .allMatch(VerificationKey::isSupported);
    assertThat(Stream.of("none", "", "HS256", "HS384", "HS512", "es256", "ES256K", "RS1", "dir"))
        .noneMatch(VerificationKey::isSupported);
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.identity;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.util.Base64URL;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Forgeries: parts, spellings and signatures that are not the issuer's own. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class SignatureTest {
  private final Bench bench = new Bench();

  @AfterAll
  void close() {
    bench.close();
  }

  @Test
  void refusesWhatIsNotThreeParts() {
    String token = bench.issuer.token(claims -> {});
    String[] parts = token.split("\\.");
    for (String bad :
        List.of(
            parts[0],
            parts[0] + '.' + parts[1],
            parts[0] + '.' + parts[1] + '.',
            '.' + parts[1] + '.' + parts[2],
            parts[0] + ".." + parts[2],
            token + '.',
            token + '.' + parts[2],
            token + ".a.b",
            "...",
            ".")) {
      assertThat(Bench.reason(bench.ask(bad))).as(bad).isEqualTo(RejectReason.MALFORMED);
    }
  }

  @Test
  void refusesAnUnsignedTokenWithAnEmptyOrAnySignature() {
    TestToken token = bench.issuer.token().header(h -> h.put("alg", "none"));
    String built = token.build();
    String unsigned = built.substring(0, built.lastIndexOf('.') + 1);
    assertThat(Bench.reason(bench.ask(unsigned))).isEqualTo(RejectReason.MALFORMED);
    assertThat(Bench.reason(bench.ask(unsigned + "AA"))).isEqualTo(RejectReason.BAD_ALGORITHM);
  }

  @Test
  void refusesAMacMadeWithThePublicKey() throws JOSEException {
    byte[] published =
        bench.issuer.key().toPublicJWK().toJSONString().getBytes(StandardCharsets.UTF_8);
    for (byte[] secret : List.of(published, bench.issuer.key().toECPublicKey().getEncoded())) {
      TestToken token = bench.issuer.token().signedBy(new MACSigner(secret), JWSAlgorithm.HS256);
      assertThat(Bench.reason(bench.ask(token.build()))).isEqualTo(RejectReason.BAD_ALGORITHM);
    }
  }

  @Test
  void refusesASignatureOfAnotherKeyOrOfOtherBytes() throws JOSEException {
    TestToken forged =
        bench.issuer.token().signedBy(new ECDSASigner(TestIssuer.newKey()), JWSAlgorithm.ES256);
    assertThat(Bench.reason(bench.ask(forged.build()))).isEqualTo(RejectReason.BAD_SIGNATURE);

    String good = bench.issuer.token(claims -> {});
    String other = bench.issuer.token(claims -> claims.put("sub", "admin"));
    String spliced =
        other.substring(0, other.lastIndexOf('.')) + good.substring(good.lastIndexOf('.'));
    assertThat(Bench.reason(bench.ask(spliced))).isEqualTo(RejectReason.BAD_SIGNATURE);
  }

  @Test
  void refusesSignaturesThatAreNotPairsOfNumbersInRange() {
    String good = bench.issuer.token(claims -> {});
    String signed = good.substring(0, good.lastIndexOf('.') + 1);
    for (byte[] signature : List.of(new byte[64], new byte[1], new byte[63], new byte[65])) {
      assertThat(Bench.reason(bench.ask(signed + Base64URL.encode(signature))))
          .isEqualTo(RejectReason.BAD_SIGNATURE);
    }
  }

  @Test
  void refusesEveryOtherSpellingOfAGoodToken() {
    String good = bench.issuer.token(claims -> {});
    String start = good.substring(0, good.length() - 1);
    for (char last :
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".toCharArray()) {
      if (good.charAt(good.length() - 1) != last) {
        assertThat(bench.ask(start + last)).isInstanceOf(Authentication.Rejected.class);
      }
    }
    assertThat(Bench.reason(bench.ask(good + "=="))).isEqualTo(RejectReason.MALFORMED);
    assertThat(Bench.reason(bench.ask(good.replace('-', '+').replace('_', '/') + "+")))
        .isEqualTo(RejectReason.MALFORMED);
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli.demo;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class DemoIssuerTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @Test
  void tokenVerifiesWithTheKeyThatDiscoveryLeadsTo() throws Exception {
    try (DemoIssuer issuer = new DemoIssuer()) {
      JsonNode metadata =
          JSON.readTree(get(issuer.issuer() + "/.well-known/openid-configuration").body());
      assertThat(metadata.path("issuer").asText()).isEqualTo(issuer.issuer());
      RawHttp.Answer keys = get(metadata.path("jwks_uri").asText());
      assertThat(keys.body()).doesNotContain("\"d\"");

      SignedJWT jwt =
          SignedJWT.parse(issuer.token("alice", "http://gw.example/mcp", Duration.ofMinutes(5)));

      ECKey key = JWKSet.parse(keys.body()).getKeyByKeyId(jwt.getHeader().getKeyID()).toECKey();
      assertThat(jwt.verify(new ECDSAVerifier(key))).isTrue();
      assertThat(jwt.getHeader().toJSONObject())
          .containsEntry("typ", "at+jwt")
          .containsEntry("alg", "ES256");
      JWTClaimsSet claims = jwt.getJWTClaimsSet();
      assertThat(claims.getIssuer()).isEqualTo(issuer.issuer());
      assertThat(claims.getSubject()).isEqualTo("alice");
      assertThat(claims.getAudience()).containsExactly("http://gw.example/mcp");
      assertThat(claims.getClaims()).containsKeys("client_id", "iat", "jti", "scope");
      assertThat(claims.getExpirationTime().toInstant())
          .isBetween(
              Instant.now().plus(Duration.ofMinutes(4)), Instant.now().plus(Duration.ofMinutes(6)));
    }
  }

  @Test
  void eachIssuerHasItsOwnKeyAndEachTokenItsOwnId() throws Exception {
    try (DemoIssuer one = new DemoIssuer();
        DemoIssuer other = new DemoIssuer()) {
      SignedJWT first = SignedJWT.parse(one.token("a", "b", Duration.ofMinutes(1)));
      SignedJWT second = SignedJWT.parse(one.token("a", "b", Duration.ofMinutes(1)));
      SignedJWT foreign = SignedJWT.parse(other.token("a", "b", Duration.ofMinutes(1)));

      assertThat(first.getJWTClaimsSet().getJWTID())
          .isNotEqualTo(second.getJWTClaimsSet().getJWTID());
      assertThat(first.getHeader().getKeyID()).isNotEqualTo(foreign.getHeader().getKeyID());
    }
  }

  @Test
  void lifeBelowZeroGivesAnExpiredToken() throws Exception {
    try (DemoIssuer issuer = new DemoIssuer()) {
      assertThat(
              SignedJWT.parse(issuer.token("a", "b", Duration.ofHours(-1)))
                  .getJWTClaimsSet()
                  .getExpirationTime())
          .isBefore(Instant.now());
    }
  }

  @Test
  void handsOutNothingUnlessAskedToBeOpen() throws IOException {
    try (DemoIssuer issuer = new DemoIssuer()) {
      assertThat(token(issuer, "subject=a&audience=b").status()).isEqualTo(404);
      assertThat(get(issuer.issuer() + "/.well-known/openid-configuration").body())
          .doesNotContain("token_endpoint");
    }
  }

  @Test
  void openEndpointGivesATokenForWhatTheFormNames() throws Exception {
    try (DemoIssuer issuer = DemoIssuer.withOpenTokenEndpoint(0)) {
      RawHttp.Answer answer = token(issuer, "subject=al%20ice&audience=http%3A%2F%2Fgw%2Fmcp");

      assertThat(answer.status()).isEqualTo(200);
      assertThat(answer.header("Cache-Control")).isEqualTo("no-store");
      JsonNode body = JSON.readTree(answer.body());
      assertThat(body.path("token_type").asText()).isEqualTo("Bearer");
      assertThat(body.path("expires_in").asInt()).isEqualTo(3600);
      JWTClaimsSet claims = SignedJWT.parse(body.path("access_token").asText()).getJWTClaimsSet();
      assertThat(claims.getSubject()).isEqualTo("al ice");
      assertThat(claims.getAudience()).containsExactly("http://gw/mcp");
    }
  }

  @ParameterizedTest(name = "{2}")
  @CsvSource({
    "subject=a, 400, no audience",
    "subject=&audience=b, 400, an empty subject",
    "subject=a&subject=b&audience=c, 400, a field twice",
    "subject=%zz&audience=b, 400, broken escaping",
    "nonsense, 400, no form",
    "'', 400, nothing",
  })
  void brokenFormIsRefused(String form, int status, String because) throws IOException {
    try (DemoIssuer issuer = DemoIssuer.withOpenTokenEndpoint(0)) {
      RawHttp.Answer answer = token(issuer, form);

      assertThat(answer.status()).as(because).isEqualTo(status);
      assertThat(answer.body()).as(because).contains("invalid_request").doesNotContain("eyJ");
    }
  }

  @ParameterizedTest(name = "{1}")
  @CsvSource({
    "Host: attacker.example, a rebound name",
    "Origin: http://attacker.example, a web page",
  })
  void webPageGetsNoToken(String header, String because) throws IOException {
    try (DemoIssuer issuer = DemoIssuer.withOpenTokenEndpoint(0)) {
      assertThat(token(issuer, "subject=a&audience=b", header).status()).as(because).isEqualTo(403);
    }
  }

  @Test
  void otherVerbsAndLongFormsAreRefused() throws IOException {
    try (DemoIssuer issuer = DemoIssuer.withOpenTokenEndpoint(0)) {
      assertThat(get(issuer.issuer() + "/token").status()).isEqualTo(405);
      assertThat(RawHttp.send("POST", issuer.issuer() + "/jwks", "").status()).isEqualTo(405);
      assertThat(token(issuer, "subject=" + "a".repeat(9000)).status()).isEqualTo(413);
    }
  }

  private static RawHttp.Answer get(String url) throws IOException {
    return RawHttp.send("GET", url, "");
  }

  private static RawHttp.Answer token(DemoIssuer issuer, String form, String... headers)
      throws IOException {
    return RawHttp.send("POST", issuer.issuer() + "/token", form, headers);
  }
}

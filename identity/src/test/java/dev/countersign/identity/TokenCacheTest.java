// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.identity;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.jwk.ECKey;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class TokenCacheTest {
  private final Bench bench = new Bench();

  @AfterEach
  void close() {
    bench.close();
  }

  @Test
  void answersAtOnceForATokenThatWasVerified() {
    String token = bench.issuer.token(claims -> {});
    assertThat(bench.cached(token)).isNull();
    Caller caller = Bench.caller(bench.ask(token));
    assertThat(Bench.caller(bench.cached(token))).isSameAs(caller);
    assertThat(Bench.caller(bench.ask(token))).isSameAs(caller);
    assertThat(bench.observer.verified)
        .containsExactly("test signature", "test cache", "test cache");
  }

  @Test
  void remembersForOneResourceOnly() {
    String token = bench.issuer.token(claims -> {});
    bench.ask(token);
    assertThat(bench.authenticator.cached("Bearer " + token, "https://gw.example/a/mcp")).isNull();
  }

  @Test
  void remembersATokenByAllOfItsBytes() {
    String token = bench.issuer.token(claims -> {});
    bench.ask(token);
    assertThat(bench.cached(token + "A")).isNull();
    assertThat(bench.cached(token.substring(0, token.length() - 1))).isNull();
  }

  @Test
  void forgetsWhenItsTimeIsOver() {
    String token = bench.issuer.token(claims -> {});
    bench.ask(token);
    bench.clock.advance(Duration.ofSeconds(59));
    assertThat(bench.cached(token)).isNotNull();
    bench.clock.advance(Duration.ofSeconds(1));
    assertThat(bench.cached(token)).isNull();
    assertThat(bench.ask(token)).isInstanceOf(Authentication.Verified.class);
    assertThat(bench.observer.verified)
        .containsExactly("test signature", "test cache", "test signature");
  }

  @Test
  void neverRemembersATokenBeyondItsEnd() {
    long end = bench.clock.instant().getEpochSecond() + 10;
    String token = bench.issuer.token(claims -> claims.put("exp", end));
    bench.ask(token);
    bench.clock.advance(Duration.ofSeconds(9));
    assertThat(bench.cached(token)).isNotNull();
    bench.clock.advance(Duration.ofSeconds(1));
    assertThat(bench.cached(token)).isNull();
    assertThat(bench.ask(token)).as("within the skew").isInstanceOf(Authentication.Verified.class);
    assertThat(bench.cached(token)).isNull();
    bench.clock.advance(Duration.ofSeconds(30));
    assertThat(Bench.reason(bench.ask(token))).isEqualTo(RejectReason.EXPIRED);
  }

  @Test
  void remembersNoRejection() {
    String token = bench.issuer.token(claims -> claims.remove("sub"));
    bench.ask(token);
    assertThat(bench.cached(token)).isNull();
    bench.ask(token);
    assertThat(bench.observer.rejected)
        .containsExactly(RejectReason.MISSING_CLAIM, RejectReason.MISSING_CLAIM);
  }

  @Test
  void forgetsATokenWhoseKeyIsGone() {
    String token = bench.issuer.token(claims -> {});
    bench.ask(token);
    bench.issuer.rotate();
    assertThat(bench.cached(token)).as("nobody knows yet").isNotNull();
    assertThat(bench.ask(bench.issuer.token(claims -> {})))
        .isInstanceOf(Authentication.Verified.class);
    assertThat(bench.cached(token)).isNull();
    assertThat(Bench.reason(bench.ask(token))).isEqualTo(RejectReason.UNKNOWN_KEY);
  }

  @Test
  void keepsATokenWhoseKeyIsStillThereAfterAFetch() {
    String token = bench.issuer.token(claims -> {});
    bench.ask(token);
    String unknown = bench.issuer.token().header(header -> header.put("kid", "other")).build();
    assertThat(Bench.reason(bench.ask(unknown))).isEqualTo(RejectReason.UNKNOWN_KEY);
    assertThat(bench.issuer.fetches()).isEqualTo(2);
    assertThat(bench.cached(token)).isNotNull();
  }

  @Test
  void forgetsATokenWhoseKeyWasReplacedUnderTheSameId() throws Exception {
    String token = bench.issuer.token(claims -> {});
    bench.ask(token);
    String id = bench.issuer.key().getKeyID();
    bench.issuer.publish(new ECKey.Builder(TestIssuer.newKey().toPublicJWK()).keyID(id).build());
    bench.ask(bench.issuer.token().header(header -> header.put("kid", "other")).build());
    assertThat(bench.cached(token)).isNull();
    assertThat(Bench.reason(bench.ask(token))).isEqualTo(RejectReason.BAD_SIGNATURE);
  }
}

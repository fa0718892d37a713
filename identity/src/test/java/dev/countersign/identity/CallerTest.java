// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.identity;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.Modifier;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

final class CallerTest {
  private final Bench bench = new Bench();

  @AfterEach
  void close() {
    bench.close();
  }

  private IssuerSettings of(@Nullable String trustDomain) {
    IssuerSettings plain = bench.issuer.settings();
    return new IssuerSettings(
        "idp",
        plain.issuer(),
        null,
        List.of(),
        plain.algorithms(),
        Set.of("at+jwt"),
        trustDomain,
        null,
        -1);
  }

  private Caller caller(@Nullable String trustDomain, String token) {
    try (Authenticator authenticator = bench.open(of(trustDomain))) {
      return Bench.caller(
          Bench.answer(authenticator.authenticate("Bearer " + token, TestIssuer.RESOURCE)));
    }
  }

  @Test
  void saysAllThatTheTokenProves() throws GeneralSecurityException {
    String token =
        bench.issuer.token(
            claims -> {
              claims.put("sub", "alice");
              claims.put("client_id", "research");
              claims.put("scope", "read  write read");
              claims.put("act", Map.of("sub", "helper", "act", Map.of("sub", "desk")));
            });
    Caller caller = caller(null, token);
    String iss = bench.issuer.issuer().toString();
    assertThat(caller.key()).isEqualTo(new CallerKey("oidc", iss, "alice", "research"));
    assertThat(caller.id()).isEqualTo("oidc:idp:alice");
    assertThat(caller.kind()).isEqualTo("oidc");
    assertThat(caller.issuer()).isEqualTo(iss);
    assertThat(caller.subject()).isEqualTo("alice");
    assertThat(caller.client()).isEqualTo("research");
    assertThat(caller.trustDomain()).isNull();
    assertThat(caller.proof()).isEqualTo("bearer");
    assertThat(caller.scopes()).containsExactly("read", "write");
    assertThat(caller.user()).isEqualTo("alice");
    assertThat(caller.actors()).containsExactly("oidc:idp:helper", "oidc:idp:desk");
    assertThat(caller.expiresAt()).isEqualTo(bench.clock.instant().plus(Duration.ofMinutes(5)));
    assertThat(caller.resource()).isEqualTo(TestIssuer.RESOURCE);
    byte[] digest =
        MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.US_ASCII));
    assertThat(caller.credentialHash()).isEqualTo("sha256:" + HexFormat.of().formatHex(digest));
  }

  @Test
  void hasNoUserWhereClientAndSubjectAreOneOrThereIsNoClient() {
    assertThat(caller(null, bench.issuer.token(claims -> {})).user()).isNull();
    Caller alone = caller(null, bench.issuer.token(claims -> claims.remove("client_id")));
    assertThat(alone.user()).isNull();
    assertThat(alone.client()).isNull();
  }

  @Test
  void takesTheAuthorizedPartyForTheClientWhereThereIsNoClientId() {
    String token =
        bench.issuer.token(
            claims -> {
              claims.remove("client_id");
              claims.put("azp", "desk");
            });
    assertThat(caller(null, token).client()).isEqualTo("desk");
  }

  @Test
  void readsScopesFromEveryFormIssuersUse() {
    record Form(String claim, Object value) {}
    for (Form form :
        List.of(
            new Form("scope", "a b"),
            new Form("scope", List.of("a", "b")),
            new Form("scp", List.of("a", "b")),
            new Form("scp", " a b "))) {
      String token = bench.issuer.token(claims -> claims.put(form.claim, form.value));
      assertThat(caller(null, token).scopes()).as("%s", form).containsExactly("a", "b");
    }
    assertThat(caller(null, bench.issuer.token(claims -> {})).scopes()).isEmpty();
  }

  record Name(String because, @Nullable String trustDomain, String subject, boolean spiffe) {
    @Override
    public String toString() {
      return because;
    }
  }

  static Stream<Name> names() {
    String domain = "example.org";
    return Stream.of(
        new Name("of its trust domain", domain, "spiffe://example.org/agent/a", true),
        new Name("every path character", domain, "spiffe://example.org/a-Z_0.9/b", true),
        new Name("three dots are a name", domain, "spiffe://example.org/...", true),
        new Name("issuer speaks for nobody", null, "spiffe://example.org/agent/a", false),
        new Name("other trust domain", domain, "spiffe://example.com/agent/a", false),
        new Name("longer trust domain", domain, "spiffe://example.org.evil/agent", false),
        new Name("sub domain", domain, "spiffe://a.example.org/agent", false),
        new Name("capitals in the domain", domain, "spiffe://Example.org/agent", false),
        new Name("capitals in the scheme", domain, "SPIFFE://example.org/agent", false),
        new Name("domain alone", domain, "spiffe://example.org", false),
        new Name("empty path", domain, "spiffe://example.org/", false),
        new Name("slash at the end", domain, "spiffe://example.org/a/", false),
        new Name("empty segment", domain, "spiffe://example.org/a//b", false),
        new Name("dot", domain, "spiffe://example.org/./a", false),
        new Name("two dots", domain, "spiffe://example.org/a/../b", false),
        new Name("escape", domain, "spiffe://example.org/a%2fb", false),
        new Name("query", domain, "spiffe://example.org/a?b", false),
        new Name("fragment", domain, "spiffe://example.org/a#b", false),
        new Name("port", domain, "spiffe://example.org:80/a", false),
        new Name("user", domain, "spiffe://u@example.org/a", false),
        new Name("space", domain, "spiffe://example.org/a b", false),
        new Name("not ASCII", domain, "spiffe://example.org/\u00e4", false),
        new Name("glob", domain, "spiffe://example.org/**", false),
        new Name("no SPIFFE ID", domain, "agent", false));
  }

  @ParameterizedTest
  @MethodSource("names")
  void namesACallerBySpiffeIdOnlyWhenItsIssuerMaySpeakForThatTrustDomain(Name name) {
    String token =
        bench.issuer.token(
            claims -> {
              claims.put("sub", name.subject);
              claims.put("act", Map.of("sub", name.subject));
            });
    Caller caller = caller(name.trustDomain, token);
    String id = name.spiffe ? name.subject : "oidc:idp:" + name.subject;
    assertThat(caller.id()).isEqualTo(id);
    assertThat(caller.actors()).containsExactly(id);
    assertThat(caller.kind()).isEqualTo(name.spiffe ? "spiffe" : "oidc");
    assertThat(caller.trustDomain()).isEqualTo(name.spiffe ? name.trustDomain : null);
    assertThat(caller.subject()).isEqualTo(name.subject);
  }

  @Test
  void takesAnActorOfTheTokensOwnIssuer() {
    String token =
        bench.issuer.token(
            claims ->
                claims.put("act", Map.of("sub", "desk", "iss", bench.issuer.issuer().toString())));
    assertThat(caller(null, token).actors()).containsExactly("oidc:idp:desk");
  }

  @Test
  void isMadeByNobodyElse() {
    assertThat(Modifier.isFinal(Caller.class.getModifiers())).isTrue();
    assertThat(Arrays.stream(Caller.class.getDeclaredConstructors()))
        .noneMatch(made -> (made.getModifiers() & (Modifier.PUBLIC | Modifier.PROTECTED)) != 0);
  }

  @Test
  void showsNothingOfTheTokenAsText() {
    String token = bench.issuer.token(claims -> {});
    Authentication answer = bench.ask(token);
    assertThat(answer.toString()).isEqualTo("Verified[caller=Caller[oidc:test:agent-1]]");
  }
}

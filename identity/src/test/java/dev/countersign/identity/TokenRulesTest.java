// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.identity;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigDecimal;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every rule for a token, one change away from a good one. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class TokenRulesTest {
  private final Bench bench = new Bench();

  @BeforeAll
  void load() {
    Bench.answer(bench.authenticator.ready());
  }

  @AfterAll
  void close() {
    bench.close();
  }

  record Row(String because, RejectReason reason, UnaryOperator<TestToken> change) {
    @Override
    public String toString() {
      return because;
    }
  }

  private static Row header(
      String because, RejectReason reason, Consumer<Map<String, Object>> change) {
    return new Row(because, reason, token -> token.header(change));
  }

  private static Row claims(
      String because, RejectReason reason, Consumer<Map<String, Object>> change) {
    return new Row(because, reason, token -> token.claims(change));
  }

  static Stream<Row> headers() {
    return Stream.of(
        header("no type", RejectReason.BAD_TYPE, h -> h.remove("typ")),
        header("an ID token or any JWT", RejectReason.BAD_TYPE, h -> h.put("typ", "JWT")),
        header("a logout token", RejectReason.BAD_TYPE, h -> h.put("typ", "logout+jwt")),
        header("a proof", RejectReason.BAD_TYPE, h -> h.put("typ", "dpop+jwt")),
        header("type not text", RejectReason.BAD_TYPE, h -> h.put("typ", List.of("at+jwt"))),
        header("type with a space", RejectReason.BAD_TYPE, h -> h.put("typ", "at+jwt ")),
        header("no algorithm", RejectReason.BAD_ALGORITHM, h -> h.remove("alg")),
        header("algorithm none", RejectReason.BAD_ALGORITHM, h -> h.put("alg", "none")),
        header("algorithm None", RejectReason.BAD_ALGORITHM, h -> h.put("alg", "None")),
        header("HMAC", RejectReason.BAD_ALGORITHM, h -> h.put("alg", "HS256")),
        header("not in the list", RejectReason.BAD_ALGORITHM, h -> h.put("alg", "ES384")),
        header("lower case", RejectReason.BAD_ALGORITHM, h -> h.put("alg", "es256")),
        header("algorithm not text", RejectReason.BAD_ALGORITHM, h -> h.put("alg", 256)),
        header("critical extension", RejectReason.MALFORMED, h -> h.put("crit", List.of("exp"))),
        header("payload not encoded", RejectReason.MALFORMED, h -> h.put("b64", false)),
        header(
            "key of its own",
            RejectReason.MALFORMED,
            h -> h.put("jwk", TestIssuer.newKey().toPublicJWK().toJSONObject())),
        header(
            "key address",
            RejectReason.MALFORMED,
            h -> h.put("jku", "https://attacker.example/jwks")),
        header(
            "certificate address",
            RejectReason.MALFORMED,
            h -> h.put("x5u", "https://attacker.example/x")),
        header("key id not text", RejectReason.MALFORMED, h -> h.put("kid", 7)),
        header("key id null", RejectReason.MALFORMED, h -> h.put("kid", null)),
        header("key id empty", RejectReason.MALFORMED, h -> h.put("kid", "")),
        header("key id endless", RejectReason.MALFORMED, h -> h.put("kid", "k".repeat(257))),
        new Row(
            "algorithm twice",
            RejectReason.MALFORMED,
            t -> t.headerText(json -> json.replace("{", "{\"alg\":\"none\","))),
        new Row(
            "algorithm twice, once escaped",
            RejectReason.MALFORMED,
            t -> t.headerText(json -> json.replace("{", "{\"\\u0061lg\":\"none\","))),
        new Row("header not JSON", RejectReason.MALFORMED, t -> t.headerText(json -> "at+jwt")),
        new Row("header a list", RejectReason.MALFORMED, t -> t.headerText(j -> "[" + j + "]")),
        new Row("more behind the header", RejectReason.MALFORMED, t -> t.headerText(j -> j + "{}")),
        new Row("mark before", RejectReason.MALFORMED, t -> t.headerText(j -> "\ufeff" + j)));
  }

  static Stream<Row> requiredClaims() {
    return Stream.of("iss", "sub", "aud", "exp", "iat")
        .flatMap(
            name ->
                Stream.of(
                    claims("no " + name, RejectReason.MISSING_CLAIM, c -> c.remove(name)),
                    claims(name + " null", RejectReason.BAD_CLAIM, c -> c.put(name, null)),
                    claims(name + " an object", RejectReason.BAD_CLAIM, c -> c.put(name, Map.of())),
                    claims(name + " a truth", RejectReason.BAD_CLAIM, c -> c.put(name, true))));
  }

  static Stream<Row> who() {
    return Stream.of(
        claims("iss empty", RejectReason.BAD_CLAIM, c -> c.put("iss", "")),
        claims("sub empty", RejectReason.BAD_CLAIM, c -> c.put("sub", "")),
        claims("sub blank", RejectReason.BAD_CLAIM, c -> c.put("sub", "  ")),
        claims("sub a number", RejectReason.BAD_CLAIM, c -> c.put("sub", 7)),
        claims("sub too long", RejectReason.BAD_CLAIM, c -> c.put("sub", "s".repeat(513))),
        claims("line break", RejectReason.BAD_CLAIM, c -> c.put("sub", "a\nb")),
        claims("NUL", RejectReason.BAD_CLAIM, c -> c.put("sub", "a\0")),
        claims("C1 control", RejectReason.BAD_CLAIM, c -> c.put("sub", "a\u0085")),
        claims("reordering mark", RejectReason.BAD_CLAIM, c -> c.put("sub", "a\u202eb")),
        new Row(
            "half a character, escaped",
            RejectReason.BAD_CLAIM,
            t -> t.claimsText(json -> json.replace("agent-1", "\\ud800"))),
        claims("other issuer", RejectReason.UNKNOWN_ISSUER, c -> c.put("iss", "https://idp.x")),
        claims("slash more", RejectReason.UNKNOWN_ISSUER, c -> c.compute("iss", (k, v) -> v + "/")),
        claims(
            "issuer in capitals",
            RejectReason.UNKNOWN_ISSUER,
            c -> c.compute("iss", (k, v) -> String.valueOf(v).replace("http", "HTTP"))),
        claims("two clients", RejectReason.BAD_CLAIM, c -> c.put("azp", "agent-2")),
        claims("client a list", RejectReason.BAD_CLAIM, c -> c.put("client_id", List.of("a"))),
        claims("client empty", RejectReason.BAD_CLAIM, c -> c.put("client_id", "")),
        claims("client unprintable", RejectReason.BAD_CLAIM, c -> c.put("client_id", "a\tb")),
        claims("party null", RejectReason.BAD_CLAIM, c -> c.put("azp", null)),
        claims("bound to a key", RejectReason.BOUND_TOKEN, c -> c.put("cnf", Map.of("jkt", "abc"))),
        claims("bound to nothing", RejectReason.BOUND_TOKEN, c -> c.put("cnf", null)),
        new Row(
            "subject twice",
            RejectReason.MALFORMED,
            t -> t.claimsText(json -> json.replace("{", "{\"sub\":\"admin\","))),
        new Row(
            "a key twice, deep down",
            RejectReason.MALFORMED,
            t -> t.claimsText(json -> json.replace("{", "{\"x\":[{\"a\":1,\"a\":2}],"))),
        new Row("claims not JSON", RejectReason.MALFORMED, t -> t.claimsText(json -> "sub")),
        new Row("claims null", RejectReason.MALFORMED, t -> t.claimsText(json -> "null")),
        new Row("claims empty", RejectReason.MALFORMED, t -> t.claimsText(json -> "")),
        new Row(
            "too deep",
            RejectReason.MALFORMED,
            t ->
                t.claimsText(
                    j -> j.replace("{", "{\"x\":" + "[".repeat(40) + "]".repeat(40) + ","))));
  }

  static Stream<Row> audiences() {
    return Stream.of(
        claims("other route", RejectReason.WRONG_AUDIENCE, aud("https://gw.example/a/mcp")),
        claims("whole gateway", RejectReason.WRONG_AUDIENCE, aud("https://gw.example")),
        claims("slash more", RejectReason.WRONG_AUDIENCE, aud("https://gw.example/mcp/")),
        claims("longer", RejectReason.WRONG_AUDIENCE, aud("https://gw.example/mcp2")),
        claims("pattern", RejectReason.WRONG_AUDIENCE, aud("*")),
        claims("capitals", RejectReason.WRONG_AUDIENCE, aud("HTTPS://GW.EXAMPLE/MCP")),
        claims("empty", RejectReason.WRONG_AUDIENCE, aud("")),
        claims("no entry", RejectReason.MISSING_CLAIM, aud(List.of())),
        claims(
            "for others besides",
            RejectReason.WRONG_AUDIENCE,
            aud(List.of(TestIssuer.RESOURCE, "https://other.example"))),
        claims("entry null", RejectReason.BAD_CLAIM, aud(Collections.singletonList(null))),
        claims("entry a list", RejectReason.BAD_CLAIM, aud(List.of(List.of(TestIssuer.RESOURCE)))),
        claims(
            "no end of entries",
            RejectReason.BAD_CLAIM,
            aud(Collections.nCopies(17, TestIssuer.RESOURCE))));
  }

  private static Consumer<Map<String, Object>> aud(Object value) {
    return claims -> claims.put("aud", value);
  }

  static Stream<Row> times() {
    return Stream.of(
        claims("past", RejectReason.EXPIRED, shifted("exp", -300 - 31)),
        claims("end of the skew", RejectReason.EXPIRED, shifted("exp", -300 - 30)),
        claims("at the epoch", RejectReason.EXPIRED, c -> c.put("exp", 0)),
        claims("nbf in the future", RejectReason.NOT_YET_VALID, c -> c.put("nbf", 4_000_000_000L)),
        claims("iat in the future", RejectReason.NOT_YET_VALID, shifted("iat", 31)),
        claims("exp as text", RejectReason.BAD_CLAIM, c -> c.put("exp", "4000000000")),
        claims("exp negative", RejectReason.BAD_CLAIM, c -> c.put("exp", -1)),
        claims("exp endless", RejectReason.BAD_CLAIM, c -> c.put("exp", new BigDecimal("1e30"))),
        claims("nbf as text", RejectReason.BAD_CLAIM, c -> c.put("nbf", "0")),
        new Row(
            "exp beyond a double",
            RejectReason.BAD_CLAIM,
            t -> t.claimsText(json -> json.replaceFirst("\"exp\":\\d+", "\"exp\":1e999"))),
        new Row(
            "exp of a thousand digits",
            RejectReason.MALFORMED,
            t ->
                t.claimsText(
                    json -> json.replaceFirst("\"exp\":\\d+", "\"exp\":" + "9".repeat(1000)))));
  }

  private static Consumer<Map<String, Object>> shifted(String claim, long seconds) {
    return claims ->
        claims.compute(
            claim, (k, v) -> v instanceof Number number ? number.longValue() + seconds : v);
  }

  static Stream<Row> scopesAndActors() {
    return Stream.of(
        claims("scope a number", RejectReason.BAD_CLAIM, c -> c.put("scope", 7)),
        claims("scope null", RejectReason.BAD_CLAIM, c -> c.put("scope", null)),
        claims("scope with a quote", RejectReason.BAD_CLAIM, c -> c.put("scope", "a\"b")),
        claims("scope with a tab", RejectReason.BAD_CLAIM, c -> c.put("scope", "a\tb")),
        claims("two in one entry", RejectReason.BAD_CLAIM, c -> c.put("scp", List.of("a b"))),
        claims("entry a number", RejectReason.BAD_CLAIM, c -> c.put("scp", List.of(1))),
        claims("scope too long", RejectReason.BAD_CLAIM, c -> c.put("scope", "s".repeat(257))),
        claims(
            "no end of scopes",
            RejectReason.BAD_CLAIM,
            c -> c.put("scp", IntStream.range(0, 257).mapToObj(i -> "s" + i).toList())),
        claims("act text", RejectReason.BAD_CLAIM, c -> c.put("act", "agent")),
        claims("act null", RejectReason.BAD_CLAIM, c -> c.put("act", null)),
        claims("act nobody", RejectReason.MISSING_CLAIM, c -> c.put("act", Map.of())),
        claims("act unprintable", RejectReason.BAD_CLAIM, c -> c.put("act", Map.of("sub", "a\nb"))),
        claims(
            "act of another issuer",
            RejectReason.BAD_CLAIM,
            c -> c.put("act", Map.of("sub", "a", "iss", "https://other.example"))),
        claims("act nine deep", RejectReason.BAD_CLAIM, c -> c.put("act", chain(9))));
  }

  static Map<String, Object> chain(int depth) {
    Map<String, Object> innermost = new LinkedHashMap<>(Map.of("sub", "actor-" + depth));
    for (int i = depth - 1; i > 0; i--) {
      innermost = new LinkedHashMap<>(Map.of("sub", "actor-" + i, "act", innermost));
    }
    return innermost;
  }

  @ParameterizedTest
  @MethodSource({"headers", "requiredClaims", "who", "audiences", "times", "scopesAndActors"})
  void refusesATokenThatIsOneChangeAwayFromAGoodOne(Row row) {
    TestToken token = row.change.apply(bench.issuer.token());
    Authentication answer = bench.ask(token.build());
    assertThat(answer).isInstanceOf(Authentication.Rejected.class);
    assertThat(Bench.reason(answer)).isEqualTo(row.reason);
    assertThat(((Authentication.Rejected) answer).description())
        .matches("[a-z][A-Za-z_' ]+")
        .doesNotEndWith(".");
  }

  static Stream<Row> accepted() {
    RejectReason none = RejectReason.MALFORMED;
    return Stream.of(
        header("type as a media type", none, h -> h.put("typ", "application/at+jwt")),
        header("type in capitals", none, h -> h.put("typ", "Application/AT+JWT")),
        header("certificate that is not used", none, h -> h.put("x5c", List.of("AAAA"))),
        header("thumbprint that is not used", none, h -> h.put("x5t", "AAAA")),
        header("no key id, one key", none, h -> h.remove("kid")),
        claims("audience in a list", none, aud(List.of(TestIssuer.RESOURCE))),
        claims("same audience twice", none, aud(List.of(TestIssuer.RESOURCE, TestIssuer.RESOURCE))),
        claims("within the skew", none, shifted("exp", -300 - 29)),
        claims("issued within the skew", none, shifted("iat", 30)),
        claims("client twice, the same", none, c -> c.put("azp", "agent-1")),
        claims("time with a fraction", none, c -> c.put("exp", 4_000_000_000.5)),
        claims("unknown claim", none, c -> c.put("https://x.example/y", Map.of("a", 1))),
        claims("subject of 512", none, c -> c.put("sub", "s".repeat(512))),
        claims("subject not ASCII", none, c -> c.put("sub", "J\u00fcrgen \ud83d\ude00")),
        claims("eight actors", none, c -> c.put("act", chain(8))));
  }

  @ParameterizedTest
  @MethodSource("accepted")
  void acceptsWhatDiffersFromAGoodTokenInNothingThatMatters(Row row) {
    assertThat(bench.ask(row.change.apply(bench.issuer.token()).build()))
        .isInstanceOf(Authentication.Verified.class);
  }

  @Test
  void takesATokenForOneRouteAtThatRouteOnly() {
    String token = "Bearer " + bench.issuer.token(claims -> {});
    String other = "https://gw.example/a/mcp";
    assertThat(Bench.answer(bench.authenticator.authenticate(token, TestIssuer.RESOURCE)))
        .isInstanceOf(Authentication.Verified.class);
    assertThat(bench.authenticator.cached(token, other)).isNull();
    assertThat(Bench.reason(Bench.answer(bench.authenticator.authenticate(token, other))))
        .isEqualTo(RejectReason.WRONG_AUDIENCE);
  }

  @Test
  void takesFurtherAudiencesOnlyWhereTheIssuersEntryNamesThem() {
    IssuerSettings plain = bench.issuer.settings();
    IssuerSettings wider =
        new IssuerSettings(
            "wide",
            plain.issuer(),
            null,
            List.of("https://gw.example", "urn:gateways"),
            plain.algorithms(),
            Set.of("JWT", "application/at+jwt"),
            null,
            null,
            -1);
    try (Authenticator authenticator = bench.open(wider)) {
      record Case(Object audience, boolean good) {}
      for (Case one :
          List.of(
              new Case("https://gw.example", true),
              new Case(List.of("urn:gateways", TestIssuer.RESOURCE), true),
              new Case(List.of("urn:gateways", "urn:others"), false),
              new Case("urn:others", false))) {
        String token =
            bench.issuer.token().header(h -> h.put("typ", "JWT")).claims(aud(one.audience)).build();
        assertThat(
                Bench.answer(authenticator.authenticate("Bearer " + token, TestIssuer.RESOURCE))
                    instanceof Authentication.Verified)
            .as("%s", one)
            .isEqualTo(one.good);
      }
    }
  }
}

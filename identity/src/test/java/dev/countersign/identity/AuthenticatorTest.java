// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.util.Base64URL;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The pool: bounds, sharing, cancelling, closing; and which settings are refused. */
final class AuthenticatorTest {
  private static final int PENDING_MAX = 2048;

  private final GatedClock clock = new GatedClock();
  private final CountingObserver observer = new CountingObserver();
  private final TestIssuer issuer = new TestIssuer(clock);
  private final Authenticator authenticator =
      new Authenticator(Bench.settings(issuer.settings()), clock, observer);

  /** A clock at which threads that check tokens can be held up. */
  private static final class GatedClock implements InstantSource {
    private volatile CountDownLatch gate = new CountDownLatch(0);

    void shut() {
      gate = new CountDownLatch(1);
    }

    void open() {
      gate.countDown();
    }

    @Override
    public Instant instant() {
      if (Thread.currentThread().getName().startsWith("countersign-verify")) {
        try {
          assertThat(gate.await(20, TimeUnit.SECONDS)).isTrue();
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
        }
      }
      return Instant.parse("2026-11-22T12:00:00Z");
    }
  }

  @AfterEach
  void close() {
    clock.open();
    authenticator.close();
    issuer.close();
  }

  private CompletableFuture<Authentication> ask(String token) {
    return authenticator.authenticate("Bearer " + token, TestIssuer.RESOURCE);
  }

  /** As many different tokens as wanted for one signature; none of them verifies. */
  private List<String> forged(int count) {
    String good = issuer.token(claims -> {});
    String header = good.substring(0, good.indexOf('.') + 1);
    String claims = Base64URL.from(good.split("\\.")[1]).decodeToString();
    List<String> tokens = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      tokens.add(header + Base64URL.encode(claims.replace("agent-1", "agent-" + i)) + ".AAAA");
    }
    return tokens;
  }

  @Test
  void isUnavailableWhenTooManyTokensWaitAndRecovers() {
    Bench.answer(authenticator.ready());
    String known = issuer.token(claims -> {});
    Bench.answer(ask(known));
    clock.shut();
    List<CompletableFuture<Authentication>> waiting =
        forged(PENDING_MAX).stream().map(this::ask).toList();
    assertThat(waiting).noneMatch(CompletableFuture::isDone);
    String late = issuer.token(claims -> claims.put("sub", "late"));

    assertThat(ask(late))
        .isCompletedWithValueMatching(Authentication.Unavailable.class::isInstance);
    assertThat(authenticator.cached("Bearer " + known, TestIssuer.RESOURCE))
        .isInstanceOf(Authentication.Verified.class);
    clock.open();
    assertThat(waiting)
        .allMatch(one -> Bench.reason(Bench.answer(one)) == RejectReason.BAD_SIGNATURE);
    assertThat(Bench.answer(ask(late))).isInstanceOf(Authentication.Verified.class);
  }

  @Test
  void checksEqualTokensThatArriveTogetherOnce() {
    Bench.answer(authenticator.ready());
    clock.shut();
    String token = issuer.token(claims -> {});
    List<CompletableFuture<Authentication>> answers = new ArrayList<>();
    for (int i = 0; i < PENDING_MAX + 100; i++) {
      answers.add(ask(token));
    }
    clock.open();
    Caller caller = Bench.caller(Bench.answer(answers.getFirst()));
    assertThat(answers).allMatch(one -> Bench.caller(Bench.answer(one)) == caller);
    assertThat(observer.verified).hasSize(answers.size());
    assertThat(Collections.frequency(observer.verified, "test signature")).isEqualTo(1);
  }

  @Test
  void givesOthersTheirAnswerWhenOneWhoAskedGivesUp() {
    Bench.answer(authenticator.ready());
    clock.shut();
    String token = issuer.token(claims -> {});
    CompletableFuture<Authentication> first = ask(token);
    CompletableFuture<Authentication> second = ask(token);
    CompletableFuture<Authentication> third = ask(token);
    assertThat(first.cancel(true)).isTrue();
    assertThat(second.complete(new Authentication.Missing())).isTrue();
    clock.open();
    assertThat(Bench.answer(third)).isInstanceOf(Authentication.Verified.class);
    assertThat(authenticator.cached("Bearer " + token, TestIssuer.RESOURCE)).isNotNull();
  }

  @Test
  void answersWhatWasUnderWayWhenItIsClosedAndNothingAfter() {
    Bench.answer(authenticator.ready());
    clock.shut();
    List<CompletableFuture<Authentication>> waiting =
        Stream.of("a", "b", "c", "d")
            .map(name -> ask(issuer.token(claims -> claims.put("sub", name))))
            .toList();
    authenticator.close();
    CompletableFuture<Authentication> late = ask(issuer.token(claims -> {}));
    assertThat(late).isCompletedWithValueMatching(Authentication.Unavailable.class::isInstance);
    clock.open();
    assertThat(waiting).allMatch(one -> Bench.answer(one) instanceof Authentication.Verified);
  }

  @Test
  void answersATokenThatWaitsForKeysWhenItIsClosed() throws InterruptedException {
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch gate = new CountDownLatch(1);
    issuer.keysAnswer(
        exchange -> {
          asked.countDown();
          try {
            assertThat(gate.await(20, TimeUnit.SECONDS)).isTrue();
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
          TestIssuer.answer(exchange, 200, "application/json", issuer.keyDocument());
        });
    CompletableFuture<Authentication> waiting = ask(issuer.token(claims -> {}));
    assertThat(asked.await(20, TimeUnit.SECONDS)).isTrue();
    authenticator.close();
    gate.countDown();
    assertThat(Bench.answer(waiting)).isInstanceOf(Authentication.Unavailable.class);
  }

  @Test
  void keepsIssuersApart() {
    try (TestIssuer other = new TestIssuer(clock);
        Authenticator both =
            new Authenticator(
                Bench.settings(issuer.settings(), named("other", other.issuer())),
                clock,
                observer)) {
      other.rotate();
      String own = other.token(claims -> {});
      String posing =
          other
              .token()
              .claims(claims -> claims.put("iss", issuer.issuer().toString()))
              .header(header -> header.put("kid", issuer.key().getKeyID()))
              .build();
      assertThat(Bench.answer(both.authenticate("Bearer " + own, TestIssuer.RESOURCE)))
          .hasToString("Verified[caller=Caller[oidc:other:agent-1]]");
      assertThat(
              Bench.reason(
                  Bench.answer(both.authenticate("Bearer " + posing, TestIssuer.RESOURCE))))
          .isEqualTo(RejectReason.BAD_SIGNATURE);
    }
  }

  private static IssuerSettings named(String name, URI issuer) {
    return entry(name, issuer.toString(), Set.of("ES256"), null);
  }

  private static IssuerSettings entry(
      String name, String issuer, Set<String> algorithms, @Nullable String trustDomain) {
    return new IssuerSettings(
        name,
        URI.create(issuer),
        null,
        List.of(),
        algorithms,
        Set.of("at+jwt"),
        trustDomain,
        null,
        -1);
  }

  record Row(String because, List<IssuerSettings> issuers) {
    @Override
    public String toString() {
      return because;
    }
  }

  static Stream<Row> unusable() {
    Set<String> es = Set.of("ES256");
    String a = "https://a.example";
    IssuerSettings good = entry("a", a, es, null);
    return Stream.of(
        new Row("two of one name", List.of(good, entry("a", "https://b.example", es, null))),
        new Row("one given twice", List.of(good, entry("b", a, es, null))),
        new Row("name with a colon", List.of(entry("a:b", a, es, null))),
        new Row("no name", List.of(entry("", a, es, null))),
        new Row("algorithm none", List.of(entry("a", a, Set.of("none"), null))),
        new Row("HMAC", List.of(entry("a", a, Set.of("ES256", "HS256"), null))),
        new Row("plain HTTP", List.of(entry("a", "http://a.example", es, null))),
        new Row("trust domain in capitals", List.of(entry("a", a, es, "Example.org"))),
        new Row("trust domain with a path", List.of(entry("a", a, es, "example.org/a"))),
        new Row("trust domain empty", List.of(entry("a", a, es, ""))));
  }

  @ParameterizedTest
  @MethodSource("unusable")
  void refusesToStartWithIssuersItCannotTellApartOrTrust(Row row) {
    IdentitySettings settings = Bench.settings(row.issuers.toArray(IssuerSettings[]::new));
    assertThatThrownBy(() -> new Authenticator(settings, clock, observer))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void refusesASkewOverTwoMinutesAndNegativeBounds() {
    Duration minute = Duration.ofMinutes(1);
    assertThatThrownBy(() -> new IdentitySettings(List.of(), Duration.ofSeconds(121), 1, minute, 1))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new IdentitySettings(List.of(), Duration.ofSeconds(-1), 1, minute, 1))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new IdentitySettings(List.of(), minute, -1, minute, 1))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> new IdentitySettings(List.of(), minute, 1, minute, 0))
        .isInstanceOf(IllegalArgumentException.class);
  }
}

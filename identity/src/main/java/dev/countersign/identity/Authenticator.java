// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.identity;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.countersign.identity.HeaderRules.KeyHint;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.Semaphore;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns credentials into callers: JWT access tokens (RFC 9068) under {@code Bearer} (RFC 6750) of
 * the configured issuers. The only maker of {@link Caller}.
 *
 * <p>{@link #cached} is for event loops: it costs a digest and a look-up. {@link #authenticate}
 * checks a signature on one of two threads. Equal credentials that arrive together are checked
 * once; at most {@value #PENDING_MAX} distinct ones are under way, the next is {@link
 * Authentication.Unavailable}. Whatever fails, nothing gets in.
 *
 * <p>A verified token is remembered by digest and resource until it expires, its time in the cache
 * is over, or the key that proved it is no longer among its issuer's. Safe for use by any thread.
 */
public final class Authenticator implements AutoCloseable {
  private static final int THREADS = 2;
  private static final int PENDING_MAX = 2048;
  private static final long IDLE_SECONDS_MAX = 30;
  private static final long TIMER_MILLIS = 1000;
  private static final Logger LOG = LoggerFactory.getLogger(Authenticator.class);

  private final IdentitySettings settings;
  private final InstantSource clock;
  private final IdentityObserver observer;
  private final Issuers issuers;
  private final Cache<TokenKey, Known> known;
  private final ConcurrentHashMap<TokenKey, CompletableFuture<Authentication>> running =
      new ConcurrentHashMap<>();
  private final Semaphore places = new Semaphore(PENDING_MAX);
  private final ThreadPoolExecutor pool;
  private final ScheduledThreadPoolExecutor timer;

  /** An accepted token: what proved it, and until when that is remembered. */
  private record Known(
      Authentication.Verified verified, IssuerKeys issuer, VerificationKey key, Instant until) {}

  /**
   * Starts the threads; fetches nothing yet.
   *
   * @throws IllegalArgumentException when an issuer's entry cannot be used or two of them clash
   */
  public Authenticator(IdentitySettings settings, InstantSource clock, IdentityObserver observer) {
    this.settings = settings;
    this.clock = clock;
    this.observer = observer;
    this.issuers = new Issuers(settings, clock, observer);
    // The clock may be set back; this bound on an entry's life runs on the monotonic ticker.
    this.known =
        Caffeine.newBuilder()
            .maximumSize(settings.tokenCacheMax())
            .expireAfterWrite(settings.tokenCacheTtl())
            .build();
    this.pool =
        new ThreadPoolExecutor(
            THREADS,
            THREADS,
            IDLE_SECONDS_MAX,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(PENDING_MAX),
            Thread.ofPlatform().daemon().name("countersign-verify-", 1).factory());
    pool.allowCoreThreadTimeOut(true);
    this.timer =
        new ScheduledThreadPoolExecutor(
            1, Thread.ofPlatform().daemon().name("countersign-keys-timer").factory());
    timer.scheduleWithFixedDelay(
        () -> issuers.all().forEach(IssuerKeys::refreshIfDue),
        TIMER_MILLIS,
        TIMER_MILLIS,
        TimeUnit.MILLISECONDS);
  }

  /**
   * What can be said at once: nothing was sent, it cannot be a token, it was verified a moment ago,
   * or there is only one user of this machine whom it can come from. Never blocks.
   *
   * @param authorization the header's value, or null when there is none
   * @param resource the resource URI of the route that was asked for
   * @return null when {@link #authenticate} has to be asked
   */
  public @Nullable Authentication cached(@Nullable String authorization, String resource) {
    long began = System.nanoTime();
    if (settings.localUser() != null) {
      return new Authentication.Verified(new Caller(settings.localUser(), resource));
    }
    if (authorization == null) {
      return new Authentication.Missing();
    }
    try {
      int start = Bearer.start(authorization, settings.tokenBytesMax());
      Authentication before = remembered(TokenKey.of(authorization, start, resource), began);
      if (before == null) {
        String unused = Bearer.token(authorization, start);
      }
      return before;
    } catch (RejectedException e) {
      return counted(e.rejected(), false, began);
    }
  }

  /**
   * Checks a credential.
   *
   * @param authorization the header's value, or null when there is none
   * @param resource the resource URI of the route that was asked for
   * @return completes on a thread of the authenticator, or is complete already; never fails
   */
  public CompletableFuture<Authentication> authenticate(
      @Nullable String authorization, String resource) {
    long began = System.nanoTime();
    if (authorization == null) {
      return CompletableFuture.completedFuture(new Authentication.Missing());
    }
    try {
      int start = Bearer.start(authorization, settings.tokenBytesMax());
      String token = Bearer.token(authorization, start);
      TokenKey key = TokenKey.of(authorization, start, resource);
      Authentication before = remembered(key, began);
      return before != null ? CompletableFuture.completedFuture(before) : shared(token, key, began);
    } catch (RejectedException e) {
      return CompletableFuture.completedFuture(counted(e.rejected(), false, began));
    }
  }

  private @Nullable Authentication remembered(TokenKey key, long began) {
    Known hit = known.getIfPresent(key);
    if (hit == null || !clock.instant().isBefore(hit.until()) || !hit.issuer().holds(hit.key())) {
      return null;
    }
    return counted(hit.verified(), true, began);
  }

  /** One check for all who ask the same question at the same time. */
  private CompletableFuture<Authentication> shared(String token, TokenKey key, long began) {
    CompletableFuture<Authentication> other = running.get(key);
    if (other == null && !places.tryAcquire()) {
      return CompletableFuture.completedFuture(busy());
    }
    CompletableFuture<Authentication> outcome = new CompletableFuture<>();
    if (other == null) {
      other = running.putIfAbsent(key, outcome);
      if (other != null) {
        places.release();
      }
    }
    if (other != null) {
      return other.thenApply(answer -> counted(answer, true, began));
    }
    submit(new Check(token, key, false, outcome));
    return outcome.thenApply(answer -> counted(answer, false, began));
  }

  private void submit(Check check) {
    try {
      pool.execute(check);
    } catch (RejectedExecutionException e) {
      check.end(busy());
    }
  }

  private static Authentication busy() {
    return new Authentication.Unavailable("too many credentials wait to be checked");
  }

  private Authentication counted(Authentication answer, boolean fromCache, long began) {
    switch (answer) {
      case Authentication.Verified verified -> {
        IssuerKeys issuer = issuers.of(verified.caller().issuer());
        if (issuer != null) {
          observer.verified(issuer.settings().name(), fromCache, System.nanoTime() - began);
        }
      }
      case Authentication.Rejected rejected -> observer.rejected(rejected.reason());
      case Authentication.Missing missing -> {}
      case Authentication.Unavailable unavailable -> {}
    }
    return answer;
  }

  /** Attempts the first fetch of every issuer's keys, and completes when all have ended. */
  public CompletableFuture<Void> ready() {
    return CompletableFuture.allOf(
        issuers.all().stream().map(IssuerKeys::attempted).toArray(CompletableFuture<?>[]::new));
  }

  /** Whether there is a set of keys, young enough to be used, of every issuer. */
  public boolean keysPresent() {
    return issuers.all().stream().allMatch(IssuerKeys::present);
  }

  /** The age of the last good fetch by issuer alias; an issuer is absent before its first. */
  public Map<String, Duration> keyAges() {
    Map<String, Duration> ages = new TreeMap<>();
    for (IssuerKeys issuer : issuers.all()) {
      Duration age = issuer.age();
      if (age != null) {
        ages.put(issuer.settings().name(), age);
      }
    }
    return ages;
  }

  /** Takes no new credential; checks under way still end, each with an answer. */
  @Override
  public void close() {
    timer.shutdownNow();
    pool.shutdown();
  }

  /**
   * The check of one token, on the pool. Claims come before the signature: they cost a hundredth,
   * and a flood of stale or foreign tokens must not burn the time of good ones.
   */
  private final class Check implements Runnable {
    private final String text;
    private final TokenKey key;
    private final boolean waited;
    private final CompletableFuture<Authentication> outcome;

    Check(String text, TokenKey key, boolean waited, CompletableFuture<Authentication> outcome) {
      this.text = text;
      this.key = key;
      this.waited = waited;
      this.outcome = outcome;
    }

    @Override
    public void run() {
      try {
        check();
      } catch (RejectedException e) {
        end(e.rejected());
      } catch (RuntimeException e) {
        LOG.atError().addKeyValue("problem", e.getClass().getName()).log("a token check broke");
        end(new Authentication.Unavailable("the check of the credential broke"));
      }
    }

    /** In this order, so that nobody who asks after the answer is out is given it once more. */
    void end(Authentication answer) {
      if (running.remove(key, outcome)) {
        places.release();
      }
      outcome.complete(answer);
    }

    private void check() throws RejectedException {
      SignedToken token = SignedToken.parse(text);
      IssuerKeys issuer = issuers.of(ClaimRules.issuer(token.claims()));
      if (issuer == null) {
        throw new RejectedException(
            RejectReason.UNKNOWN_ISSUER, "the token's issuer is not accepted here");
      }
      KeyHint hint = HeaderRules.read(token.header(), issuer.settings());
      Instant now = clock.instant();
      Claims claims =
          ClaimRules.read(
              token.claims(), issuer.settings(), key.resource(), now, settings.clockSkew());
      switch (issuer.find(hint, waited)) {
        case IssuerKeys.Lookup.Found found -> prove(token, hint, claims, issuer, found.key(), now);
        case IssuerKeys.Lookup.Waiting waiting ->
            waiting
                .fetch()
                .whenComplete((done, failure) -> submit(new Check(text, key, true, outcome)));
        case IssuerKeys.Lookup.Unavailable unavailable ->
            end(
                new Authentication.Unavailable(
                    "no keys of the issuer: \"" + issuer.settings().name() + '"'));
      }
    }

    private void prove(
        SignedToken token,
        KeyHint hint,
        Claims claims,
        IssuerKeys issuer,
        VerificationKey verification,
        Instant now)
        throws RejectedException {
      if (!verification.verifies(token, hint.algorithm())) {
        throw new RejectedException(
            RejectReason.BAD_SIGNATURE, "the token's signature does not verify");
      }
      Authentication.Verified verified =
          new Authentication.Verified(
              new Caller(claims, "bearer", key.credentialHash(), key.resource()));
      Instant longest = now.plus(settings.tokenCacheTtl());
      Instant until = claims.expiresAt().isBefore(longest) ? claims.expiresAt() : longest;
      known.put(key, new Known(verified, issuer, verification, until));
      end(verified);
    }
  }
}

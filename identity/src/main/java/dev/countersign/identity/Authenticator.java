// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.identity;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import com.nimbusds.jose.KeySourceException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Turns credentials into callers.
 *
 * <p>{@link #cached} is the fast path: it never blocks and answers for tokens that were verified a
 * moment ago. {@link #authenticate} checks a signature on a small pool with a bounded queue; when
 * that is full the credential cannot be checked, and nothing gets in.
 */
public final class Authenticator implements AutoCloseable {
  private static final int THREADS = 2;
  private static final int QUEUE_MAX = 1024;
  private static final String SCHEME = "bearer ";

  private final IdentitySettings settings;
  private final InstantSource clock;
  private final IdentityObserver observer;
  private final TokenVerifier verifier;
  private final Cache<CacheKey, Caller> cache;
  private final ThreadPoolExecutor pool;

  /** No token is kept: only its digest, and what it was accepted for. */
  private record CacheKey(String tokenHash, String resource) {}

  public Authenticator(IdentitySettings settings, InstantSource clock, IdentityObserver observer) {
    this.settings = settings;
    this.clock = clock;
    this.observer = observer;
    this.verifier = new TokenVerifier(settings, clock, observer);
    this.cache =
        Caffeine.newBuilder()
            .maximumSize(settings.tokenCacheMax())
            .expireAfter(Expiry.creating(this::kept))
            .build();
    AtomicInteger number = new AtomicInteger();
    this.pool =
        new ThreadPoolExecutor(
            THREADS,
            THREADS,
            30,
            TimeUnit.SECONDS,
            new ArrayBlockingQueue<>(QUEUE_MAX),
            task -> {
              Thread thread = new Thread(task, "countersign-verify-" + number.incrementAndGet());
              thread.setDaemon(true);
              return thread;
            });
    pool.allowCoreThreadTimeOut(true);
  }

  private Duration kept(CacheKey key, Caller caller) {
    Duration left = Duration.between(clock.instant(), caller.expiresAt());
    Duration longest = settings.tokenCacheTtl();
    if (left.isNegative()) {
      return Duration.ZERO;
    }
    return left.compareTo(longest) < 0 ? left : longest;
  }

  /**
   * What can be said at once.
   *
   * @param authorization the header's value, or null
   * @param resource the resource URI that the token must be for
   * @return null when {@link #authenticate} has to be asked
   */
  public @Nullable Authentication cached(@Nullable String authorization, String resource) {
    if (authorization == null) {
      return new Authentication.Missing();
    }
    try {
      String token = token(authorization);
      long began = System.nanoTime();
      Caller known = cache.getIfPresent(new CacheKey(hash(token), resource));
      Instant now = clock.instant();
      if (known == null || !now.isBefore(known.expiresAt())) {
        return null;
      }
      observer.verified("", true, System.nanoTime() - began);
      return new Authentication.Verified(known);
    } catch (RejectedException e) {
      return rejected(e);
    }
  }

  /** Checks a credential; completes on the authenticator's pool and never fails. */
  public CompletableFuture<Authentication> authenticate(
      @Nullable String authorization, String resource) {
    if (authorization == null) {
      return CompletableFuture.completedFuture(new Authentication.Missing());
    }
    try {
      String token = token(authorization);
      return CompletableFuture.supplyAsync(() -> verify(token, resource), pool);
    } catch (RejectedException e) {
      return CompletableFuture.completedFuture(rejected(e));
    } catch (RejectedExecutionException e) {
      return CompletableFuture.completedFuture(
          new Authentication.Unavailable("too many credentials wait to be checked"));
    }
  }

  private Authentication verify(String token, String resource) {
    long began = System.nanoTime();
    String hash = hash(token);
    try {
      Caller caller = verifier.verify(token, resource, "sha256:" + hash);
      cache.put(new CacheKey(hash, resource), caller);
      observer.verified(caller.issuer(), false, System.nanoTime() - began);
      return new Authentication.Verified(caller);
    } catch (RejectedException e) {
      return rejected(e);
    } catch (KeySourceException e) {
      return new Authentication.Unavailable("the issuer's keys cannot be fetched");
    }
  }

  private Authentication.Rejected rejected(RejectedException e) {
    Authentication.Rejected rejected = e.rejected();
    observer.rejected(rejected.reason());
    return rejected;
  }

  /** RFC 6750 section 2.1. */
  private String token(String authorization) throws RejectedException {
    if (!authorization.toLowerCase(Locale.ROOT).startsWith(SCHEME)) {
      throw new RejectedException(
          RejectReason.UNSUPPORTED_SCHEME, "the credential is not a bearer token");
    }
    String token = authorization.substring(SCHEME.length()).strip();
    if (token.length() > settings.tokenBytesMax()) {
      throw new RejectedException(RejectReason.TOO_LARGE, "the token is over the limit");
    }
    boolean wellFormed =
        !token.isEmpty()
            && token
                .chars()
                .allMatch(
                    c ->
                        (c >= 'a' && c <= 'z')
                            || (c >= 'A' && c <= 'Z')
                            || (c >= '0' && c <= '9')
                            || c == '-'
                            || c == '_'
                            || c == '.');
    if (!wellFormed) {
      throw TokenRules.malformed();
    }
    return token;
  }

  /** Attempts the first fetch of every issuer's keys; never fails. */
  public CompletableFuture<Void> ready() {
    return CompletableFuture.runAsync(
        () -> verifier.keys().values().forEach(IssuerKeys::load), pool);
  }

  /** Whether keys of every issuer are present. */
  public boolean keysPresent() {
    return verifier.keys().values().stream().allMatch(keys -> keys.age() != null);
  }

  /** Age of the last good fetch by issuer alias; absent where there was none. */
  public Map<String, Duration> keyAges() {
    Map<String, Duration> ages = new LinkedHashMap<>();
    verifier
        .keys()
        .forEach(
            (iss, keys) -> {
              Duration age = keys.age();
              IssuerSettings issuer = verifier.issuer(iss);
              if (age != null && issuer != null) {
                ages.put(issuer.name(), age);
              }
            });
    return ages;
  }

  @Override
  public void close() {
    pool.shutdownNow();
    cache.invalidateAll();
  }

  private static String hash(String token) {
    try {
      return HexFormat.of()
          .formatHex(
              MessageDigest.getInstance("SHA-256")
                  .digest(token.getBytes(StandardCharsets.US_ASCII)));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("SHA-256 is not there", e);
    }
  }
}

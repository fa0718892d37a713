// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.identity;

import dev.countersign.identity.HeaderRules.KeyHint;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The keys of one issuer over time: fresh for five minutes, refreshed ahead of that, kept through
 * an outage of up to four hours, and asked for early at most every half minute when tokens name a
 * key that is not there.
 *
 * <p>Nothing here blocks. A fetch runs on a virtual thread of its own, one at a time; who has to
 * wait for it gets a future, and only so many may. Reads go to one volatile reference; the lock
 * guards the decision to start a fetch and is never held during one.
 */
final class IssuerKeys {
  private static final Duration FRESH_TIME = Duration.ofMinutes(5);
  private static final Duration AHEAD_TIME = Duration.ofMinutes(4);
  private static final Duration KEPT_TIME_MAX = Duration.ofHours(4);
  private static final Duration RETRY_TIME = Duration.ofSeconds(30);
  private static final Duration RETRY_TIME_WITHOUT_KEYS = Duration.ofSeconds(5);
  private static final Duration EARLY_TIME = Duration.ofSeconds(30);
  private static final int WAITING_MAX = 256;
  private static final Logger LOG = LoggerFactory.getLogger(IssuerKeys.class);

  private final IssuerSettings settings;
  private final KeyFetch fetch;
  private final InstantSource clock;
  private final IdentityObserver observer;
  private final AtomicInteger waiting = new AtomicInteger();

  private volatile @Nullable Fetched fetched;
  private volatile boolean failing;

  private @Nullable CompletableFuture<Void> running;
  private @Nullable Instant startedAt;
  private @Nullable Instant earlyAt;

  /** A set of keys, and when the fetch that brought it began. */
  private record Fetched(KeySet keys, Instant at) {}

  /** What looking for a key came to, when it was not a rejection. */
  sealed interface Lookup {
    /** The key is there. */
    record Found(VerificationKey key) implements Lookup {}

    /** A fetch that may bring it is under way; ask again after it, whatever came of it. */
    record Waiting(CompletableFuture<Void> fetch) implements Lookup {}

    /** There are no keys at all, or none young enough. */
    record Unavailable() implements Lookup {}
  }

  IssuerKeys(IssuerSettings settings, InstantSource clock, IdentityObserver observer) {
    this.settings = settings;
    this.fetch = new KeyFetch(settings);
    this.clock = clock;
    this.observer = observer;
  }

  IssuerSettings settings() {
    return settings;
  }

  /**
   * Looks for the key a token was signed with.
   *
   * @param waited whether this token has waited for a fetch already: once is enough
   * @throws RejectedException when no key, no single key, or a key for other algorithms fits
   */
  Lookup find(KeyHint hint, boolean waited) throws RejectedException {
    Instant now = clock.instant();
    Fetched held = usable(now);
    if (held == null || (!failing && elapsed(held.at(), FRESH_TIME, now))) {
      CompletableFuture<Void> next = waited ? null : refresh(now);
      if (next != null && enqueued(next)) {
        return new Lookup.Waiting(next);
      }
    }
    if (held == null) {
      return new Lookup.Unavailable();
    }
    VerificationKey key = held.keys().find(hint);
    if (key != null) {
      return new Lookup.Found(key);
    }
    CompletableFuture<Void> early = waited ? null : refreshEarly(now);
    if (early == null) {
      throw new RejectedException(RejectReason.UNKNOWN_KEY, "the token's key is not known");
    }
    if (!enqueued(early)) {
      throw new RejectedException(
          RejectReason.KEY_RATE_LIMITED, "too many tokens with unknown keys");
    }
    return new Lookup.Waiting(early);
  }

  /** Whether a key that proved a token before may still vouch for it. */
  boolean holds(VerificationKey key) {
    Fetched held = usable(clock.instant());
    return held != null && held.keys().holds(key);
  }

  boolean present() {
    return usable(clock.instant()) != null;
  }

  /** How long ago the last good fetch was, or null when there was none. */
  @Nullable Duration age() {
    Fetched held = fetched;
    if (held == null) {
      return null;
    }
    Duration age = Duration.between(held.at(), clock.instant());
    return age.isNegative() ? Duration.ZERO : age;
  }

  /** Starts a fetch when keys are missing or soon stale; called by a timer every second or so. */
  void refreshIfDue() {
    Instant now = clock.instant();
    Fetched held = usable(now);
    if (held == null || elapsed(held.at(), AHEAD_TIME, now)) {
      refresh(now);
    }
  }

  /** Completes when the first fetch has been tried. */
  synchronized CompletableFuture<Void> attempted() {
    return startedAt != null && running == null
        ? CompletableFuture.completedFuture(null)
        : start(clock.instant()).copy();
  }

  /** The fetch under way or a new one; null when the last one failed a moment ago. */
  private synchronized @Nullable CompletableFuture<Void> refresh(Instant now) {
    Duration pause = usable(now) == null ? RETRY_TIME_WITHOUT_KEYS : RETRY_TIME;
    return running != null || !failing || elapsed(startedAt, pause, now) ? start(now) : null;
  }

  private synchronized @Nullable CompletableFuture<Void> refreshEarly(Instant now) {
    if (running != null) {
      return running;
    }
    if (!elapsed(earlyAt, EARLY_TIME, now)) {
      return null;
    }
    earlyAt = now;
    return start(now);
  }

  private synchronized CompletableFuture<Void> start(Instant now) {
    CompletableFuture<Void> current = running;
    if (current != null) {
      return current;
    }
    CompletableFuture<Void> next = new CompletableFuture<>();
    running = next;
    startedAt = now;
    Thread.ofVirtual().name("countersign-keys-" + settings.name()).start(() -> run(now, next));
    return next;
  }

  private void run(Instant now, CompletableFuture<Void> done) {
    boolean ok = false;
    try {
      Fetched before = fetched;
      KeySet keys = (before == null ? KeySet.EMPTY : before.keys()).replacedBy(fetch.keys());
      if (keys.size() == 0) {
        LOG.atWarn().addKeyValue("issuer", settings.name()).log("an issuer has no usable key");
      }
      fetched = new Fetched(keys, now);
      ok = true;
    } catch (IOException | RuntimeException e) {
      LOG.atWarn()
          .addKeyValue("issuer", settings.name())
          .addKeyValue("problem", e.getMessage())
          .log("an issuer's keys could not be fetched");
    } finally {
      failing = !ok;
      synchronized (this) {
        running = null;
      }
      try {
        observer.keysFetched(settings.name(), ok);
      } finally {
        done.complete(null);
      }
    }
  }

  private boolean enqueued(CompletableFuture<Void> next) {
    if (waiting.incrementAndGet() > WAITING_MAX) {
      waiting.decrementAndGet();
      return false;
    }
    next.whenComplete((nothing, failure) -> waiting.decrementAndGet());
    return true;
  }

  private @Nullable Fetched usable(Instant now) {
    Fetched held = fetched;
    return held == null || elapsed(held.at(), KEPT_TIME_MAX, now) ? null : held;
  }

  /** A clock that was set back must not keep keys or hold off a fetch for longer than meant. */
  private static boolean elapsed(@Nullable Instant since, Duration time, Instant now) {
    return since == null || now.isBefore(since.minus(time)) || !now.isBefore(since.plus(time));
  }
}

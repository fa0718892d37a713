// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.telemetry;

import dev.countersign.audit.AuditObserver;
import dev.countersign.gateway.error.Reason;
import dev.countersign.gateway.http.HttpObserver;
import dev.countersign.identity.IdentityObserver;
import dev.countersign.identity.RejectReason;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.DoubleSupplier;

/**
 * Every metric of the gateway. Labels come from closed sets: the catalogue of reasons, the methods
 * that are served, the configured servers and issuers. No label holds a caller, session, tool or
 * id.
 *
 * <p>Any thread; meters are made once and then only counted.
 */
public final class Meters implements HttpObserver, AuditObserver, IdentityObserver {
  private static final Duration[] CALL_BUCKETS = {
    Duration.ofNanos(100_000),
    Duration.ofNanos(250_000),
    Duration.ofNanos(500_000),
    Duration.ofMillis(1),
    Duration.ofNanos(2_500_000),
    Duration.ofMillis(5),
    Duration.ofMillis(10),
    Duration.ofMillis(50),
    Duration.ofMillis(100),
    Duration.ofMillis(500),
    Duration.ofSeconds(1),
    Duration.ofSeconds(5),
    Duration.ofSeconds(30),
    Duration.ofSeconds(300)
  };

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final EnumMap<Reason, Counter> refusals = new EnumMap<>(Reason.class);
  private final EnumMap<HttpObserver.Refused, Counter> turnedAway =
      new EnumMap<>(HttpObserver.Refused.class);
  private final EnumMap<RejectReason, Counter> rejections = new EnumMap<>(RejectReason.class);
  private final ConcurrentHashMap<CallKey, Timer> calls = new ConcurrentHashMap<>();
  private final Map<Boolean, Counter> verified =
      Map.of(
          true, counter("countersign_tokens_verified", "Accepted tokens.", "source", "cache"),
          false, counter("countersign_tokens_verified", "Accepted tokens.", "source", "signature"));
  private final ConcurrentHashMap<String, Counter> keyFetches = new ConcurrentHashMap<>();
  private final Timer decisions =
      timer("countersign_decision", "Time policy took to decide.", Tags.empty());
  private final Timer auditSync =
      timer("countersign_audit_sync", "Time one sync of the audit log took.", Tags.empty());
  private final Counter auditLeaves =
      counter("countersign_audit_leaves", "Leaves made durable in the audit log.");
  private final Counter auditBytes =
      counter("countersign_audit_bytes", "Bytes made durable in the audit log.");
  private final Counter auditFailures =
      counter("countersign_audit_failures", "Times the audit log became unavailable.");
  private final Counter dropped =
      counter("countersign_messages_dropped", "Messages that were dropped and not passed on.");
  private final Counter serverRequests =
      counter("countersign_server_requests_refused", "Requests of servers to clients, refused.");
  private final Map<Boolean, Counter> reloads =
      Map.of(
          true, counter("countersign_reloads", "Reloads of the settings.", "result", "applied"),
          false, counter("countersign_reloads", "Reloads of the settings.", "result", "refused"));
  private final AtomicLong connections = new AtomicLong();
  private final AtomicLong callsInFlight = new AtomicLong();

  private record CallKey(String method, String server, String result) {}

  public Meters() {
    for (Reason reason : Reason.values()) {
      refusals.put(
          reason,
          counter(
              "countersign_refusals", "Calls that were not let through.", "reason", reason.id()));
    }
    for (HttpObserver.Refused what : HttpObserver.Refused.values()) {
      turnedAway.put(
          what,
          counter(
              "countersign_http_refused",
              "What the listener turned away by itself.",
              "what",
              lower(what)));
    }
    for (RejectReason reason : RejectReason.values()) {
      rejections.put(
          reason,
          counter("countersign_tokens_rejected", "Tokens not accepted.", "reason", lower(reason)));
    }
    gauge("countersign_connections", "Open client connections.", connections::get);
    gauge("countersign_calls_in_flight", "Calls under way.", callsInFlight::get);
  }

  /** A gauge that is read when metrics are. */
  public void gauge(String name, String description, DoubleSupplier value) {
    Gauge.builder(name, value::getAsDouble)
        .description(description)
        .strongReference(true)
        .register(registry);
  }

  /** A gauge with one label whose values are a closed set. */
  public void gauge(
      String name, String description, String label, String labelValue, DoubleSupplier value) {
    Gauge.builder(name, value::getAsDouble)
        .description(description)
        .tag(label, labelValue)
        .strongReference(true)
        .register(registry);
  }

  /** A call began. */
  public void callBegan() {
    callsInFlight.incrementAndGet();
  }

  /**
   * A call ended.
   *
   * @param method a served method's name
   * @param server a configured server's name
   * @param result answered, refused, unavailable, or abandoned
   */
  public void callEnded(String method, String server, String result, long nanos) {
    callsInFlight.decrementAndGet();
    calls
        .computeIfAbsent(
            new CallKey(method, server, result),
            key ->
                timer(
                    "countersign_call",
                    "Time from a call's head to the last byte of its answer.",
                    Tags.of("method", key.method, "server", key.server, "result", key.result)))
        .record(nanos, TimeUnit.NANOSECONDS);
  }

  /** A call was not let through. */
  public void refused(Reason reason) {
    Counter counter = refusals.get(reason);
    if (counter != null) {
      counter.increment();
    }
  }

  /** Policy decided. */
  public void decided(long nanos) {
    decisions.record(nanos, TimeUnit.NANOSECONDS);
  }

  /** A message was dropped on purpose. */
  public void dropped() {
    dropped.increment();
  }

  /** A server asked the client something and was refused. */
  public void serverRequestRefused() {
    serverRequests.increment();
  }

  /** Settings were reloaded, or kept because the new ones were not valid. */
  public void reloaded(boolean applied) {
    count(reloads, applied);
  }

  /** The text that Prometheus scrapes. */
  public String scrape() {
    return registry.scrape();
  }

  @Override
  public void opened() {
    connections.incrementAndGet();
  }

  @Override
  public void closed() {
    connections.decrementAndGet();
  }

  @Override
  public void refused(HttpObserver.Refused what) {
    Counter counter = turnedAway.get(what);
    if (counter != null) {
      counter.increment();
    }
  }

  @Override
  public void committed(int leaves, long bytes, long syncNanos) {
    auditLeaves.increment(leaves);
    auditBytes.increment((double) bytes);
    auditSync.record(syncNanos, TimeUnit.NANOSECONDS);
  }

  @Override
  public void unavailable(String reason) {
    auditFailures.increment();
  }

  @Override
  public void available() {}

  @Override
  public void verified(String issuerAlias, boolean fromCache, long nanos) {
    count(verified, fromCache);
  }

  @Override
  public void rejected(RejectReason reason) {
    Counter counter = rejections.get(reason);
    if (counter != null) {
      counter.increment();
    }
  }

  @Override
  public void keysFetched(String issuerAlias, boolean ok) {
    keyFetches
        .computeIfAbsent(
            issuerAlias + ' ' + ok,
            key ->
                Counter.builder("countersign_issuer_key_fetches")
                    .description("Fetches of an issuer's keys.")
                    .tag("issuer", issuerAlias)
                    .tag("result", ok ? "ok" : "failed")
                    .register(registry))
        .increment();
  }

  private static void count(Map<Boolean, Counter> counters, boolean which) {
    Counter counter = counters.get(which);
    if (counter != null) {
      counter.increment();
    }
  }

  private Counter counter(String name, String description, String... tags) {
    return Counter.builder(name).description(description).tags(tags).register(registry);
  }

  private Timer timer(String name, String description, Tags tags) {
    return Timer.builder(name)
        .description(description)
        .tags(tags)
        .serviceLevelObjectives(CALL_BUCKETS)
        .register(registry);
  }

  private static String lower(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.telemetry;

import dev.countersign.audit.AuditObserver;
import dev.countersign.gateway.error.Reason;
import dev.countersign.gateway.http.HttpObserver;
import dev.countersign.gateway.stdio.StdioObserver;
import dev.countersign.gateway.upstream.UpstreamObserver;
import dev.countersign.gateway.work.WorkObserver;
import dev.countersign.identity.IdentityObserver;
import dev.countersign.identity.RejectReason;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.time.Duration;
import java.util.Arrays;
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
public final class Meters
    implements HttpObserver,
        UpstreamObserver,
        AuditObserver,
        IdentityObserver,
        StdioObserver,
        WorkObserver {
  /** Media type of Prometheus' own text format. */
  public static final String PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8";

  /** Media type of OpenMetrics 1.0. */
  public static final String OPEN_METRICS =
      "application/openmetrics-text; version=1.0.0; charset=utf-8";

  private static final double[] BUCKET_SECONDS = {
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30, 300
  };
  private static final Duration[] BUCKETS =
      Arrays.stream(BUCKET_SECONDS)
          .mapToObj(seconds -> Duration.ofNanos(Math.round(seconds * 1e9)))
          .toArray(Duration[]::new);

  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final EnumMap<Reason, Counter> refusals = new EnumMap<>(Reason.class);
  private final EnumMap<HttpObserver.Refused, Counter> turnedAway =
      new EnumMap<>(HttpObserver.Refused.class);
  private final EnumMap<UpstreamObserver.Again, Counter> sentAgain =
      new EnumMap<>(UpstreamObserver.Again.class);
  private final EnumMap<WorkObserver.Refused, Counter> workRefused =
      new EnumMap<>(WorkObserver.Refused.class);
  private final Counter stale =
      counter("countersign_upstream_stale", "Pooled connections found closed by their server.");
  private final Counter busy =
      counter("countersign_upstream_busy", "Calls for which no connection might be opened.");
  private final EnumMap<RejectReason, Counter> rejections = new EnumMap<>(RejectReason.class);
  private final CallTimes calls =
      new CallTimes(registry.getPrometheusRegistry(), BUCKET_SECONDS, System::nanoTime);
  private final Map<Boolean, Counter> verified =
      Map.of(
          true, counter("countersign_tokens_verified", "Accepted tokens.", "source", "cache"),
          false, counter("countersign_tokens_verified", "Accepted tokens.", "source", "signature"));
  private final ConcurrentHashMap<String, Counter> keyFetches = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<String, Counter> programs = new ConcurrentHashMap<>();
  private final ConcurrentHashMap<String, Timer> decisions = new ConcurrentHashMap<>();
  private final Timer auditSync =
      timer("countersign_audit_sync", "Time one sync of the audit log took.", Tags.empty());
  private final Counter auditLeaves =
      counter("countersign_audit_leaves", "Leaves made durable in the audit log.");
  private final Counter auditBytes =
      counter("countersign_audit_bytes", "Bytes made durable in the audit log.");
  private final Counter auditFailures =
      counter("countersign_audit_failures", "Times the audit log became unavailable.");
  private final Counter outcomesLost =
      counter("countersign_audit_outcomes_lost", "Outcomes that the audit log did not take.");
  private final Counter dropped =
      counter("countersign_messages_dropped", "Messages that were dropped and not passed on.");
  private final Counter serverRequestsAsked =
      counter("countersign_server_requests_asked", "Requests of servers to clients, passed on.");
  private final Counter leftOut =
      counter(
          "countersign_federation_left_out",
          "Answers of several servers that went out without one of theirs.");
  private final Counter serverRequests =
      counter("countersign_server_requests_refused", "Requests of servers to clients, refused.");
  private final Counter toolsUnfit =
      counter(
          "countersign_tools_unfit",
          "Tools left out of lists because the headers that mirror their arguments are not valid.");
  private final Map<Boolean, Counter> reloads =
      Map.of(
          true, counter("countersign_reloads", "Reloads of the settings.", "result", "applied"),
          false, counter("countersign_reloads", "Reloads of the settings.", "result", "refused"));
  private final AtomicLong connections = new AtomicLong();
  private final AtomicLong streams = new AtomicLong();
  private final AtomicLong callsInFlight = new AtomicLong();

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
    for (UpstreamObserver.Again why : UpstreamObserver.Again.values()) {
      sentAgain.put(
          why,
          counter(
              "countersign_upstream_retries",
              "Calls sent anew, because the server had nothing of them.",
              "cause",
              lower(why)));
    }
    for (WorkObserver.Refused what : WorkObserver.Refused.values()) {
      workRefused.put(
          what,
          counter(
              "countersign_work_refused",
              "Large messages that were not worked on, because their caller had its share waiting.",
              "what",
              lower(what)));
    }
    for (RejectReason reason : RejectReason.values()) {
      rejections.put(
          reason,
          counter("countersign_tokens_rejected", "Tokens not accepted.", "reason", lower(reason)));
    }
    gauge("countersign_connections", "Open client connections.", connections::get);
    gauge("countersign_http2_streams", "Open HTTP/2 streams of clients.", streams::get);
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
   * @param callId leads from a bucket to a call's record
   */
  public void callEnded(String method, String server, String result, long nanos, String callId) {
    callsInFlight.decrementAndGet();
    calls.observe(method, server, result, nanos, callId);
  }

  /** A call was not let through. */
  public void refused(Reason reason) {
    Counter counter = refusals.get(reason);
    if (counter != null) {
      counter.increment();
    }
  }

  /**
   * Policy decided a call.
   *
   * @param result permit, refusal, approval_needed, step_up or indeterminate
   */
  public void decided(String result, long nanos) {
    Timer known = decisions.get(result);
    Timer timer = known == null ? decisions.computeIfAbsent(result, this::decisionTimer) : known;
    timer.record(nanos, TimeUnit.NANOSECONDS);
  }

  private Timer decisionTimer(String result) {
    return timer(
        "countersign_decision", "Time policy took to decide a call.", Tags.of("result", result));
  }

  /** A message was dropped on purpose. */
  public void dropped() {
    dropped.increment();
  }

  /** A client was asked something for its server. */
  public void serverRequestAsked() {
    serverRequestsAsked.increment();
  }

  /** A server asked the client something and was refused. */
  public void serverRequestRefused() {
    serverRequests.increment();
  }

  /** A tool was left out of a list because of how its arguments are mirrored in headers. */
  public void toolUnfit() {
    toolsUnfit.increment();
  }

  /** A server was left out of an answer of several because it did not answer well. */
  public void memberLeftOut() {
    leftOut.increment();
  }

  /** Settings were reloaded, or kept because the new ones were not valid. */
  public void reloaded(boolean applied) {
    count(reloads, applied);
  }

  /** An outcome that the log did not take. */
  public void outcomeLost() {
    outcomesLost.increment();
  }

  /**
   * The text that Prometheus scrapes.
   *
   * @param openMetrics in the OpenMetrics format, the one that has exemplars
   */
  public String scrape(boolean openMetrics) {
    return registry.scrape(openMetrics ? OPEN_METRICS : PROMETHEUS);
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
  public void streamOpened() {
    streams.incrementAndGet();
  }

  @Override
  public void streamClosed() {
    streams.decrementAndGet();
  }

  @Override
  public void refused(HttpObserver.Refused what) {
    Counter counter = turnedAway.get(what);
    if (counter != null) {
      counter.increment();
    }
  }

  @Override
  public void refused(WorkObserver.Refused what) {
    Counter counter = workRefused.get(what);
    if (counter != null) {
      counter.increment();
    }
  }

  @Override
  public void stale() {
    stale.increment();
  }

  @Override
  public void sentAgain(UpstreamObserver.Again why) {
    Counter counter = sentAgain.get(why);
    if (counter != null) {
      counter.increment();
    }
  }

  @Override
  public void busy() {
    busy.increment();
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

  @Override
  public void started(String server, StdioObserver.Start what) {
    starts(server, what).increment();
  }

  @Override
  public void line(String server, StdioObserver.Line what) {
    lines(server, what).increment();
  }

  /** Shows a server that is a program before anything has become of it. */
  public void program(String server) {
    for (StdioObserver.Start start : StdioObserver.Start.values()) {
      starts(server, start);
    }
    for (StdioObserver.Line line : StdioObserver.Line.values()) {
      lines(server, line);
    }
  }

  private Counter starts(String server, StdioObserver.Start what) {
    return programs("countersign_stdio_starts", "Wishes to start a program.", server, lower(what));
  }

  private Counter lines(String server, StdioObserver.Line what) {
    return programs(
        "countersign_stdio_lines", "Lines of programs not passed on.", server, lower(what));
  }

  private Counter programs(String name, String description, String server, String what) {
    return programs.computeIfAbsent(
        name + ' ' + server + ' ' + what,
        key -> counter(name, description, "server", server, "what", what));
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
        .serviceLevelObjectives(BUCKETS)
        .register(registry);
  }

  private static String lower(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.telemetry;

import io.prometheus.metrics.core.datapoints.DistributionDataPoint;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.Labels;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.function.LongSupplier;

/**
 * How long calls took, by method, server and result. Now and then a bucket is given a call's id as
 * exemplar: a reader of metrics wants one for each bucket, not one for each call.
 *
 * <p>Not by Micrometer, whose exemplars are spans only. Any thread; counting a call that has been
 * given no exemplar allocates nothing.
 */
final class CallTimes {
  private static final long EXEMPLAR_EVERY_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
  private static final double NANOS = 1e9;

  private final Histogram histogram;
  private final double[] bucketSeconds;
  private final LongSupplier clock;
  private final ConcurrentHashMap<String, Map<String, Map<String, Series>>> byMethod =
      new ConcurrentHashMap<>();

  /** What is counted under one set of labels. */
  private record Series(DistributionDataPoint times, AtomicLongArray exemplarDue) {}

  /**
   * @param bucketSeconds upper bounds, least first
   * @param nanoClock as {@link System#nanoTime}
   */
  CallTimes(PrometheusRegistry registry, double[] bucketSeconds, LongSupplier nanoClock) {
    this.bucketSeconds = bucketSeconds.clone();
    this.clock = nanoClock;
    this.histogram =
        Histogram.builder()
            .name("countersign_call_seconds")
            .help("Time from a call's head to the last byte of its answer.")
            .labelNames("method", "server", "result")
            .classicOnly()
            .classicUpperBounds(bucketSeconds)
            .register(registry);
  }

  /**
   * Counts a call.
   *
   * @param callId its id in records and logs
   */
  void observe(String method, String server, String result, long nanos, String callId) {
    Series series = series(method, server, result);
    double seconds = nanos / NANOS;
    int bucket = bucketOf(seconds);
    long now = clock.getAsLong();
    long due = series.exemplarDue.get(bucket);
    if (now - due >= 0
        && series.exemplarDue.compareAndSet(bucket, due, now + EXEMPLAR_EVERY_NANOS)) {
      series.times.observeWithExemplar(seconds, Labels.of("call_id", callId));
    } else {
      series.times.observe(seconds);
    }
  }

  private Series series(String method, String server, String result) {
    Map<String, Map<String, Series>> byServer = byMethod.get(method);
    Map<String, Series> byResult = byServer == null ? null : byServer.get(server);
    Series known = byResult == null ? null : byResult.get(result);
    return known == null ? made(method, server, result) : known;
  }

  private Series made(String method, String server, String result) {
    return byMethod
        .computeIfAbsent(method, fresh -> new ConcurrentHashMap<>())
        .computeIfAbsent(server, fresh -> new ConcurrentHashMap<>())
        .computeIfAbsent(result, fresh -> series(histogram.labelValues(method, server, result)));
  }

  private Series series(DistributionDataPoint times) {
    AtomicLongArray due = new AtomicLongArray(bucketSeconds.length + 1);
    long now = clock.getAsLong();
    for (int i = 0; i < due.length(); i++) {
      due.set(i, now);
    }
    return new Series(times, due);
  }

  private int bucketOf(double seconds) {
    int bucket = 0;
    while (bucket < bucketSeconds.length && seconds > bucketSeconds[bucket]) {
      bucket++;
    }
    return bucket;
  }
}

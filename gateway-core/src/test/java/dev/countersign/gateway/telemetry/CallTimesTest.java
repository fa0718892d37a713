// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.Exemplar;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import java.time.Duration;
import java.util.List;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;

final class CallTimesTest {
  private static final long FAST = Duration.ofMillis(1).toNanos();
  private static final long SLOW = Duration.ofSeconds(2).toNanos();

  private final PrometheusRegistry registry = new PrometheusRegistry();
  private long nanos = Long.MAX_VALUE - FAST;
  private final CallTimes times = new CallTimes(registry, new double[] {0.01, 1}, () -> nanos);

  @Test
  void countsEveryCallUnderItsLabels() {
    for (int i = 0; i < 5; i++) {
      times.observe("tools/call", "a", "answered", FAST, "c" + i);
    }
    times.observe("tools/call", "b", "answered", FAST, "d");
    times.observe("tools/call", "a", "refused", SLOW, "e");

    assertThat(series("a", "answered").getCount()).isEqualTo(5);
    assertThat(series("b", "answered").getCount()).isEqualTo(1);
    assertThat(series("a", "refused").getSum()).isEqualTo(2);
  }

  @Test
  void namesACallNowAndThen() {
    times.observe("tools/call", "a", "answered", FAST, "first");
    times.observe("tools/call", "a", "answered", FAST, "second");

    assertThat(exemplars("a", "answered")).containsExactly("first");
  }

  private List<String> exemplars(String server, String result) {
    return StreamSupport.stream(series(server, result).getExemplars().spliterator(), false)
        .map(Exemplar::getLabels)
        .map(labels -> labels.get("call_id"))
        .toList();
  }

  private HistogramDataPointSnapshot series(String server, String result) {
    HistogramSnapshot all =
        (HistogramSnapshot) registry.scrape().stream().findFirst().orElseThrow();
    return all.getDataPoints().stream()
        .filter(point -> server.equals(point.getLabels().get("server")))
        .filter(point -> result.equals(point.getLabels().get("result")))
        .findFirst()
        .orElseThrow();
  }
}

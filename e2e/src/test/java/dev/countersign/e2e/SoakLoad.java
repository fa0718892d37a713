// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.countersign.cli.demo.DemoIssuer;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Streams and calls at a gateway, and what must be left of them: nothing. */
final class SoakLoad {
  private static final int WORKERS = 32;
  private static final int STREAMS_OF_SESSION = 20;
  private static final int CALLERS = 8;
  private static final Duration QUIET = Duration.ofMinutes(2);
  private static final Duration CHURN = Duration.ofMillis(20);
  private static final List<String> NOTHING_LEFT =
      List.of(
          "countersign_calls_in_flight",
          "countersign_connections",
          "countersign_http2_streams",
          "countersign_upstream_connections",
          "countersign_upstream_streams",
          "countersign_buffered_bytes",
          "countersign_sessions",
          "countersign_session_tasks",
          "countersign_resumable_streams",
          "countersign_subscriptions",
          "countersign_questions",
          "countersign_work_queue",
          "countersign_audit_queue",
          "countersign_audit_failures_total",
          "countersign_audit_outcomes_lost_total");

  private final GatewayProcess gateway;
  private final SoakServer server;
  private final List<String> tokens;
  private final long seed;
  private final AtomicInteger answered = new AtomicInteger();
  private int lost;

  SoakLoad(GatewayProcess gateway, DemoIssuer issuer, SoakServer server, long seed) {
    this.gateway = gateway;
    this.server = server;
    this.seed = seed;
    this.tokens =
        Stream.iterate(0, i -> i + 1)
            .limit(CALLERS)
            .map(i -> issuer.token("reader-" + i, gateway.url(), Duration.ofHours(1)))
            .toList();
  }

  /** What must not have happened. */
  Queue<String> faults() {
    return server.faults;
  }

  /** Makes calls, while streams are open and are cut, and ends them all. */
  void run(int first, int calls, int streams) throws Exception {
    SplittableRandom random = new SplittableRandom(seed + first);
    SoakStreams open = new SoakStreams(faults());
    List<SoakClient> holders = clients(streams / STREAMS_OF_SESSION);
    List<SoakClient> callers = clients(WORKERS);
    holders.forEach(holder -> open.open(holder, STREAMS_OF_SESSION));
    Await.until(
        QUIET,
        () -> streams + " streams to be open, not " + server.held().size(),
        () -> !faults().isEmpty() || server.held().size() >= streams);
    assertThat(gauge("countersign_sessions")).isEqualTo(holders.size() + callers.size());

    AtomicInteger next = new AtomicInteger(first);
    List<Thread> workers = new ArrayList<>();
    for (SoakClient caller : callers) {
      workers.add(Thread.ofVirtual().start(() -> work(caller, next, first + calls)));
    }
    while (next.get() < first + calls) {
      if (streams > 0) {
        churn(open, random);
      }
      LockSupport.parkNanos(CHURN.toNanos());
    }
    for (Thread worker : workers) {
      worker.join();
    }
    end(open, random);
    for (SoakClient client : Stream.concat(holders.stream(), callers.stream()).toList()) {
      client.end();
    }
    open.leaveAll(random);
    open.join();
  }

  /** Waits until everything that is counted as open is gone, at the server too. */
  void awaitQuiet() {
    List<String> left = new ArrayList<>();
    Await.until(
        QUIET,
        () -> "nothing to be left of " + left,
        () -> {
          left.clear();
          left.addAll(left());
          return left.isEmpty();
        });
  }

  private List<String> left() throws IOException, InterruptedException {
    List<String> left = new ArrayList<>();
    if (server.exchanges() > 0) {
      left.add("exchanges at the server " + server.exchanges());
    }
    if (server.connections() > 0) {
      left.add("connections at the server " + server.connections());
    }
    String metrics = gateway.admin("/metrics").body();
    for (String name : NOTHING_LEFT) {
      double value = gauge(metrics, name);
      if (value != 0) {
        left.add(name + " " + value);
      }
    }
    return left;
  }

  private List<SoakClient> clients(int count) throws Exception {
    List<SoakClient> clients = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      clients.add(SoakClient.open(gateway, tokens.get(i % CALLERS)));
    }
    return clients;
  }

  private void work(SoakClient client, AtomicInteger next, int end) {
    SoakWorker worker = new SoakWorker(client, faults(), answered);
    try {
      for (int number = next.getAndIncrement(); number < end; number = next.getAndIncrement()) {
        worker.make(SoakCall.of(seed, number));
      }
      worker.end();
    } catch (IOException e) {
      faults().add("a worker gave up: " + e);
    }
  }

  /** Some streams are cut on either side, others are used. */
  private void churn(SoakStreams streams, SplittableRandom random) {
    streams.leaveOne(random);
    lost++;
    int at = random.nextInt(STREAMS_OF_SESSION);
    server.held().stream().skip(at).limit(1).forEach(held -> held.cut(random.nextBoolean()));
    server.held().stream().skip(at).limit(STREAMS_OF_SESSION).forEach(SoakHeld::push);
  }

  /** A third ends at the server, a third is cut there, a third by the clients. */
  private void end(SoakStreams streams, SplittableRandom random) {
    streams.ending();
    int at = 0;
    for (SoakHeld held : List.copyOf(server.held())) {
      switch (at++ % 3) {
        case 0 -> held.finish();
        case 1 -> held.cut(random.nextBoolean());
        default -> {}
      }
    }
    streams.leaveAll(random);
    server.held().forEach(SoakHeld::finish);
  }

  private double gauge(String name) throws IOException, InterruptedException {
    return gauge(gateway.admin("/metrics").body(), name);
  }

  private static double gauge(String metrics, String name) {
    Matcher line = Pattern.compile("(?m)^" + name + " ([0-9.E+-]+)$").matcher(metrics);
    assertThat(line.find()).as(name).isTrue();
    return Double.parseDouble(line.group(1));
  }

  @Override
  public String toString() {
    return answered
        + " calls answered, "
        + server.calls.size()
        + " seen by the server, "
        + lost
        + " streams cut by clients and as many by the server";
  }
}

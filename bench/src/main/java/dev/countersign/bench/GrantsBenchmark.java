// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench;

import dev.countersign.policy.AccessRequest;
import dev.countersign.policy.Decision;
import dev.countersign.policy.DecisionPoint;
import dev.countersign.policy.Effect;
import dev.countersign.policy.Grant;
import dev.countersign.policy.TargetKind;
import dev.countersign.policy.Trigger;
import dev.countersign.policy.opa.WasmEngine;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * One decision of the shipped policy over a growing number of grants: evaluated, because so many
 * different questions go round that no kept answer fits, and from a kept answer. The figures are to
 * be read as ratios of one run: 1,000 grants should cost what 10 cost.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 3)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 1,
    jvmArgsAppend = {"-XX:+UseSerialGC", "-Xmx512m"})
public class GrantsBenchmark {
  @Param({"1", "10", "100", "1000"})
  private int grants;

  /** More than the answers that are kept. */
  private static final int QUESTIONS = 4096;

  private final AccessRequest[] permitted = new AccessRequest[QUESTIONS];
  private final AccessRequest[] refused = new AccessRequest[QUESTIONS];
  private DecisionPoint point;
  private int next;

  /** Every grant is another agent's, over tools of a server of its own. */
  @Setup
  public void compile() {
    List<Grant> all = new ArrayList<>(grants);
    for (int i = 0; i < grants; i++) {
      all.add(
          new Grant(
              "agent-" + i,
              List.of("spiffe://example.org/agent/a" + i + "/*"),
              List.of("server-" + i % 50 + "/read_*", "server-" + i % 50 + "/search"),
              List.of(),
              List.of("server-" + i % 50 + "/read_secret"),
              List.of(),
              Set.<Effect>of(),
              -1));
    }
    WasmEngine engine = WasmEngine.shipped(all);
    point =
        new DecisionPoint(
            engine.newEvaluator(), engine.name(), engine.revision(), Duration.ofSeconds(1));
    int last = grants - 1;
    for (int i = 0; i < QUESTIONS; i++) {
      String tool = "read_note_" + (QUESTIONS + i);
      permitted[i] = request("spiffe://example.org/agent/a" + last + "/x", last, tool);
      refused[i] = request("spiffe://example.org/agent/unknown/x", last, tool);
    }
  }

  private static AccessRequest request(String caller, int agent, String tool) {
    return new AccessRequest(
        new AccessRequest.Call("c", "tools/call", "2026-07-28", Trigger.REQUEST, 0, null),
        new AccessRequest.Caller(
            caller, "spiffe", "i", "s", null, null, "mtls", List.of(), null, List.of()),
        new AccessRequest.Session(null, -1, -1),
        null,
        new AccessRequest.Server("server-" + agent % 50, "https://server.example/mcp", null),
        new AccessRequest.Target(TargetKind.TOOL, tool, false, null, null, Map.of()),
        null,
        new AccessRequest.Context(Instant.EPOCH, null, "gw", "r"));
  }

  private AccessRequest oneOf(AccessRequest[] questions) {
    next = (next + 1) % QUESTIONS;
    return questions[next];
  }

  @Benchmark
  public Decision permit() {
    return point.decide(oneOf(permitted)).join();
  }

  @Benchmark
  public Decision refusal() {
    return point.decide(oneOf(refused)).join();
  }

  @Benchmark
  public Decision kept() {
    return point.decide(permitted[0]).join();
  }
}

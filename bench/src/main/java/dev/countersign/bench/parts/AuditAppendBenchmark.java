// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.parts;

import dev.countersign.audit.AuditDesk;
import dev.countersign.audit.AuditLog;
import dev.countersign.audit.AuditObserver;
import dev.countersign.audit.AuditReceipt;
import dev.countersign.audit.AuditSettings;
import dev.countersign.audit.AuditUnavailableException;
import dev.countersign.audit.CallerFacts;
import dev.countersign.audit.CauseFacts;
import dev.countersign.audit.CredentialFacts;
import dev.countersign.audit.DecisionLeaf;
import dev.countersign.audit.DecisionResult;
import dev.countersign.audit.LeafPosition;
import dev.countersign.audit.OutcomeLeaf;
import dev.countersign.audit.OutcomeResult;
import dev.countersign.audit.PolicyFacts;
import dev.countersign.audit.ServerFacts;
import dev.countersign.audit.SideEffect;
import dev.countersign.audit.TargetFacts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Both leaves of a call, the decision durable: one call at a time, which shows the disk, and 64 in
 * a turn of a loop, which shows what a call costs the log. In {@code bench.directory}, else in the
 * folder for temporary files; on a file system in memory the disk is out of it.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 1,
    jvmArgsAppend = {"-XX:+UseSerialGC", "-Xmx512m"})
public class AuditAppendBenchmark {
  private static final int TURN_CALLS = 64;
  private static final String HASH = "sha256:" + "5b83".repeat(16);

  /** The benchmark's thread is the loop; these are the tasks of its turn. */
  private final Queue<Runnable> turn = new ArrayDeque<>();

  private Path directory;
  private AuditLog log;
  private AuditDesk desk;
  private long calls;

  /** Opens a log. */
  @Setup
  public void open() throws IOException {
    String parent = System.getProperty("bench.directory", System.getProperty("java.io.tmpdir"));
    directory = Files.createTempDirectory(Path.of(parent), "audit-bench");
    log =
        AuditLog.open(
            new AuditSettings(
                directory,
                "bench",
                AuditSettings.SEGMENT_BYTES_DEFAULT,
                AuditSettings.QUEUE_MAX_DEFAULT),
            Clock.systemUTC(),
            AuditObserver.NONE);
    desk = log.desk(turn::add, () -> true);
  }

  /** One call after the other. */
  @Benchmark
  public LeafPosition alone() throws AuditUnavailableException {
    String id = id();
    LeafPosition at = log.append(decision(id)).durable().join();
    log.append(outcome(id));
    return at;
  }

  /** A loop that works on many calls in each of its turns. */
  @Benchmark
  @OperationsPerInvocation(TURN_CALLS)
  public AuditReceipt inATurn() throws AuditUnavailableException {
    AuditReceipt last = inTurn();
    for (int i = 1; i < TURN_CALLS; i++) {
      last = inTurn();
    }
    Runnable task;
    while ((task = turn.poll()) != null) {
      task.run();
    }
    while (!last.isDurable()) {
      Thread.onSpinWait();
    }
    return last;
  }

  private AuditReceipt inTurn() throws AuditUnavailableException {
    String id = id();
    AuditReceipt decided = desk.append(decision(id));
    desk.append(outcome(id));
    return decided;
  }

  private String id() {
    return "01a2183c-65af-765d-b114-" + (100_000_000_000L + calls++);
  }

  private static DecisionLeaf decision(String id) {
    return new DecisionLeaf(
        id,
        null,
        "1",
        "2026-07-28",
        "tools/call",
        new CauseFacts("request", CauseFacts.Direction.TO_SERVER, 0, null),
        "/notes/mcp",
        new CallerFacts(
            "oidc:demo:research",
            "oidc",
            "https://idp.example/realms/agents",
            "research",
            "research",
            "bearer",
            HASH,
            null,
            List.of()),
        "4c006caa1327037a5289cc5b0fe595e9",
        null,
        new ServerFacts("notes", "https://notes.example/mcp", null, null),
        new TargetFacts("tool", "read_note", null, "read"),
        "hmac-" + HASH,
        HASH,
        DecisionResult.PERMIT,
        new PolicyFacts(
            "opa", "6b52ef875bfa16d6", "grants/r", List.of("a grant allows it"), List.of()),
        "permitted",
        new CredentialFacts("none", null),
        "74295e3fe717",
        true);
  }

  private static OutcomeLeaf outcome(String id) {
    return new OutcomeLeaf(
        id,
        OutcomeResult.ANSWERED,
        200,
        null,
        null,
        "address:127.0.0.1:18080",
        SideEffect.NONE,
        HASH,
        203,
        3,
        4736,
        4767,
        0,
        null);
  }

  /** Closes the log and deletes it. */
  @TearDown
  public void close() throws IOException {
    log.close();
    try (Stream<Path> files = Files.list(directory)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(directory);
  }
}

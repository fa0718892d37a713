// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.audit;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.BooleanSupplier;

/** Leaves and logs for tests. */
final class Leaves {
  static final Instant BEGIN = Instant.parse("2026-01-02T03:04:05.000006Z");

  private static final CauseFacts REQUEST =
      new CauseFacts("request", CauseFacts.Direction.TO_SERVER, 0, null);
  private static final TargetFacts TOOL = new TargetFacts("tool", "read_file", null, "read");

  private Leaves() {}

  /** A permit whose outcome must follow. */
  static DecisionLeaf permit(String callId) {
    return decision(callId, DecisionResult.PERMIT, true, REQUEST, TOOL);
  }

  static DecisionLeaf refusal(String callId) {
    return decision(callId, DecisionResult.REFUSE, false, REQUEST, TOOL);
  }

  /** A permit of what a server asks in the course of a call. */
  static DecisionLeaf question(String callId, String parent) {
    return decision(
        callId,
        DecisionResult.PERMIT,
        false,
        new CauseFacts("input_request", CauseFacts.Direction.TO_CLIENT, 0, parent),
        new TargetFacts("elicitation", "form", null, null));
  }

  private static DecisionLeaf decision(
      String callId,
      DecisionResult result,
      boolean expected,
      CauseFacts cause,
      TargetFacts target) {
    return new DecisionLeaf(
        callId,
        null,
        "7",
        "2026-07-28",
        target.kind().equals("tool") ? "tools/call" : "elicitation/create",
        cause,
        "/files/mcp",
        new CallerFacts(
            "spiffe://example.org/agent/research",
            "spiffe",
            "spiffe://example.org",
            "spiffe://example.org/agent/research",
            null,
            "mtls",
            null,
            null,
            List.of()),
        null,
        null,
        new ServerFacts("files", "https://files.example/mcp", null, null),
        target,
        null,
        null,
        result,
        new PolicyFacts("opa", "r1", null, List.of(), List.of()),
        "permitted",
        null,
        "c1",
        expected);
  }

  static OutcomeLeaf outcome(String callId) {
    return new OutcomeLeaf(
        callId,
        OutcomeResult.ANSWERED,
        200,
        null,
        false,
        "spiffe://example.org/server/files",
        SideEffect.NONE,
        null,
        120,
        10,
        2000,
        2100,
        0,
        null);
  }

  /** A leaf of about a size, at most some 32,000 bytes, for filling segments. */
  static ConfigLeaf filler(int bytes) {
    List<String> problems = new ArrayList<>();
    for (int left = bytes; left > 0; left -= 1000) {
      problems.add("x".repeat(Math.min(left, 1000)));
    }
    return new ConfigLeaf("c1", "reload", false, problems);
  }

  /** A clock that moves by a millisecond each time it is asked. */
  static InstantSource ticking() {
    AtomicLong ticks = new AtomicLong();
    return () -> BEGIN.plus(Duration.ofMillis(ticks.getAndIncrement()));
  }

  static AuditSettings settings(Path directory) {
    return new AuditSettings(directory, "gw-1", AuditSettings.SEGMENT_BYTES_MIN, 65_536);
  }

  static AuditLog open(Path directory) throws IOException {
    return AuditLog.open(settings(directory), ticking(), AuditObserver.NONE);
  }

  static AuditLog open(Path directory, AuditObserver observer, Disk disk) throws IOException {
    return AuditLog.open(settings(directory), ticking(), observer, disk);
  }

  /** Appends and waits until it is durable. */
  static LeafPosition durably(AuditLog log, Leaf leaf) throws AuditUnavailableException {
    return await(log.append(leaf));
  }

  static LeafPosition await(AuditReceipt receipt) {
    try {
      return receipt.durable().get(20, TimeUnit.SECONDS);
    } catch (InterruptedException | ExecutionException | TimeoutException e) {
      throw new AssertionError("the leaf did not become durable", e);
    }
  }

  static JsonNode parse(byte[] line) {
    return Objects.requireNonNull(LeafParser.parse(line), "not a leaf");
  }

  static List<JsonNode> read(Path directory) throws IOException {
    List<JsonNode> leaves = new ArrayList<>();
    new AuditReader(directory).forEach(leaves::add);
    return leaves;
  }

  /** What kinds of leaves a log has, in order; of node leaves the event. */
  static List<String> kinds(Path directory) throws IOException {
    return read(directory).stream()
        .map(
            leaf ->
                leaf.path("kind").asText().equals("node")
                    ? leaf.path("event").asText()
                    : leaf.path("kind").asText())
        .toList();
  }

  /** Lines with their ends. */
  static List<String> lines(Path segment) throws IOException {
    return new ArrayList<>(Files.readString(segment).lines().map(line -> line + "\n").toList());
  }

  static Path onlySegment(Path directory) throws IOException {
    List<Path> segments = Segments.list(directory);
    if (segments.size() != 1) {
      throw new AssertionError("not one segment: " + segments);
    }
    return segments.getFirst();
  }

  /** Waits until something has become so. */
  static void until(BooleanSupplier what) {
    long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (!what.getAsBoolean()) {
      if (System.nanoTime() - deadline > 0) {
        throw new AssertionError("it has not become so");
      }
      Thread.onSpinWait();
    }
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.audit;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Run with {@code -Dcountersign.golden=rewrite} to write the golden files anew. */
class LeafEncoderTest {
  private static final Path GOLDEN = Path.of("src/test/resources/golden");

  private record Golden(String name, Leaf leaf) {
    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Golden> goldens() {
    return Stream.of(
        new Golden("decision", full()),
        new Golden("decision-sparse", Leaves.refusal("0190-b")),
        new Golden("decision-question", Leaves.question("0190-c", "0190-a")),
        new Golden(
            "outcome",
            new OutcomeLeaf(
                "0190-a",
                OutcomeResult.ERROR_ANSWERED,
                200,
                -32602,
                true,
                "spiffe://example.org/server/files",
                SideEffect.DONE,
                "sha256:" + "ab".repeat(32),
                4096,
                150,
                2300,
                2450,
                2,
                "the tool said \"no\"")),
        new Golden("outcome-sparse", OutcomeLeaf.unknown("0190-b", "it is not known")),
        new Golden(
            "config", new ConfigLeaf("r2", "reload", false, List.of("line 3: no", "line 4"))),
        new Golden("node", new NodeLeaf("recovered", Map.of("b", 2L, "a", 1L, "ä", 3L))),
        new Golden("segment", new SegmentLeaf("leaves-0000000000000042.jsonl", 17)));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("goldens")
  void writesWhatTheGoldenFileHolds(Golden golden) throws IOException {
    String line = new String(encode(golden.leaf), StandardCharsets.UTF_8) + "\n";
    Path file = GOLDEN.resolve(golden.name + ".jsonl");
    if ("rewrite".equals(System.getProperty("countersign.golden"))) {
      Files.writeString(file, line);
    }
    assertThat(line).isEqualTo(Files.readString(file));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("goldens")
  void writesCanonicalJson(Golden golden) {
    assertCanonical(encode(golden.leaf));
  }

  @Test
  void writesCanonicalJsonWhateverTheTextsAre() {
    Random random = new Random(20260102);
    for (int i = 0; i < 2000; i++) {
      StringBuilder text = new StringBuilder();
      int length = random.nextInt(40);
      for (int j = 0; j < length; j++) {
        text.append(
            switch (random.nextInt(4)) {
              case 0 -> (char) random.nextInt(0x20);
              case 1 -> (char) (0xd800 + random.nextInt(0x800));
              case 2 -> (char) random.nextInt(0x10000);
              default -> (char) (0x20 + random.nextInt(0x60));
            });
      }
      assertCanonical(encode(every(text.toString(), random.nextInt(40))));
    }
  }

  @Test
  void noLeafIsLongerThanItsBound() {
    // Each control character takes six bytes in a line.
    String worst = "\u0001".repeat(70_000);
    Map<String, Long> counts = new TreeMap<>();
    for (int i = 0; i < 1000; i++) {
      counts.put("\u0001".repeat(1000) + i, Long.MIN_VALUE);
    }
    List<Leaf> leaves =
        List.of(
            every(worst, 1000),
            new OutcomeLeaf(
                worst,
                OutcomeResult.UPSTREAM_UNAVAILABLE,
                Integer.MIN_VALUE,
                Integer.MIN_VALUE,
                false,
                worst,
                SideEffect.UNKNOWN,
                worst,
                Long.MAX_VALUE,
                Long.MAX_VALUE,
                Long.MAX_VALUE,
                Long.MAX_VALUE,
                Integer.MAX_VALUE,
                worst),
            new ConfigLeaf(worst, worst, false, Collections.nCopies(1000, worst)),
            new NodeLeaf(worst, counts),
            new SegmentLeaf(worst, Long.MAX_VALUE));
    for (Leaf leaf : leaves) {
      byte[] line = encode(leaf, "n".repeat(128), Long.MAX_VALUE);
      assertThat(line.length).isLessThanOrEqualTo(LeafEncoder.LINE_BYTES_MAX);
    }
  }

  @Test
  void cutsLongTextsAndKeepsTheRest() {
    JsonNode leaf = Leaves.parse(encode(every("n".repeat(5000), 20)));
    assertThat(leaf.path("target").path("name").asText()).hasSize(4094).endsWith("n…");
    assertThat(leaf.path("caller").path("actors")).hasSize(16);
    assertThat(leaf.path("caller").path("actors").path(15).asText()).isEqualTo("…");
    assertThat(leaf.path("outcome_expected").asBoolean()).isTrue();
  }

  private static void assertCanonical(byte[] line) {
    assertThat(CanonicalForm.of(Leaves.parse(line)))
        .as(new String(line, StandardCharsets.UTF_8))
        .isEqualTo(line);
  }

  private static byte[] encode(Leaf leaf) {
    return encode(leaf, "gw-1", 42);
  }

  private static byte[] encode(Leaf leaf, String node, long seq) {
    LineBuffer line = new LineBuffer(1 << 17);
    LeafEncoder.encode(
        leaf,
        new LeafEncoder.Common(node, seq, "0f".repeat(32), "2026-01-02T03:04:05.000006Z"),
        line);
    return Arrays.copyOf(line.array(), line.size());
  }

  /** A decision with every member, each of its own. */
  private static DecisionLeaf full() {
    return new DecisionLeaf(
        "0190-a",
        "4bf92f3577b34da6a3ce929d0e0e4736",
        "\"a/1\"",
        "2026-07-28",
        "tools/call",
        new CauseFacts("retry", CauseFacts.Direction.TO_SERVER, 2, "0190-0"),
        "/github/mcp",
        new CallerFacts(
            "oidc:corp:agent-7",
            "oidc",
            "https://idp.example/realms/agents",
            "agent-7",
            "research-client",
            "dpop",
            "sha256:" + "01".repeat(32),
            "alice",
            List.of("spiffe://example.org/agent/planner", "oidc:corp:agent-3")),
        "s-1",
        new IntentFacts("triage the \u00abcrash\u00bb reports \ud83d\ude00\n", "agent-declared"),
        new ServerFacts("github", "https://mcp.github.example/mcp", "prod", "2025-11-25"),
        new TargetFacts("tool", "create_issue", "github__create_issue", "write"),
        "hmac-sha256:" + "23".repeat(32),
        "sha256:" + "45".repeat(32),
        DecisionResult.PERMIT,
        new PolicyFacts(
            "opa",
            "p-3",
            "grants/research-write",
            List.of("granted"),
            List.of("durable", "redact")),
        "permitted",
        new CredentialFacts("exchange", "sha256:" + "67".repeat(32)),
        "c-9",
        true);
  }

  /** A decision with every member, whose every text is the same. */
  private static DecisionLeaf every(String text, int listSize) {
    List<String> list = Collections.nCopies(listSize, text);
    return new DecisionLeaf(
        text,
        text,
        text,
        text,
        text,
        new CauseFacts(text, CauseFacts.Direction.TO_SERVER, Integer.MIN_VALUE, text),
        text,
        new CallerFacts(text, text, text, text, text, text, text, text, list),
        text,
        new IntentFacts(text, text),
        new ServerFacts(text, text, text, text),
        new TargetFacts(text, text, text, text),
        text,
        text,
        DecisionResult.APPROVAL_NEEDED,
        new PolicyFacts(text, text, text, list, list),
        text,
        new CredentialFacts(text, text),
        text,
        true);
  }
}

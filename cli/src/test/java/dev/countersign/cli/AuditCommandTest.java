// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import static dev.countersign.cli.Ended.run;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.countersign.audit.AuditLog;
import dev.countersign.audit.AuditObserver;
import dev.countersign.audit.AuditSettings;
import dev.countersign.audit.CallerFacts;
import dev.countersign.audit.CauseFacts;
import dev.countersign.audit.CauseFacts.Direction;
import dev.countersign.audit.ConfigLeaf;
import dev.countersign.audit.DecisionLeaf;
import dev.countersign.audit.DecisionResult;
import dev.countersign.audit.PolicyFacts;
import dev.countersign.audit.ServerFacts;
import dev.countersign.audit.TargetFacts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the commands on a log print, where, and the code they end with. */
final class AuditCommandTest {
  private static final String FIRST = "leaves-0000000000000001.jsonl";

  @TempDir private Path folder;

  /** A closed log without a call: four leaves. */
  private Path log() throws Exception {
    Path log = folder.resolve("log");
    try (AuditLog audit =
        AuditLog.open(
            new AuditSettings(log, "test", AuditSettings.SEGMENT_BYTES_MIN, 16),
            InstantSource.system(),
            AuditObserver.NONE)) {
      audit.append(new ConfigLeaf("0123456789ab", "start", true, List.of())).durable().join();
    }
    return log;
  }

  private static void edit(Path log, int line, String text) throws IOException {
    List<String> lines = new ArrayList<>(Files.readAllLines(log.resolve(FIRST)));
    lines.add(line, text);
    Files.writeString(log.resolve(FIRST), String.join("\n", lines) + "\n");
  }

  private static String head(Ended ended) {
    return ended.out().lines().toList().getLast().substring("head ".length());
  }

  @ParameterizedTest
  @ValueSource(strings = {"show", "verify"})
  void whatIsNoFolderCouldNotBeRead(String command) throws IOException {
    Path none = folder.resolve("none");
    Path file = Files.createFile(folder.resolve("file"));
    assertThat(run("audit", command, none.toString()))
        .isEqualTo(new Ended(3, "", "countersign: no such file or folder: \"" + none + "\"\n"));
    assertThat(run("audit", command, file.toString()))
        .isEqualTo(new Ended(3, "", "countersign: not a folder: \"" + file + "\"\n"));
  }

  @Test
  void folderWithoutALogHasNoRecordsYet() {
    assertThat(run("audit", "show", folder.toString()))
        .isEqualTo(new Ended(1, "", "countersign: no records yet: no log in \"" + folder + "\"\n"));
    assertThat(run("audit", "verify", folder.toString()))
        .isEqualTo(
            new Ended(
                1,
                """
                not whole: there is no segment
                not whole: 0 leaves in 0 segments, 0 decisions, 0 outcomes, 0 calls open
                """,
                ""));
  }

  @Test
  void logWithoutACallIsSaidToHaveNone() throws Exception {
    String log = log().toString();
    assertThat(run("audit", "show", log))
        .isEqualTo(new Ended(0, "", "countersign: no calls on record yet\n"));
    assertThat(run("audit", "show", log, "0190\u001b"))
        .isEqualTo(new Ended(1, "", "countersign: no record of the call 0190\\u001b\n"));
  }

  private static DecisionLeaf decision(String id, CauseFacts cause, TargetFacts target) {
    return new DecisionLeaf(
        id,
        null,
        null,
        "2026-07-28",
        "tools/call",
        cause,
        "/files/mcp",
        new CallerFacts(
            "oidc:idp:a",
            "oidc",
            "https://idp.example",
            "a",
            null,
            "bearer",
            null,
            null,
            List.of()),
        null,
        null,
        new ServerFacts("files", "https://files.example/mcp", null, "2025-11-25"),
        target,
        null,
        null,
        DecisionResult.REFUSE,
        new PolicyFacts("opa", "r1", "default-deny", List.of(), List.of()),
        "policy_refused",
        null,
        "c1",
        false);
  }

  @Test
  void callsAreListedWithWhatLedToThem() throws Exception {
    Path log = folder.resolve("calls");
    CauseFacts first = new CauseFacts("request", Direction.TO_SERVER, 0, null);
    CauseFacts asked = new CauseFacts("input_request", Direction.TO_CLIENT, 0, "call-1");
    CauseFacts again = new CauseFacts("retry", Direction.TO_SERVER, 2, "call-1");
    try (AuditLog audit =
        AuditLog.open(
            new AuditSettings(log, "test", AuditSettings.SEGMENT_BYTES_MIN, 16),
            InstantSource.system(),
            AuditObserver.NONE)) {
      TargetFacts tool = new TargetFacts("tool", "read", "files__read", "read");
      audit.append(decision("call-1", first, tool)).durable().join();
      audit
          .append(decision("call-2", asked, new TargetFacts("roots", "list", null, null)))
          .durable()
          .join();
      audit.append(decision("call-3", again, tool)).durable().join();
    }
    String directory = log.toString();
    assertThat(run("audit", "show", directory).out().lines().map(line -> line.split("  ", 3)[2]))
        .containsExactly(
            "oidc:idp:a  files  tools/call  read (as files__read)  refuse  default-deny  -",
            "oidc:idp:a  files  tools/call (input_request of call-1)  list  refuse  default-deny"
                + "  -",
            "oidc:idp:a  files  tools/call (retry 2 of call-1)  read (as files__read)  refuse"
                + "  default-deny  -");
    assertThat(run("audit", "show", directory, "call-1").out())
        .contains("\"exposed_name\" : \"files__read\"", "\"negotiated_version\" : \"2025-11-25\"")
        .contains("\"direction\" : \"to_client\"", "\"parent\" : \"call-1\"", "\"round\" : 2");
    assertThat(run("audit", "verify", directory).out()).startsWith("whole: ");
  }

  @Test
  void linesThatAreNoLeavesAreReported() throws Exception {
    Path log = log();
    edit(log, 1, "no");
    assertThat(run("audit", "show", log.toString()).err())
        .endsWith("countersign: 1 line is no leaf: run audit verify\n");
    edit(log, 1, "[]");
    Ended one = run("audit", "show", log.toString(), "0190");
    assertThat(one.code()).isEqualTo(1);
    assertThat(one.err()).endsWith("countersign: 2 lines are no leaves: run audit verify\n");
  }

  @Test
  void wholeLogIsDescribedWithItsHead() throws Exception {
    Ended ended = run("audit", "verify", log().toString());
    assertThat(ended.code()).isZero();
    assertThat(ended.err()).isEmpty();
    assertThat(ended.out().lines())
        .hasSize(2)
        .first()
        .isEqualTo("whole: 4 leaves in 1 segment, 0 decisions, 0 outcomes, 0 calls open");
    assertThat(head(ended)).matches("4:[0-9a-f]{64}");
  }

  @Test
  void findingsAreLinesWithTheirPlaces() throws Exception {
    Path log = log();
    edit(log, 1, "no");
    Ended ended = run("audit", "verify", log.toString());
    assertThat(ended.code()).isEqualTo(1);
    assertThat(ended.out().lines())
        .contains(
            "not whole: "
                + FIRST
                + ", seq 2: a line that is not one JSON object, without repeated names")
        .noneMatch(line -> line.contains("["));
  }

  @Test
  void logMustStillHoldTheHeadsThatWereKept() throws Exception {
    String log = log().toString();
    String head = head(run("audit", "verify", log));
    String other = "4:" + "0".repeat(64);
    String later = "5:" + "0".repeat(64);
    assertThat(run("audit", "verify", log, "--known", head).code()).isZero();
    assertThat(run("audit", "verify", log, "--known", head, "--known", other))
        .satisfies(ended -> assertThat(ended.code()).isEqualTo(1))
        .satisfies(
            ended ->
                assertThat(ended.out())
                    .contains("seq 4: it is not the leaf that is known to be here"));
    assertThat(run("audit", "verify", log, "--known", later).out())
        .contains("not whole: seq 5: a leaf that is known to be here is not");
  }

  @Test
  void jsonHasAllFiguresAndFindings() throws Exception {
    Path log = log();
    JsonNode whole =
        new ObjectMapper().readTree(run("audit", "verify", "--json", log.toString()).out());
    assertThat(whole.properties())
        .extracting(java.util.Map.Entry::getKey)
        .containsExactly(
            "whole",
            "in_use",
            "leaves",
            "segments",
            "decisions",
            "outcomes",
            "unknown_outcomes",
            "open_calls",
            "head",
            "findings_cut",
            "findings");
    assertThat(whole.path("whole").asBoolean()).isTrue();
    assertThat(whole.path("leaves").asInt()).isEqualTo(4);
    assertThat(whole.path("head").asText()).matches("4:[0-9a-f]{64}");
    assertThat(whole.path("findings")).isEmpty();
    edit(log, 1, "no");
    Ended ended = run("audit", "verify", "--json", log.toString());
    assertThat(ended.code()).isEqualTo(1);
    assertThat(ended.out()).hasLineCount(1);
    JsonNode first = new ObjectMapper().readTree(ended.out()).path("findings").path(0);
    assertThat(first.path("segment").asText()).isEqualTo(FIRST);
    assertThat(first.path("seq").asInt()).isEqualTo(2);
    assertThat(first.path("what").asText()).startsWith("a line that is not one JSON object");
  }
}

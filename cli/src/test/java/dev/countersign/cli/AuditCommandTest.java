// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import static dev.countersign.cli.Ended.run;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.countersign.audit.AuditLog;
import dev.countersign.audit.AuditObserver;
import dev.countersign.audit.AuditSettings;
import dev.countersign.audit.ConfigLeaf;
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

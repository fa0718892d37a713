// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.audit;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class AuditVerifierTest {
  private static final Map<String, byte[]> LOG = new TreeMap<>();

  @TempDir private Path directory;
  private List<Path> segments = List.of();

  private interface Tampering {
    /**
     * @param lines a segment's; the first describes it
     * @param at of a decision whose outcome is the line after it
     */
    void with(List<String> lines, int at);
  }

  private record Row(String because, Tampering tampering, String finding) {
    @Override
    public String toString() {
      return because;
    }
  }

  /** Three segments; each begins with its segment leaf, and holds calls with their outcomes. */
  @BeforeAll
  static void writeALog(@TempDir Path written) throws Exception {
    try (AuditLog log = Leaves.open(written)) {
      int calls = 0;
      while (Segments.list(written).size() < 3) {
        for (int i = 0; i < 3; i++) {
          log.append(Leaves.permit("c" + ++calls));
          log.append(Leaves.outcome("c" + calls));
        }
        Leaves.durably(log, Leaves.filler(30_000));
      }
    }
    for (Path segment : Segments.list(written)) {
      LOG.put(Segments.name(segment), Files.readAllBytes(segment));
    }
  }

  @BeforeEach
  void copyTheLog() throws IOException {
    for (Map.Entry<String, byte[]> segment : LOG.entrySet()) {
      Files.write(directory.resolve(segment.getKey()), segment.getValue());
    }
    segments = Segments.list(directory);
  }

  private static LeafPosition head(VerifyReport report) {
    return Objects.requireNonNull(report.head(), "no head");
  }

  @Test
  void findsNothingInAWholeLogAndCountsIt() throws IOException {
    VerifyReport report = AuditVerifier.verify(directory);
    assertThat(report.findings()).isEmpty();
    assertThat(report.whole()).isTrue();
    assertThat(report.live()).isFalse();
    assertThat(report.segments()).isEqualTo(3);
    assertThat(report.decisions()).isEqualTo(report.outcomes()).isPositive();
    assertThat(report.openCalls()).isZero();
    assertThat(report.unknownOutcomes()).isZero();
    assertThat(head(report).seq()).isEqualTo(report.leaves());
  }

  private static Tampering replace(String from, String to) {
    return (lines, at) -> {
      assertThat(lines.get(at)).contains(from);
      lines.set(at, lines.get(at).replace(from, to));
    };
  }

  static Stream<Row> tamperings() {
    return Stream.of(
        new Row("a byte is altered", replace("read_file", "read_fil3"), "the chain is broken"),
        new Row("a line is removed", (lines, at) -> lines.remove(at), "expected seq"),
        new Row("a line is doubled", (lines, at) -> lines.add(at, lines.get(at)), "expected seq"),
        new Row(
            "lines are swapped",
            (lines, at) -> Collections.swap(lines, at, at + 1),
            "expected seq"),
        new Row("a line is spaced", replace(",", ", "), "canonical"),
        new Row(
            "members are in another order",
            (lines, at) ->
                lines.set(
                    at,
                    lines
                        .get(at)
                        .replaceFirst("^\\{(\"call_id\":\"c\\d+\"),(.*)}\n$", "{$2,$1}\n")),
            "canonical"),
        new Row("a text is escaped without need", replace("read_f", "read\\u005ff"), "canonical"),
        new Row("a number is written otherwise", replace("\"v\":1}", "\"v\":1.0}"), "canonical"),
        new Row(
            "a number is more than a double holds",
            replace("\"v\":1}", "\"v\":1,\"w\":9007199254740993}"),
            "canonical"),
        new Row("a member is null", replace("\"v\":1}", "\"v\":1,\"w\":null}"), "canonical"),
        new Row(
            "a member is there twice",
            replace("\"v\":1}", "\"v\":1,\"v\":1}"),
            "not one JSON object"),
        new Row("a line is no JSON", (lines, at) -> lines.set(at, "no\n"), "not one JSON object"),
        new Row("a line is empty", (lines, at) -> lines.add(at, "\n"), "not one JSON object"),
        new Row(
            "a line is nested too deeply",
            (lines, at) -> lines.set(at, "{\"a\":".repeat(5000) + "\n"),
            "not one JSON object"),
        new Row(
            "a line is longer than any leaf",
            (lines, at) -> lines.add(at, "x".repeat(70_000) + "\n"),
            "holds no leaf"),
        new Row("a zero is in a line", replace("read_file", "read\0file"), "holds no leaf"),
        new Row("another node wrote it", replace("gw-1", "gw-\\u001b2"), "wrote it: \"gw-?2\""),
        new Row("time goes back", replace("\"2026-01-02T", "\"2025-01-02T"), "its time is before"),
        new Row("time is none", replace("\"2026-01-02T", "\"2026-21-02T"), "no time stamp"),
        new Row("the version is another", replace("\"v\":1}", "\"v\":2}"), "not version 1"),
        new Row(
            "the kind is not known",
            replace("\"kind\":\"decision\"", "\"kind\":\"dec\""),
            "no known kind of leaf: \"dec\""),
        new Row(
            "a call is renamed in its decision",
            replace("\"call_id\":\"c", "\"call_id\":\"d"),
            "no decision waits for this outcome"),
        new Row(
            "a decision no longer asks for its outcome",
            replace("\"outcome_expected\":true", "\"outcome_expected\":false"),
            "no decision waits for this outcome"),
        new Row(
            "a decision lacks what it needs",
            replace("\"outcome_expected\":true", "\"outcome_expectes\":true"),
            "without its members"),
        new Row(
            "an outcome is there twice",
            (lines, at) -> lines.add(at + 2, lines.get(at + 1)),
            "it has none, or it has an outcome already"),
        new Row(
            "a call is decided twice",
            (lines, at) -> lines.add(at + 1, lines.get(at)),
            "decided again"),
        new Row(
            "what describes a segment is amid it",
            (lines, at) -> lines.set(at, lines.getFirst()),
            "not the first leaf of one"),
        new Row(
            "the first leaf names another file",
            (lines, at) -> lines.set(0, lines.getFirst().replace("leaves-0", "leaves-1")),
            "does not describe it"),
        new Row(
            "the first leaf is gone", (lines, at) -> lines.removeFirst(), "does not describe it"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("tamperings")
  void findsWhatWasTamperedWithInWhicheverSegment(Row row) throws IOException {
    for (Path segment : segments) {
      byte[] original = Files.readAllBytes(segment);
      List<String> lines = Leaves.lines(segment);
      int at = 0;
      while (!lines.get(at).contains("\"outcome_expected\":true")) {
        at++;
      }
      row.tampering.with(lines, at);
      Files.writeString(segment, String.join("", lines));
      assertThat(Files.readAllBytes(segment)).isNotEqualTo(original);
      long about = Segments.firstSeq(segment) + at;
      assertThat(AuditVerifier.verify(directory).findings())
          .anySatisfy(
              finding -> {
                assertThat(finding.what()).contains(row.finding);
                assertThat(finding.segment()).isEqualTo(Segments.name(segment));
                assertThat(finding.seq()).isBetween(Segments.firstSeq(segment) - 1, about + 2);
              });
      Files.write(segment, original);
    }
    assertThat(AuditVerifier.verify(directory).findings()).isEmpty();
  }

  @Test
  void findsAMissingSegmentAndSaysFromWhere() throws IOException {
    Path gone = segments.get(1);
    Files.delete(gone);
    assertThat(AuditVerifier.verify(directory).findings())
        .contains(
            new Finding(
                Segments.name(segments.get(2)),
                Segments.firstSeq(gone) - 1,
                "before it leaves are missing, from seq " + Segments.firstSeq(gone)));
  }

  @Test
  void findsThatTheFirstSegmentIsMissing() throws IOException {
    Files.delete(segments.getFirst());
    assertThat(AuditVerifier.verify(directory).findings())
        .anyMatch(finding -> finding.what().equals("before it leaves are missing, from seq 1"));
  }

  @Test
  void findsSegmentsThatWereSwapped() throws IOException {
    byte[] second = Files.readAllBytes(segments.get(1));
    Files.write(segments.get(1), Files.readAllBytes(segments.get(2)));
    Files.write(segments.get(2), second);
    assertThat(AuditVerifier.verify(directory).findings())
        .anyMatch(finding -> finding.what().contains("does not describe it"))
        .anyMatch(finding -> finding.what().contains("the chain is broken"));
  }

  @Test
  void findsWhatFollowsTheLastLeafOfAClosedSegment() throws IOException {
    Files.write(segments.get(1), new byte[10], StandardOpenOption.APPEND);
    assertThat(AuditVerifier.verify(directory).findings())
        .singleElement()
        .satisfies(finding -> assertThat(finding.what()).contains("goes on with zeros"));
  }

  @Test
  void findsATornEnd() throws IOException {
    Files.writeString(segments.get(2), "{\"v\"", StandardOpenOption.APPEND);
    assertThat(AuditVerifier.verify(directory).findings())
        .singleElement()
        .satisfies(finding -> assertThat(finding.what()).contains("it holds no leaf"));
  }

  @Test
  void takesSpaceLaidAheadForWhatAKilledGatewayLeaves() throws IOException {
    Files.write(segments.get(2), new byte[100_000], StandardOpenOption.APPEND);
    assertThat(AuditVerifier.verify(directory).findings()).isEmpty();
  }

  @Test
  void findsCallsWithoutOutcomeUnlessTheLogIsLive() throws Exception {
    Path other = Files.createDirectory(directory.resolve("other"));
    AuditLog log = Leaves.open(other);
    Leaves.durably(log, Leaves.permit("a"));
    VerifyReport live = AuditVerifier.verify(other);
    assertThat(live.live()).isTrue();
    assertThat(live.openCalls()).isEqualTo(1);
    assertThat(live.findings()).isEmpty();
    log.close();
    VerifyReport closed = AuditVerifier.verify(other);
    assertThat(closed.live()).isFalse();
    assertThat(closed.findings()).containsExactly(new Finding("", 3, "call \"a\" has no outcome"));
  }

  /** What the class comment says that a chain cannot show, and what can. */
  @Test
  void findsACutEndOnlyWithAHeadThatWasKeptElsewhere() throws IOException {
    LeafPosition head = head(AuditVerifier.verify(directory));
    Path last = segments.getLast();
    List<String> lines = Leaves.lines(last);
    lines.removeLast();
    Files.writeString(last, String.join("", lines));
    VerifyReport cut = AuditVerifier.verify(directory);
    assertThat(cut.findings()).isEmpty();
    assertThat(head(cut).seq()).isEqualTo(head.seq() - 1);
    assertThat(AuditVerifier.verify(directory, List.of(head)).findings())
        .containsExactly(new Finding("", head.seq(), "a leaf that is known to be here is not"));
  }

  @Test
  void twoHashesOfOneLeafCannotBothBeKnown() throws IOException {
    LeafPosition head = head(AuditVerifier.verify(directory));
    LeafPosition other = new LeafPosition(head.seq(), "0".repeat(64));
    for (List<LeafPosition> known : List.of(List.of(head, other), List.of(other, head))) {
      assertThat(AuditVerifier.verify(directory, known).findings())
          .extracting(Finding::what)
          .containsExactly("it is not the leaf that is known to be here");
    }
    assertThat(AuditVerifier.verify(directory, List.of(head, head)).findings()).isEmpty();
  }

  @Test
  void findsARollBackOnlyWithAHeadThatWasKeptElsewhere() throws Exception {
    Path copy = Files.createDirectory(directory.resolve("copy"));
    for (Path segment : segments) {
      Files.copy(segment, copy.resolve(Segments.name(segment)));
    }
    LeafPosition atCopy = head(AuditVerifier.verify(copy));
    AuditLog log = Leaves.open(directory);
    LeafPosition later = Leaves.durably(log, Leaves.refusal("later"));
    log.close();
    assertThat(AuditVerifier.verify(directory, List.of(atCopy, later)).findings()).isEmpty();

    // The old copy goes on as if nothing had been, to the same number.
    AuditLog rolledBack = Leaves.open(copy);
    LeafPosition other = Leaves.durably(rolledBack, Leaves.refusal("other"));
    rolledBack.close();
    assertThat(other.seq()).isEqualTo(later.seq());
    assertThat(AuditVerifier.verify(copy, List.of(atCopy)).findings()).isEmpty();
    assertThat(AuditVerifier.verify(copy, List.of(later)).findings())
        .singleElement()
        .satisfies(finding -> assertThat(finding.what()).contains("not the leaf that is known"));
  }

  @Test
  void findsThatThereIsNoLog() throws IOException {
    assertThat(AuditVerifier.verify(Files.createDirectory(directory.resolve("empty"))).findings())
        .containsExactly(new Finding("", 0, "there is no segment"));
  }

  @Test
  void describesALogThatIsWrongEverywhereByItsFirstFaults() throws IOException {
    Path segment = segments.get(1);
    Files.writeString(segment, "no\n".repeat(3000));
    VerifyReport report = AuditVerifier.verify(directory);
    assertThat(report.findings()).hasSize(VerifyReport.FINDINGS_MAX);
  }

  @Test
  void verifiesALogWhileItGrows() throws Exception {
    Path other = Files.createDirectory(directory.resolve("other"));
    try (AuditLog log = Leaves.open(other)) {
      Thread appender =
          Thread.ofPlatform()
              .start(
                  () -> {
                    try {
                      for (int i = 0; i < 20_000; i++) {
                        log.append(Leaves.refusal("r" + i));
                        if (i % 500 == 0) {
                          Leaves.durably(log, Leaves.refusal("s" + i));
                        }
                      }
                    } catch (AuditUnavailableException e) {
                      throw new AssertionError(e);
                    }
                  });
      int rounds = 0;
      while (appender.isAlive() || rounds == 0) {
        assertThat(AuditVerifier.verify(other).findings()).isEmpty();
        rounds++;
      }
      appender.join();
    }
    assertThat(AuditVerifier.verify(other).decisions()).isEqualTo(20_040);
  }
}

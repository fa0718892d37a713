// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.audit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class RecoveryTest {
  private static final int SECTOR = 512;

  @TempDir private Path directory;

  private interface Damage {
    void to(Path segment) throws IOException;
  }

  private record Row(String because, Damage damage) {
    @Override
    public String toString() {
      return because;
    }
  }

  /** A log of ten decisions that was stopped as by a crash: no last leaf, calls open. */
  private Path crashed() throws Exception {
    try (AuditLog log = Leaves.open(directory)) {
      for (int i = 0; i < 10; i++) {
        Leaves.durably(log, Leaves.permit("c" + i));
      }
      Leaves.durably(log, Leaves.outcome("c3"));
    }
    Path segment = Leaves.onlySegment(directory);
    List<String> lines = Leaves.lines(segment);
    lines.removeLast();
    Files.writeString(segment, String.join("", lines));
    return segment;
  }

  private static void append(Path file, byte[] bytes) throws IOException {
    Files.write(file, bytes, StandardOpenOption.APPEND);
  }

  private static void append(Path file, String text) throws IOException {
    append(file, text.getBytes(UTF_8));
  }

  /** What a group that lost its first sectors leaves: zeros up to a sector's edge, then text. */
  private static void hole(Path file, String after) throws IOException {
    append(file, new byte[(int) (2 * SECTOR - Files.size(file) % SECTOR)]);
    append(file, after);
  }

  static Stream<Row> torn() {
    return Stream.of(
        new Row("nothing is there", segment -> {}),
        new Row("space was laid ahead", segment -> append(segment, new byte[100_000])),
        new Row("a line has no end", segment -> append(segment, "{\"call_id\":\"c")),
        new Row(
            "a line has no end and space follows",
            segment -> {
              append(segment, "{\"call_id\":\"c");
              append(segment, new byte[5000]);
            }),
        new Row("a last whole line is no leaf", segment -> append(segment, "{\"call_id\":7\n")),
        new Row(
            "a last whole line follows the chain and is no JSON",
            segment -> {
              List<String> lines = Leaves.lines(segment);
              String last = lines.getLast().strip();
              append(
                  segment,
                  "{\"bad\":[1,,2],\"prev\":\"%s\",\"seq\":%d}\n"
                      .formatted(new Chain().hash(last.getBytes(UTF_8)), lines.size() + 1));
            }),
        new Row(
            "a last whole line does not follow the chain",
            segment -> append(segment, Leaves.lines(segment).getFirst())),
        new Row(
            "sectors of the group are missing",
            segment -> hole(segment, "d\":\"x\"}\n{\"more\":1}\n{\"a")),
        new Row(
            "sectors in the middle of a line are missing",
            segment -> {
              long size = Files.size(segment);
              append(segment, "{".repeat((int) (2 * SECTOR - size % SECTOR)));
              append(segment, new byte[3 * SECTOR]);
              append(segment, "}\n{\"v\":1}\n");
            }));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("torn")
  void cutsWhatACrashLeavesAndEndsTheCallsItLeftOpen(Row row) throws Exception {
    Path segment = crashed();
    long size = Files.size(segment);
    row.damage.to(segment);
    byte[] damaged = Files.readAllBytes(segment);
    try (AuditLog log = Leaves.open(directory)) {
      Leaves.durably(log, Leaves.refusal("after"));
    }
    assertThat(AuditVerifier.verify(directory).findings()).isEmpty();
    List<JsonNode> leaves = Leaves.read(directory);
    List<JsonNode> unknown =
        leaves.stream().filter(leaf -> leaf.path("result").asText().equals("unknown")).toList();
    assertThat(unknown)
        .extracting(leaf -> leaf.path("call_id").asText())
        .containsExactly("c0", "c1", "c2", "c4", "c5", "c6", "c7", "c8", "c9");
    assertThat(unknown).allMatch(leaf -> leaf.path("side_effect").asText().equals("unknown"));
    JsonNode recovered = leaves.get(leaves.size() - 4);
    assertThat(recovered.path("event").asText()).isEqualTo("recovered");
    assertThat(recovered.path("counts").path("unknown_outcomes").asInt()).isEqualTo(9);

    int end = damaged.length;
    while (damaged[end - 1] == 0) {
      end--;
    }
    long cut = end - size;
    assertThat(recovered.path("counts").path("bytes_cut").asLong()).isEqualTo(cut);
    Path copy = directory.resolve(Segments.name(segment) + ".torn-" + size);
    assertThat(Files.exists(copy)).isEqualTo(cut > 0);
    if (cut > 0) {
      assertThat(Files.size(copy)).isEqualTo(cut);
    }
  }

  private static void replace(Path segment, int line, String from, String to) throws IOException {
    List<String> lines = Leaves.lines(segment);
    String altered = lines.get(line).replace(from, to);
    assertThat(altered).isNotEqualTo(lines.get(line));
    lines.set(line, altered);
    Files.writeString(segment, String.join("", lines));
  }

  static Stream<Row> damages() {
    return Stream.of(
        new Row("a byte amid it was altered", segment -> replace(segment, 5, "\"c3\"", "\"cX\"")),
        new Row("a line amid it is no JSON", segment -> replace(segment, 5, "{", "[")),
        new Row(
            "a line amid it is gone",
            segment -> {
              List<String> lines = Leaves.lines(segment);
              lines.remove(5);
              Files.writeString(segment, String.join("", lines));
            }),
        new Row(
            "zeros that are no whole sectors are amid it",
            segment -> replace(segment, 5, "files", "\0\0\0\0\0")),
        new Row(
            "more follows a hole than one group",
            segment -> {
              hole(segment, "x".repeat(1000));
              append(segment, "{}\n".repeat(500_000));
            }),
        new Row(
            "there is more space than is ever laid ahead",
            segment -> append(segment, new byte[2 << 20])),
        new Row("its first line is gone", segment -> replace(segment, 0, "{", "(")),
        new Row(
            "its first line is of another version",
            segment -> replace(segment, 0, "\"v\":1", "\"v\":2")),
        new Row(
            "its first line names another file",
            segment -> replace(segment, 0, "leaves-00", "leaves-01")));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("damages")
  void refusesToOpenWhatNoCrashLeavesAndTouchesNothing(Row row) throws Exception {
    Path segment = crashed();
    row.damage.to(segment);
    byte[] before = Files.readAllBytes(segment);
    assertThatThrownBy(() -> Leaves.open(directory))
        .isInstanceOf(IOException.class)
        .hasMessageStartingWith("the audit log is damaged after seq ")
        .hasMessageContaining(Segments.name(segment));
    assertThat(Files.readAllBytes(segment)).isEqualTo(before);
    // The lock was given back.
    assertThatThrownBy(() -> Leaves.open(directory)).hasMessageContaining("damaged");
  }

  @Test
  void namesTheLeafAfterWhichTheLogIsDamaged() throws Exception {
    Path segment = crashed();
    replace(segment, 5, "\"c3\"", "\"cX\"");
    // The altered leaf still fits what is before it; the one after it does not fit it.
    assertThatThrownBy(() -> Leaves.open(directory))
        .hasMessageStartingWith("the audit log is damaged after seq 6 in segment leaves-");
  }

  @Test
  void refusesTheLogOfAnotherNode() throws Exception {
    Leaves.open(directory).close();
    AuditSettings other =
        new AuditSettings(directory, "gw-2", AuditSettings.SEGMENT_BYTES_MIN, 100);
    assertThatThrownBy(() -> AuditLog.open(other, Leaves.ticking(), AuditObserver.NONE))
        .hasMessage("the audit log belongs to another node: expected \"gw-2\", found \"gw-1\"");
  }

  /** Three segments or more; the call "long" is open from the first to the last. */
  private List<Path> segments() throws Exception {
    try (AuditLog log = Leaves.open(directory)) {
      Leaves.durably(log, Leaves.permit("long"));
      while (Segments.list(directory).size() < 4) {
        Leaves.durably(log, Leaves.filler(30_000));
      }
    }
    return Segments.list(directory);
  }

  @Test
  void findsCallsThatWereOpenSinceEarlierSegments() throws Exception {
    segments();
    Leaves.open(directory).close();
    VerifyReport report = AuditVerifier.verify(directory);
    assertThat(report.findings()).isEmpty();
    assertThat(report.unknownOutcomes()).isEqualTo(1);
  }

  @Test
  void dropsANewestSegmentThatHoldsNothingYet() throws Exception {
    Leaves.durably(Leaves.open(directory), Leaves.refusal("a"));
    // That log stays open on purpose: what it wrote is copied as a crash would leave it.
    Path crashed = Files.createDirectory(directory.resolve("crashed"));
    Path segment = Leaves.onlySegment(directory);
    Files.copy(segment, crashed.resolve(Segments.name(segment)));
    Files.write(crashed.resolve(Segments.name(4)), new byte[4096]);
    Leaves.open(crashed).close();
    assertThat(AuditVerifier.verify(crashed).findings()).isEmpty();
    assertThat(Segments.list(crashed)).hasSize(1);
  }

  @Test
  void beginsAnewWhenEvenTheFirstSegmentHoldsNothing() throws Exception {
    Files.write(directory.resolve(Segments.name(1)), new byte[4096]);
    Leaves.open(directory).close();
    assertThat(AuditVerifier.verify(directory).findings()).isEmpty();
  }

  @Test
  void refusesANewestSegmentThatIsEmptyAndDoesNotFollow() throws Exception {
    Leaves.open(directory).close();
    Files.write(directory.resolve(Segments.name(17)), new byte[4096]);
    assertThatThrownBy(() -> Leaves.open(directory)).hasMessageContaining("begins at 17");
    assertThat(Files.exists(directory.resolve(Segments.name(17)))).isTrue();
  }

  @Test
  void refusesWhenOnlyAnEmptyLaterSegmentIsLeft() throws Exception {
    Files.write(directory.resolve(Segments.name(17)), new byte[0]);
    assertThatThrownBy(() -> Leaves.open(directory)).hasMessageContaining("the only segment");
  }

  @Test
  void refusesWhenASegmentThatIsNeededIsMissing() throws Exception {
    Files.delete(segments().get(1));
    assertThatThrownBy(() -> Leaves.open(directory)).hasMessageContaining("is missing");
  }

  @Test
  void refusesWhenAClosedSegmentGoesOn() throws Exception {
    append(segments().get(1), new byte[1]);
    assertThatThrownBy(() -> Leaves.open(directory))
        .hasMessageContaining("a closed segment goes on");
  }

  @Test
  void refusesWhenTheFirstLinkBetweenSegmentsIsBroken() throws Exception {
    List<Path> segments = segments();
    replace(segments.get(2), 0, "\"prev\":\"", "\"prev\":\"0");
    assertThatThrownBy(() -> Leaves.open(directory))
        .hasMessageContaining("damaged")
        .hasMessageContaining(Segments.name(segments.get(2)));
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.audit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AuditReaderTest {
  @TempDir private Path directory;

  private static List<String> names(List<List<JsonNode>> decisions) {
    return decisions.stream()
        .map(leaves -> leaves.getFirst().path("call_id").asText() + "+" + (leaves.size() - 1))
        .toList();
  }

  @Test
  void givesLeavesInOrderFromASegmentThatIsBeingWritten() throws Exception {
    try (AuditLog log = Leaves.open(directory)) {
      Leaves.durably(log, Leaves.permit("a"));
      Leaves.durably(log, Leaves.outcome("a"));
      // Zeros follow, as long as the segment is written.
      assertThat(Files.size(Leaves.onlySegment(directory))).isGreaterThan(100_000);
      assertThat(Leaves.kinds(directory))
          .containsExactly("segment", "started", "decision", "outcome");
    }
  }

  @Test
  void stopsBeforeALineThatIsHalfWritten() throws Exception {
    Leaves.open(directory).close();
    Files.writeString(Leaves.onlySegment(directory), "{\"kind\":\"dec", StandardOpenOption.APPEND);
    assertThat(Leaves.kinds(directory)).containsExactly("segment", "started", "stopped");
  }

  @Test
  void passesOverLinesThatAreNoLeavesAndSaysHowMany() throws Exception {
    Leaves.open(directory).close();
    Path segment = Leaves.onlySegment(directory);
    List<String> lines = Leaves.lines(segment);
    lines.add(1, "no\n");
    lines.add(2, "[]\n");
    Files.writeString(segment, String.join("", lines));
    List<JsonNode> leaves = new ArrayList<>();
    AuditReader reader = new AuditReader(directory);
    reader.forEach(leaves::add);
    assertThat(leaves).hasSize(3);
    assertThat(reader.passedOver()).isEqualTo(2);
    assertThat(reader.newest(1)).isEmpty();
    assertThat(reader.passedOver()).isEqualTo(4);
  }

  @Test
  void readsNothingInAFolderWithoutALog() throws Exception {
    AuditReader reader = new AuditReader(directory);
    assertThat(reader.isThere()).isFalse();
    assertThat(reader.newest(5)).isEmpty();
    assertThat(reader.call("a")).isEmpty();
    Leaves.open(directory).close();
    assertThat(reader.isThere()).isTrue();
  }

  @Test
  void whatIsNoFolderIsNotAnEmptyLog() throws Exception {
    Path nothing = directory.resolve("nothing");
    Path file = Files.createFile(directory.resolve("file"));
    assertThatThrownBy(() -> new AuditReader(nothing).newest(5))
        .isInstanceOf(NoSuchFileException.class);
    assertThatThrownBy(() -> new AuditReader(file).isThere())
        .isInstanceOf(NotDirectoryException.class);
    assertThatThrownBy(() -> AuditVerifier.verify(nothing)).isInstanceOf(NoSuchFileException.class);
    assertThatThrownBy(() -> AuditVerifier.verify(file)).isInstanceOf(NotDirectoryException.class);
  }

  @Test
  void findsTheLeavesOfOneCall() throws Exception {
    try (AuditLog log = Leaves.open(directory)) {
      Leaves.durably(log, Leaves.refusal("a"));
      Leaves.durably(log, Leaves.permit("b"));
      Leaves.durably(log, Leaves.permit("a"));
      Leaves.durably(log, Leaves.outcome("b"));
      Leaves.durably(log, Leaves.outcome("a"));
    }
    assertThat(new AuditReader(directory).call("a"))
        .extracting(leaf -> leaf.path("seq").asInt())
        .containsExactly(3, 5, 7);
    assertThat(new AuditReader(directory).call("c")).isEmpty();
  }

  @Test
  void findsWhatCameOfACallWithIt() throws Exception {
    try (AuditLog log = Leaves.open(directory)) {
      Leaves.durably(log, Leaves.permit("a"));
      Leaves.durably(log, Leaves.question("b", "a"));
      Leaves.durably(log, Leaves.question("c", "other"));
      Leaves.durably(log, Leaves.question("d", "b"));
      Leaves.durably(log, Leaves.outcome("a"));
    }
    AuditReader reader = new AuditReader(directory);
    assertThat(reader.call("a"))
        .extracting(leaf -> leaf.path("call_id").asText())
        .containsExactly("a", "b", "d", "a");
    assertThat(reader.call("b"))
        .extracting(leaf -> leaf.path("call_id").asText())
        .containsExactly("b", "d");
    assertThat(reader.call("")).isEmpty();
  }

  @Test
  void listsTheNewestDecisionsWithTheirOutcomesAcrossSegments() throws Exception {
    try (AuditLog log = Leaves.open(directory)) {
      Leaves.durably(log, Leaves.permit("oldest"));
      Leaves.durably(log, Leaves.outcome("oldest"));
      Leaves.durably(log, Leaves.permit("spanning"));
      Leaves.durably(log, Leaves.refusal("refused"));
      while (Segments.list(directory).size() < 3) {
        Leaves.durably(log, Leaves.filler(30_000));
      }
      Leaves.durably(log, Leaves.permit("waiting"));
      Leaves.durably(log, Leaves.outcome("spanning"));
      Leaves.durably(log, Leaves.permit("newest"));
      Leaves.durably(log, Leaves.outcome("newest"));
    }
    AuditReader reader = new AuditReader(directory);
    assertThat(names(reader.newest(1))).containsExactly("newest+1");
    assertThat(names(reader.newest(2))).containsExactly("waiting+0", "newest+1");
    assertThat(names(reader.newest(4)))
        .containsExactly("spanning+1", "refused+0", "waiting+0", "newest+1");
    assertThat(names(reader.newest(100)))
        .containsExactly("oldest+1", "spanning+1", "refused+0", "waiting+0", "newest+1");
  }
}

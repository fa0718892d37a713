// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.audit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is read in place says what a parsed tree says, or nothing. */
final class LeafOutlineTest {
  private static final String HASH = "a".repeat(64);

  @TempDir private Path directory;

  private final LeafOutline outline = new LeafOutline();

  /** Amid other bytes, as in a block. */
  private boolean read(String line) {
    byte[] bytes = ("x" + line + "\n{").getBytes(UTF_8);
    return outline.read(bytes, 1, 1 + line.getBytes(UTF_8).length);
  }

  private void assertSameAsTree(String line) {
    JsonNode leaf = Objects.requireNonNull(LeafParser.parse(line.getBytes(UTF_8)));
    assertThat(outline.seq()).isEqualTo(LeafParser.number(leaf, "seq"));
    assertThat(outline.prev()).isEqualTo(LeafParser.text(leaf, "prev"));
    assertThat(outline.callId()).isEqualTo(LeafParser.text(leaf, "call_id"));
    assertThat(outline.isOpening()).isEqualTo(LeafParser.isOpening(leaf));
    assertThat(outline.isOutcome()).isEqualTo(LeafParser.isOutcome(leaf));
  }

  @Test
  void saysOfEveryLeafThatIsWrittenWhatItsTreeSays() throws Exception {
    try (AuditLog log = Leaves.open(directory)) {
      Leaves.durably(log, Leaves.permit("c1"));
      Leaves.durably(log, Leaves.refusal("c\\\"{2"));
      Leaves.durably(log, Leaves.outcome("c1"));
    }
    for (String line : Leaves.lines(Leaves.onlySegment(directory))) {
      if (read(line.strip())) {
        assertSameAsTree(line.strip());
      } else {
        assertThat(line).contains("\\\\");
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{'call_id':'c','kind':'decision','outcome_expected':true,'prev':'H','seq':7}",
        "{'call_id':'c','kind':'decision','outcome_expected':false,'prev':'H','seq':7}",
        "{'call_id':'c','kind':'outcome','prev':'H','seq':999999999999999999}",
        "{'a':{'seq':1,'prev':'x','kind':'outcome'},'kind':'node','prev':'H','seq':7}",
        "{'a':['}',']','\\'',{'b':'\\\\'}],'prev':'H','seq':7}",
        "{'seq':7,'prev':'H','z':'é'}",
      })
  void readsMembersOfTheLeafItself(String text) {
    String line = text.replace('\'', '"').replace("H", HASH);
    assertThat(read(line)).isTrue();
    assertSameAsTree(line);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "{}",
        "[]",
        "7",
        "{'prev':'H'}",
        "{'seq':7}",
        "{'prev':'H','seq':7",
        "{'prev':'H','seq':7}}",
        "{'prev':'H','seq':7} ",
        "{'prev':'H','seq':7}{'prev':'H','seq':7}",
        "{'prev':'H','seq':7,}",
        "{'prev':'H','seq':'7'}",
        "{'prev':'H','seq':-7}",
        "{'prev':'H','seq':07}",
        "{'prev':'H','seq':7.0}",
        "{'prev':'H','seq':7e0}",
        "{'prev':'H','seq':}",
        "{'prev':'H','seq':1000000000000000000}",
        "{'prev':'H\\u0041','seq':7}",
        "{'pr\\u0065v':'H','seq':7}",
        "{'prev':7,'seq':7}",
        "{'prev':'','seq':7}",
        "{'call_id':7,'prev':'H','seq':7}",
        "{'prev':'H','seq':7,'open",
        "{'prev':'H','seq':7,'open'",
        "{'prev':'H','seq':7,'open':",
        "{'prev':'H','seq':7,'open':[",
        "{'prev':'H','seq':7,'open':'\\",
        "{ 'prev':'H','seq':7}",
        "{'prev':'H', 'seq':7}",
      })
  void leavesToTheParserWhatIsNotAsItIsWritten(String text) {
    assertThat(read(text.replace('\'', '"').replace("H", HASH))).isFalse();
  }
}

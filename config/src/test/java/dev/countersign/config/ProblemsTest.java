// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Files with something wrong, in problems.txt, and exactly what is said of each. */
final class ProblemsTest {
  private static final Path TABLE = Path.of("src/test/resources/problems.txt");
  private static final Pattern ROW =
      Pattern.compile(
          "(?ms)^=== (?<because>[^\n]+)\n--- schema (?<schema>[^\n]+)\n"
              + "(?<text>.*?)--- said\n(?<said>.*?)(?=\n===|\\z)");

  @TempDir private Path folder;

  /**
   * A file.
   *
   * @param schema whether the schema refuses it, cannot say what is wrong, or never sees it
   * @param said every problem and warning
   */
  record Bad(String because, String schema, String text, String said) {
    @Override
    public String toString() {
      return because;
    }
  }

  static List<Bad> bad() throws IOException {
    return ROW.matcher(Files.readString(TABLE))
        .results()
        .map(
            row ->
                new Bad(
                    row.group("because"),
                    row.group("schema"),
                    row.group("text"),
                    row.group("said")))
        .toList();
  }

  private String said(String text) {
    return String.join(
        "", TestFile.said(TestFile.read(text, folder)).stream().map(l -> l + "\n").toList());
  }

  @Test
  void everyProblemIsSaidWithItsPlace() throws IOException {
    String table = Files.readString(TABLE);
    StringBuilder written = new StringBuilder(table.substring(0, table.indexOf("\n===")));
    for (Bad bad : bad()) {
      written.append("\n=== ").append(bad.because).append("\n--- schema ").append(bad.schema);
      written.append('\n').append(bad.text).append("--- said\n").append(said(bad.text));
    }
    if (DocsTest.WRITE) {
      Files.writeString(TABLE, written);
    }
    assertThat(written).hasToString(Files.readString(TABLE));
  }

  @ParameterizedTest
  @MethodSource("bad")
  void fileIsRefusedWithoutShowingASecret(Bad bad) {
    assertThat(TestFile.read(bad.text, folder)).isInstanceOf(ConfigResult.Invalid.class);
    assertThat(said(bad.text)).isNotEmpty().doesNotContain("pa55word").doesNotContain("s3cret");
  }

  @ParameterizedTest
  @MethodSource("bad")
  void schemaRefusesWhatItCanSay(Bad bad) {
    if (!bad.schema.equals("never sees")) {
      assertThat(SchemaCheck.errors(bad.text).isEmpty()).isEqualTo(bad.schema.equals("cannot say"));
    }
  }

  @Test
  void endlessNestingIsRefusedAtItsBound() {
    assertThat(said("a: " + "[".repeat(500_000)))
        .startsWith("f:1:35: (file): found nesting deeper than 32")
        .hasLineCount(1);
  }

  @Test
  void bytesThatAreNoTextAreRefused() {
    byte[] bytes = "a: 1\nb: \u00e9?\n".getBytes(StandardCharsets.ISO_8859_1);
    assertThat(TestFile.said(TestFile.read(bytes, folder)))
        .containsExactly("f:2:4: (file): found bytes that are no UTF-8, expected text in UTF-8");
  }

  @Test
  void filesThatCannotBeSettingsAreRefused() throws IOException {
    Path huge = Files.writeString(folder.resolve("huge"), "#".repeat((1 << 20) + 1));
    Path none = folder.resolve("none");
    assertThat(List.of(huge, none, folder))
        .extracting(file -> TestFile.said(ConfigReader.read(file, TestFile.ENVIRONMENT)))
        .containsExactly(
            List.of(
                huge + ":1:1: (file): found more than 1MiB, expected settings, which are shorter"),
            List.of(none + ":1:1: (file): found no file, expected settings"),
            List.of(folder + ":1:1: (file): found no regular file, expected settings"));
  }

  @Test
  void problemsAreBounded() {
    String text = TestFile.GOOD + "listen: {" + "a: 1, ".repeat(20_000) + "}\n";
    assertThat(TestFile.said(TestFile.read(text, folder))).hasSize(Reading.PROBLEMS_MAX);
  }
}

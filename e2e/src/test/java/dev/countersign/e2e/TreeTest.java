// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.e2e;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.googlejavaformat.java.Formatter;
import com.google.googlejavaformat.java.FormatterException;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import dev.countersign.gateway.error.Reason;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What must hold for the tree as a whole. */
final class TreeTest {
  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("dev.countersign");

  @Test
  void leavesKnowNothingOfEachOtherOrOfTheSpine() {
    List<String> leaves = List.of("audit", "identity", "policy");
    for (String leaf : leaves) {
      for (String other : List.of("audit", "identity", "policy", "gateway", "config", "cli")) {
        if (!leaf.equals(other)) {
          neverDepends("dev.countersign." + leaf + "..", "dev.countersign." + other + "..");
        }
      }
    }
  }

  @Test
  void arrowsPointDown() {
    neverDepends("dev.countersign.gateway..", "dev.countersign.config..");
    neverDepends("dev.countersign.gateway..", "dev.countersign.cli..");
    neverDepends("dev.countersign.config..", "dev.countersign.cli..");
  }

  @Test
  void nettyIsNamedInTheHttpAndUpstreamPackagesOnly() {
    noClasses()
        .that()
        .resideOutsideOfPackages(
            "dev.countersign.gateway.http..", "dev.countersign.gateway.upstream..")
        .should()
        .dependOnClassesThat()
        .resideInAPackage("io.netty..")
        .check(CLASSES);
  }

  private static void neverDepends(String from, String to) {
    noClasses()
        .that()
        .resideInAPackage(from)
        .should()
        .dependOnClassesThat()
        .resideInAPackage(to)
        .check(CLASSES);
  }

  @Test
  void codeIsLaidOutByTheFormatter() throws IOException, FormatterException {
    List<Path> other = new ArrayList<>();
    for (Path file : Tree.javaFiles()) {
      String source = Files.readString(file);
      if (!new Formatter().formatSource(source).equals(source)) {
        other.add(Tree.ROOT.relativize(file));
      }
    }
    assertThat(other).isEmpty();
  }

  @Test
  void everyPackageSaysWhatItIsFor() throws IOException {
    for (Path file : Tree.javaFiles()) {
      if (file.toString().contains("/src/main/")) {
        assertThat(file.resolveSibling("package-info.java")).exists();
      }
    }
  }

  @Test
  void errorsAreDocumentedAsTheyAre() throws IOException {
    List<String> rows = new ArrayList<>();
    for (Reason reason : Reason.values()) {
      rows.add(
          "| `%s` | %d | %s | %d / %d | %d | %s |"
              .formatted(
                  reason.id(),
                  reason.number(),
                  reason.family().name().toLowerCase(Locale.ROOT),
                  reason.status(true),
                  reason.status(false),
                  reason.code(),
                  reason.text()));
    }
    assertThat(Files.readString(Tree.ROOT.resolve("docs/errors.md")).lines())
        .filteredOn(line -> line.startsWith("| `"))
        .containsExactlyInAnyOrderElementsOf(rows);
  }

  @Test
  void linksInDocumentsLeadSomewhere() throws IOException {
    Pattern link = Pattern.compile("\\]\\(([^)#:]+)(#[^)]*)?\\)");
    try (var files = Files.walk(Tree.ROOT)) {
      for (Path doc :
          files
              .filter(file -> file.toString().endsWith(".md"))
              .filter(file -> !file.toString().contains("node_modules"))
              .toList()) {
        Matcher links = link.matcher(Files.readString(doc));
        while (links.find()) {
          assertThat(doc.resolveSibling(links.group(1))).exists();
        }
      }
    }
  }

  /** In code, scripts and settings, too, a document that is named is there. */
  @Test
  void documentsThatAreNamedExist() throws IOException {
    Pattern named = Pattern.compile("\\bdocs/[A-Za-z0-9_/-]+\\.(md|json|svg)\\b");
    for (Path file : Tree.textFiles()) {
      Matcher names = named.matcher(Files.readString(file));
      while (names.find()) {
        assertThat(Tree.ROOT.resolve(names.group())).as("named in %s", file).exists();
      }
    }
  }
}

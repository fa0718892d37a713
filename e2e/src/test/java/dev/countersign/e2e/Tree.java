// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.e2e;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** The source tree. */
final class Tree {
  /** The repository's root; tests run in a module's folder. */
  static final Path ROOT = Path.of("").toAbsolutePath().resolveSibling("").normalize();

  private static final Pattern TEXT =
      Pattern.compile(".*\\.(java|md|rego|ya?ml|xml|sh|mjs|json)|.*/(countersign|Dockerfile|run)");
  private static final Pattern BUILT =
      Pattern.compile("(^|/)(target|node_modules|\\.git|src/test)/");

  private Tree() {}

  /** Every file that people or programs read as text, without what builds bring. */
  static List<Path> textFiles() throws IOException {
    try (Stream<Path> files = Files.walk(ROOT)) {
      return files
          .filter(Files::isRegularFile)
          .filter(file -> TEXT.matcher(file.toString()).matches())
          .filter(file -> !BUILT.matcher(ROOT.relativize(file).toString()).find())
          .sorted()
          .toList();
    }
  }

  /** Every Java source file of every module. */
  static List<Path> javaFiles() throws IOException {
    try (Stream<Path> files = Files.walk(ROOT)) {
      return files
          .filter(file -> file.toString().endsWith(".java"))
          .filter(file -> file.toString().contains("/src/"))
          .filter(file -> !file.toString().contains("/node_modules/"))
          .sorted()
          .toList();
    }
  }
}

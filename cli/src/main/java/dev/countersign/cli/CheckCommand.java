// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.countersign.config.ConfigReader;
import dev.countersign.config.ConfigResult;
import dev.countersign.config.Problem;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code countersign check}. */
@Command(
    name = "check",
    description = "Says everything that is wrong with a settings file; exit code 1 if anything is.",
    mixinStandardHelpOptions = true)
final class CheckCommand implements Callable<Integer> {
  @Spec private @Nullable CommandSpec spec;

  @Parameters(paramLabel = "FILE", description = "The settings.")
  private Path file = Path.of("");

  @Option(
      names = "--json",
      description =
          "Problems and warnings as a JSON array: kind, file, line, column, path, found, expected.")
  private boolean json;

  @Option(names = "--strict", description = "Warnings make the exit code 1, too.")
  private boolean strict;

  @Override
  public Integer call() {
    ConfigResult result = ConfigReader.read(file, System.getenv());
    List<Problem> problems = problems(result);
    PrintWriter out = Main.out(spec);
    if (json) {
      out.println(json(problems, result.warnings()));
    } else {
      report(result, Main.err(spec));
    }
    if (!problems.isEmpty() || (strict && !result.warnings().isEmpty())) {
      return Main.NO;
    }
    if (!json) {
      out.println(file + ": valid");
    }
    return 0;
  }

  /** Prints problems and warnings, a line each. */
  static void report(ConfigResult result, PrintWriter err) {
    problems(result).forEach(problem -> err.println(problem.text()));
    result.warnings().forEach(warning -> err.println(warning.text()));
  }

  private static List<Problem> problems(ConfigResult result) {
    return switch (result) {
      case ConfigResult.Valid valid -> List.of();
      case ConfigResult.Invalid invalid -> invalid.problems();
    };
  }

  private static ArrayNode json(List<Problem> problems, List<Problem> warnings) {
    ArrayNode array = JsonNodeFactory.instance.arrayNode();
    for (List<Problem> some : List.of(problems, warnings)) {
      for (Problem problem : some) {
        array
            .addObject()
            .put("kind", problem.kind().name().toLowerCase(Locale.ROOT))
            .put("file", problem.file())
            .put("line", problem.line())
            .put("column", problem.column())
            .put("path", problem.path())
            .put("found", problem.found())
            .put("expected", problem.expected());
      }
    }
    return array;
  }
}

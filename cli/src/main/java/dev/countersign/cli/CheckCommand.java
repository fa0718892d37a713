// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.countersign.config.ConfigReader;
import dev.countersign.config.ConfigResult;
import dev.countersign.config.Problem;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code countersign check}. */
@Command(
    name = "check",
    description = "Says everything that is wrong with a settings file; exit code 1 if anything is.",
    mixinStandardHelpOptions = true)
final class CheckCommand implements Callable<Integer> {
  @Parameters(paramLabel = "FILE", description = "The settings.")
  private Path file = Path.of("");

  @Option(names = "--json", description = "Problems as a JSON array.")
  private boolean json;

  @Override
  public Integer call() {
    return report(file, json);
  }

  static int report(Path file, boolean json) {
    List<Problem> problems =
        switch (ConfigReader.read(file, System.getenv())) {
          case ConfigResult.Valid valid -> List.of();
          case ConfigResult.Invalid invalid -> invalid.problems();
        };
    if (json) {
      try {
        System.out.println(new ObjectMapper().writeValueAsString(problems));
      } catch (JsonProcessingException e) {
        throw new IllegalStateException("records could not be written", e);
      }
    } else if (problems.isEmpty()) {
      System.out.println(file + ": valid");
    } else {
      problems.forEach(problem -> System.err.println(problem.text()));
    }
    return problems.isEmpty() ? 0 : Main.NO;
  }
}

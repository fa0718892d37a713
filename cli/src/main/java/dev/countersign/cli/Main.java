// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import java.io.PrintWriter;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;

/**
 * {@code countersign}. Exit codes: 0 done, 1 the answer is no (settings or log not valid, gateway
 * not ready), 2 wrong usage, 3 it could not be done.
 */
@Command(
    name = "countersign",
    description = "An authorization gateway for the Model Context Protocol.",
    mixinStandardHelpOptions = true,
    version = "countersign 0.1.0-SNAPSHOT",
    subcommands = {
      RunCommand.class,
      CheckCommand.class,
      DemoCommand.class,
      AuditCommand.class,
      HealthCommand.class,
      DemoServerCommand.class,
      DemoIssuerCommand.class,
      DemoTokenCommand.class,
      AutoComplete.GenerateCompletion.class
    })
public final class Main {
  /** The answer is no. */
  static final int NO = 1;

  /** It could not be done. */
  static final int FAILED = 3;

  private Main() {}

  /** Runs a command line and exits with its code. */
  public static void main(String[] args) {
    System.exit(commandLine().execute(args));
  }

  /** The command line. Whatever fails ends as one line and a code, and never as a trace. */
  static CommandLine commandLine() {
    return new CommandLine(new Main())
        .setUsageHelpAutoWidth(true)
        .setExecutionExceptionHandler(
            (failure, command, parsed) -> {
              String message = failure.getMessage();
              command.getErr().println("countersign: " + (message == null ? failure : message));
              return FAILED;
            });
  }

  /** Where a command prints what was asked for. */
  static PrintWriter out(@Nullable CommandSpec command) {
    return Objects.requireNonNull(command, "not run by picocli").commandLine().getOut();
  }

  /** Where a command prints what went wrong. */
  static PrintWriter err(@Nullable CommandSpec command) {
    return Objects.requireNonNull(command, "not run by picocli").commandLine().getErr();
  }
}

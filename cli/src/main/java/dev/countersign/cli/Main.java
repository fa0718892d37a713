// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Command;

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
    System.exit(new CommandLine(new Main()).setUsageHelpAutoWidth(true).execute(args));
  }
}

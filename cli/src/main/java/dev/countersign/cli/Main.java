// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
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
    versionProvider = Version.class,
    subcommands = {
      RunCommand.class,
      WrapCommand.class,
      CheckCommand.class,
      DemoCommand.class,
      AuditCommand.class,
      HealthCommand.class,
      DemoServerCommand.class,
      DemoIssuerCommand.class,
      DemoTokenCommand.class,
      TrainCommand.class,
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
    System.exit(isPlainRun(args) ? run(args[2]) : commandLine().execute(args));
  }

  /**
   * {@code run --config FILE}, as most gateways are started: to read that takes no command line
   * library, which takes a quarter of a start.
   */
  private static boolean isPlainRun(String[] args) {
    return args.length == 3
        && args[0].equals("run")
        && args[1].equals("--config")
        && !args[2].startsWith("-");
  }

  private static int run(String config) {
    PrintWriter out = new PrintWriter(System.out, true, System.out.charset());
    PrintWriter err = new PrintWriter(System.err, true, System.err.charset());
    try {
      return RunCommand.run(Path.of(config), out, err);
    } catch (Exception e) {
      err.println("countersign: " + Failures.words(e));
      return FAILED;
    }
  }

  /** The command line. Whatever fails ends as one line and a code, and never as a trace. */
  static CommandLine commandLine() {
    CommandLine main = new CommandLine(new Main());
    explainExitCodes(main);
    // What follows the program's name is the program's.
    Objects.requireNonNull(main.getSubcommands().get("wrap")).setStopAtPositional(true);
    return main.setUsageHelpAutoWidth(true)
        .setExecutionExceptionHandler(
            (failure, command, parsed) -> {
              command.getErr().println("countersign: " + Failures.words(failure));
              return FAILED;
            });
  }

  /** In the help of every command, where it has none of its own. */
  private static void explainExitCodes(CommandLine command) {
    var usage = command.getCommandSpec().usageMessage();
    usage.exitCodeListHeading("Exit codes:%n");
    if (usage.exitCodeList().isEmpty()) {
      Map<String, String> codes = new LinkedHashMap<>();
      codes.put("0", "done");
      codes.put("1", "the answer is no");
      codes.put("2", "wrong usage");
      codes.put("3", "it could not be done");
      usage.exitCodeList(codes);
    }
    command.getSubcommands().values().forEach(Main::explainExitCodes);
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

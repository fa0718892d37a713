// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import dev.countersign.config.ConfigResult;
import dev.countersign.config.WrapReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code countersign wrap}: the gateway between a client and a server that both speak stdio. */
@Command(
    name = "wrap",
    description = {
      "Puts the gateway between an MCP client and a server that speaks over standard input and"
          + " output.",
      "Every call is decided and put on record. Without grants nothing is allowed."
    },
    mixinStandardHelpOptions = true)
final class WrapCommand implements Callable<Integer> {
  private static final String OWN_VARIABLES = "COUNTERSIGN_";

  @Spec private @Nullable CommandSpec spec;

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "Grants and limits: policy, limits, effects.")
  private @Nullable Path config;

  @Option(
      names = "--allow",
      paramLabel = "PATTERN",
      description =
          "What is allowed, beside the grants of the file: a pattern of tools' names, or"
              + " resource:PATTERN, prompt:PATTERN. May be repeated.")
  private List<String> allow = new ArrayList<>();

  @Option(
      names = "--name",
      paramLabel = "NAME",
      defaultValue = "server",
      description = "What grants and records call the server; ${DEFAULT-VALUE} unless said.")
  private String name = "server";

  @Option(
      names = "--audit",
      paramLabel = "FOLDER",
      description =
          "Where records go, in a folder of the server's name; unless said,"
              + " countersign/wrap in $XDG_STATE_HOME or ~/.local/state.")
  private @Nullable Path audit;

  @Parameters(
      arity = "1..*",
      paramLabel = "COMMAND",
      description = "The server's program and its arguments.")
  private List<String> command = new ArrayList<>();

  @Override
  public Integer call() throws InterruptedException, IOException {
    // Whatever a library prints must not get between two messages.
    OutputStream messages = new FileOutputStream(FileDescriptor.out);
    System.setOut(System.err);
    if (!name.matches("[a-z][a-z0-9-]{0,31}")) {
      throw new ParameterException(
          spec().commandLine(),
          "--name must be a letter, then at most 31 letters, digits and dashes, all lower case");
    }
    Map<String, String> environment = new HashMap<>(System.getenv());
    environment.keySet().removeIf(variable -> variable.startsWith(OWN_VARIABLES));
    ConfigResult result = WrapReader.read(config, environment, wrapped(environment));
    if (!(result instanceof ConfigResult.Valid valid)) {
      CheckCommand.report(result, Main.err(spec));
      return Main.NO;
    }
    RunningGateway.warn(valid);
    try (WrappedServer server = WrappedServer.start(valid.settings(), environment)) {
      Thread stop = new Thread(server::close, "countersign-stop");
      Runtime.getRuntime().addShutdownHook(stop);
      server.serve(System.in, messages);
    }
    return 0;
  }

  private WrapReader.Wrapped wrapped(Map<String, String> environment) {
    return new WrapReader.Wrapped(
        name,
        command,
        System.getProperty("user.name", "unknown"),
        allow.stream().map(this::target).toList(),
        (audit == null ? state(environment) : audit).resolve(name));
  }

  /** As grants have it: with the server's name. */
  private String target(String pattern) {
    for (String kind : List.of("resource:", "prompt:")) {
      if (pattern.startsWith(kind)) {
        return kind + name + "/" + pattern.substring(kind.length());
      }
    }
    return name + "/" + pattern;
  }

  private static Path state(Map<String, String> environment) {
    String state = environment.get("XDG_STATE_HOME");
    Path folder =
        state == null || state.isBlank()
            ? Path.of(System.getProperty("user.home", ""), ".local", "state")
            : Path.of(state);
    return folder.resolve("countersign").resolve("wrap");
  }

  private CommandSpec spec() {
    if (spec == null) {
      throw new IllegalStateException("not run by picocli");
    }
    return spec;
  }
}

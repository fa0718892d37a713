// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.run;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * How gateways are started: the first by {@code ./countersign}, as it is delivered, all others by
 * the command that this became. So sources that are edited during a run do not have the launcher
 * build anew in the middle of it.
 */
final class Launcher {
  private final Path script;
  private List<String> became = List.of();

  Launcher(Path script) {
    this.script = script;
  }

  /** The launcher itself. */
  List<String> script(Path settings) {
    return List.of(script.toString(), "run", "--config", settings.toString());
  }

  /** What the launcher becomes, once that is known. */
  List<String> command(Path settings) {
    if (became.isEmpty()) {
      return script(settings);
    }
    List<String> command = new ArrayList<>(became);
    command.set(command.size() - 1, settings.toString());
    return command;
  }

  /** Looks at a gateway that has started. */
  void learn(ProcessHandle.Info gateway) {
    if (became.isEmpty() && gateway.command().isPresent() && gateway.arguments().isPresent()) {
      List<String> command = new ArrayList<>(List.of(gateway.command().get()));
      command.addAll(Arrays.asList(gateway.arguments().get()));
      became = command;
    }
  }
}

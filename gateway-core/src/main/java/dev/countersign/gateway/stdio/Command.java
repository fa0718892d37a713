// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.stdio;

import dev.countersign.gateway.snapshot.CommandSettings;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What is started for a server, with its secrets: never printed. Two are equal when a process of
 * one could stand for a process of the other. Immutable.
 */
public final class Command {
  /** What a program gets of the gateway's own environment, and nothing else. */
  private static final Set<String> INHERITED =
      Set.of("PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR");

  private final CommandSettings settings;
  private final Map<String, String> environment;
  private final Map<String, String> secrets;

  private Command(
      CommandSettings settings, Map<String, String> environment, Map<String, String> secrets) {
    this.settings = settings;
    this.environment = Map.copyOf(environment);
    this.secrets = Map.copyOf(secrets);
  }

  /**
   * A command with a clean environment.
   *
   * @param own the gateway's environment, of which a short list is handed on
   * @param secrets values of the variables that {@link CommandSettings#secrets} names
   */
  public static Command clean(
      CommandSettings settings, Map<String, String> own, Map<String, String> secrets) {
    Map<String, String> environment = new HashMap<>(own);
    environment.keySet().retainAll(INHERITED);
    return withAll(settings, environment, secrets);
  }

  /**
   * A command with the whole of an environment that was meant for it.
   *
   * @param secrets values of the variables that {@link CommandSettings#secrets} names
   */
  public static Command withAll(
      CommandSettings settings, Map<String, String> given, Map<String, String> secrets) {
    Map<String, String> environment = new HashMap<>(given);
    environment.putAll(settings.environment());
    environment.putAll(secrets);
    return new Command(settings, environment, secrets);
  }

  CommandSettings settings() {
    return settings;
  }

  List<String> words() {
    return settings.command();
  }

  Map<String, String> environment() {
    return environment;
  }

  @Nullable Path directory() {
    return settings.directory();
  }

  /** The secrets in the environment, for keeping them out of the log. */
  Iterable<String> secretValues() {
    return secrets.values();
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Command command
        && settings.equals(command.settings)
        && environment.equals(command.environment);
  }

  @Override
  public int hashCode() {
    return settings.hashCode();
  }

  @Override
  public String toString() {
    return "Command[" + settings.name() + ']';
  }
}

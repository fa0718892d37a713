// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.snapshot;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * A tool server that the gateway runs by itself.
 *
 * @param command program and arguments, as they are: no shell, nothing of a client in them
 * @param environment further variables of its environment, in plain
 * @param secrets further variables of its environment whose values are secrets
 * @param directory where it runs; null for the gateway's own
 * @param sharing who has a process together
 * @param processesMax processes of this server at a time; one caller may have half of them
 */
public record CommandSettings(
    List<String> command,
    Map<String, String> environment,
    Map<String, SecretReference> secrets,
    @Nullable Path directory,
    Sharing sharing,
    int processesMax) {
  /** How many processes there are by default. */
  public static final int PROCESSES_MAX_DEFAULT = 32;

  public CommandSettings {
    command = List.copyOf(command);
    environment = Collections.unmodifiableMap(new TreeMap<>(environment));
    secrets = Collections.unmodifiableMap(new TreeMap<>(secrets));
  }

  /** Who has a process together. */
  public enum Sharing {
    /** One for each legacy session, and one for each modern caller. */
    SESSION,
    /** One for all callers of an era. */
    SHARED
  }

  /** What stands for a URL in records and policy: the program's name, and nothing it was given. */
  public URI uri() {
    try {
      return new URI("stdio", name(), null);
    } catch (URISyntaxException e) {
      throw new IllegalStateException("what is quoted is a URI", e);
    }
  }

  /** The program's name without its folder. */
  public String name() {
    Path file = Path.of(command.getFirst()).getFileName();
    return file == null ? command.getFirst() : file.toString();
  }
}

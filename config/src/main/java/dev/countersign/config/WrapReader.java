// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.config;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Reads the settings of {@code countersign wrap}: a file if there is one, and the command line. */
public final class WrapReader {
  /** The name that such a gateway has in records. */
  static final String NODE = "wrap";

  private WrapReader() {}

  /**
   * What the command line says.
   *
   * @param name of the server, as grants call it
   * @param command the server's program and its arguments
   * @param user of this machine
   * @param allow what the user may do, as grants have it
   * @param audit the log's folder
   */
  public record Wrapped(
      String name, List<String> command, String user, List<String> allow, Path audit) {
    public Wrapped {
      command = List.copyOf(command);
      allow = List.copyOf(allow);
    }
  }

  /**
   * Reads them.
   *
   * @param file null for none: then nothing is allowed but what the command line says
   */
  public static ConfigResult read(
      @Nullable Path file, Map<String, String> environment, Wrapped what) {
    return ConfigReader.read(file, environment, what);
  }
}

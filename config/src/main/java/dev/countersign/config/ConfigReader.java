// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.config;

import dev.countersign.gateway.snapshot.GatewaySettings;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.nodes.Node;

/** Reads a settings file: text to a tree with positions, tree to settings or problems. */
public final class ConfigReader {
  private static final int REVISION_CHARS = 12;

  private ConfigReader() {}

  /**
   * Reads a file to start with.
   *
   * @param environment the process's environment, for secrets
   */
  public static ConfigResult read(Path file, Map<String, String> environment) {
    return read(file, environment, Map.of());
  }

  /**
   * Reads a file to go on with: what cannot change while running must be as it was.
   *
   * @param start what the gateway was started with
   */
  public static ConfigResult reread(
      Path file, Map<String, String> environment, ConfigResult.Valid start) {
    return read(file, environment, start.fixed());
  }

  private static ConfigResult read(
      Path file, Map<String, String> environment, Map<String, String> fixed) {
    Path folder = file.toAbsolutePath().getParent();
    Reading reading =
        new Reading(file.toString(), folder == null ? file : folder, environment, fixed);
    byte[] bytes = bytes(file, reading);
    return bytes == null ? invalid(reading, "") : read(bytes, reading);
  }

  private static byte @Nullable [] bytes(Path file, Reading reading) {
    if (!Files.isRegularFile(file)) {
      reading.source(file);
      Place.file(reading).problem(Files.exists(file) ? "no regular file" : "no file", "settings");
      return null;
    }
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(Sources.FILE_BYTES_MAX + 1);
      reading.source(file, Sources.digest(bytes));
      if (bytes.length <= Sources.FILE_BYTES_MAX) {
        return bytes;
      }
      Place.file(reading).problem("more than 1MiB", "settings, which are shorter");
    } catch (IOException e) {
      reading.source(file, "unreadable");
      Place.file(reading).problem("a file that cannot be read", "settings");
    }
    return null;
  }

  /** Reads the bytes of a file. */
  static ConfigResult read(byte[] bytes, Reading reading) {
    return read(bytes, reading, FileSection.KEYS, FileSection::build);
  }

  /** Reads a file for one client and one server, or none. */
  static ConfigResult read(
      @Nullable Path file, Map<String, String> environment, WrapReader.Wrapped what) {
    Path named = file == null ? Path.of("(no file)") : file;
    Path folder = named.toAbsolutePath().getParent();
    Reading reading =
        new Reading(named.toString(), folder == null ? named : folder, environment, Map.of());
    byte[] bytes = file == null ? new byte[0] : bytes(file, reading);
    return bytes == null
        ? invalid(reading, "")
        : read(
            bytes,
            reading,
            WrapSection.KEYS,
            (section, revision) -> WrapSection.build(section, what, revision));
  }

  private static ConfigResult read(
      byte[] bytes,
      Reading reading,
      Keys keys,
      BiFunction<Section, String, GatewaySettings> builder) {
    String revision = Sources.digest(bytes).substring(0, REVISION_CHARS);
    Place file = Place.file(reading);
    Node root = YamlText.parse(bytes, file);
    if (!reading.problems().isEmpty()) {
      return invalid(reading, revision);
    }
    SectionType whole = SectionType.always(keys);
    Section section =
        root == null || Place.isEmpty(root) ? Section.absent(keys, file) : whole.read(root, file);
    GatewaySettings settings = builder.apply(section, revision);
    return reading.problems().isEmpty()
        ? new ConfigResult.Valid(settings, reading.warnings(), reading.sources(), reading.fixed())
        : invalid(reading, revision);
  }

  private static ConfigResult invalid(Reading reading, String revision) {
    List<Problem> problems = reading.problems();
    return new ConfigResult.Invalid(problems, reading.warnings(), reading.sources(), revision);
  }
}

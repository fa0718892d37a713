// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.config;

import dev.countersign.gateway.snapshot.GatewaySettings;
import java.io.IOException;
import java.io.StringReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.Node;

/** Reads a settings file: text to a tree with line numbers, tree to settings or problems. */
public final class ConfigReader {
  private static final int FILE_BYTES_MAX = 1 << 20;
  private static final int DEPTH_MAX = 32;

  private ConfigReader() {}

  /**
   * Reads a file.
   *
   * @param environment the process's environment, for secrets
   */
  public static ConfigResult read(Path file, Map<String, String> environment) {
    String name = file.toString();
    try {
      if (Files.size(file) > FILE_BYTES_MAX) {
        return invalid(name, 1, "more than 1 MiB", "a settings file");
      }
      Path folder = file.toAbsolutePath().getParent();
      return read(name, Files.readString(file), folder == null ? file : folder, environment);
    } catch (IOException e) {
      return invalid(name, 1, "no text that can be read", "a settings file in UTF-8");
    }
  }

  /**
   * Reads a text.
   *
   * @param name what to call it in problems
   * @param folder what relative paths in it start from
   */
  public static ConfigResult read(
      String name, String text, Path folder, Map<String, String> environment) {
    List<Problem> problems = new ArrayList<>();
    Node root;
    try {
      root = compose(text);
    } catch (MarkedYAMLException e) {
      int line = e.getProblemMark() == null ? 1 : e.getProblemMark().getLine() + 1;
      return invalid(name, line, "no YAML: " + e.getProblem(), "YAML without anchors and tags");
    } catch (YAMLException e) {
      return invalid(name, 1, "no YAML", "YAML without anchors and tags");
    }
    Section file = new Section(name, "", root, folder, problems);
    GatewaySettings settings = new SettingsBuilder(environment).build(file, revision(text));
    if (problems.isEmpty()) {
      return new ConfigResult.Valid(settings);
    }
    problems.sort(Comparator.comparingInt(Problem::line));
    return new ConfigResult.Invalid(problems);
  }

  private static @Nullable Node compose(String text) {
    LoaderOptions options = new LoaderOptions();
    options.setAllowDuplicateKeys(true);
    options.setMaxAliasesForCollections(0);
    options.setNestingDepthLimit(DEPTH_MAX);
    options.setCodePointLimit(FILE_BYTES_MAX);
    return new Yaml(options).compose(new StringReader(text));
  }

  private static String revision(String text) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest, 0, 6);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("SHA-256 is not there", e);
    }
  }

  private static ConfigResult invalid(String name, int line, String found, String expected) {
    return new ConfigResult.Invalid(List.of(new Problem(name, line, "(file)", found, expected)));
  }
}

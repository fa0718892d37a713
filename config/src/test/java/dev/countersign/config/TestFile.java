// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.config;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Settings as text, and what the reader says of them. */
final class TestFile {
  /** Nothing in it is wrong; four lines, to which a test adds. */
  static final String GOOD =
      """
      identity: {issuers: [{name: idp, issuer: "https://idp.example"}]}
      servers: {files: {url: "http://127.0.0.1:3001/mcp"}}
      audit: {directory: audit}
      policy: {grants: [{caller: "oidc:idp:*", allow: ["files/read_*"]}]}
      """;

  static final Map<String, String> ENVIRONMENT =
      Map.of(
          "GITHUB_TOKEN",
          "x",
          "TOKEN",
          "s3cret",
          "EMPTY",
          "",
          // 32 bytes, without order and in it.
          "STATE_KEY",
          "q1Jz8hQmO0u3Wm5e7XxT4bKkYp2cV9dN6sLrAfG1iHE=",
          "ZEROS_KEY",
          "A".repeat(43) + "=");

  private TestFile() {}

  static ConfigResult read(String text, Path folder) {
    return read(text.getBytes(StandardCharsets.UTF_8), folder);
  }

  static ConfigResult read(byte[] bytes, Path folder) {
    return ConfigReader.read(bytes, new Reading("f", folder, ENVIRONMENT, Map.of()));
  }

  /** Problems and warnings as they are printed. */
  static List<String> said(ConfigResult result) {
    List<Problem> problems =
        switch (result) {
          case ConfigResult.Valid valid -> List.of();
          case ConfigResult.Invalid invalid -> invalid.problems();
        };
    return Stream.concat(problems.stream(), result.warnings().stream()).map(Problem::text).toList();
  }
}

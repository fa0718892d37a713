// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.wrap;

import dev.countersign.gateway.http.Answer;
import dev.countersign.gateway.mcp.Era;
import java.nio.charset.StandardCharsets;

/** Answers over HTTP as lines. */
final class Answers {
  private static final byte[] NOTHING = {};

  private Answers() {}

  /** The line that answers a request; empty when none does. */
  static byte[] of(ClientLine line, Answer answer) {
    if (answer.body().length > 0) {
      return answer.body();
    }
    if (line.id == null) {
      return NOTHING;
    }
    String id = line.id.json();
    if (answer.status() == 400 && line.modern) {
      // Over HTTP an empty 400 says so (MCP 2026-07-28, "Versioning").
      String versions = "\"" + String.join("\",\"", Era.LEGACY_VERSIONS) + "\"";
      return error(
          id,
          -32022,
          "the server does not speak this version",
          ",\"data\":{\"supported\":["
              + versions
              + "],\"requested\":\""
              + Era.MODERN_VERSION
              + "\"}");
    }
    return error(id, -32603, "refused with status " + answer.status(), "");
  }

  /**
   * @param id as JSON
   * @param more further members of the error, each after a comma
   */
  static byte[] error(String id, int code, String message, String more) {
    return ("{\"jsonrpc\":\"2.0\",\"id\":"
            + id
            + ",\"error\":{\"code\":"
            + code
            + ",\"message\":\""
            + message
            + "\""
            + more
            + "}}")
        .getBytes(StandardCharsets.UTF_8);
  }

  /** Line ends in JSON are white space between tokens. */
  static byte[] oneLine(byte[] json) {
    byte[] line = json.clone();
    for (int at = 0; at < line.length; at++) {
      if (line[at] == '\n' || line[at] == '\r') {
        line[at] = ' ';
      }
    }
    return line;
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.bench.toolserver;

import java.util.HashMap;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** The server's answers, made once each. Confined to its one event loop. */
final class Answers {
  private static final String WORDS = "Buy milk, bread, butter, jam and what else there is. ";
  private static final String ABOUT =
      "\"capabilities\":{\"tools\":{\"listChanged\":true}},\"serverInfo\":{\"name\":\"bench\",\"version\":\"1\"}";

  private final Map<Behaviour, AnswerForm> calls = new HashMap<>();
  private final AnswerForm list;
  private final AnswerForm discovery =
      AnswerForm.of(
          "",
          "{\"resultType\":\"complete\",\"supportedVersions\":[\"2026-07-28\"]," + ABOUT + "}",
          false);

  /**
   * @param tools how many tools of either kind it lists
   */
  Answers(int tools) {
    String entries =
        IntStream.range(0, tools)
            .mapToObj(i -> entry("read_" + i) + "," + entry("write_" + i))
            .collect(Collectors.joining(","));
    this.list =
        AnswerForm.of(
            "",
            "{\"resultType\":\"complete\",\"ttlMs\":300000,\"cacheScope\":\"public\",\"tools\":["
                + entries
                + "]}",
            false);
  }

  private static String entry(String name) {
    return "{\"name\":\""
        + name
        + "\",\"description\":\"Works with"
        + " notes.\",\"inputSchema\":{\"type\":\"object\",\"properties\":{\"path\":{\"type\":\"string\"}}}}";
  }

  AnswerForm call(Behaviour behaviour) {
    return calls.computeIfAbsent(behaviour, Answers::form);
  }

  private static AnswerForm form(Behaviour behaviour) {
    String text =
        WORDS
            .repeat(behaviour.textBytes() / WORDS.length() + 1)
            .substring(0, behaviour.textBytes());
    return AnswerForm.of(
        "",
        "{\"resultType\":\"complete\",\"content\":[{\"type\":\"text\",\"text\":\"" + text + "\"}]}",
        behaviour.sse());
  }

  AnswerForm list() {
    return list;
  }

  AnswerForm discovery() {
    return discovery;
  }

  AnswerForm greeting(String sessionId) {
    return AnswerForm.of(
        "mcp-session-id: " + sessionId + "\r\n",
        "{\"protocolVersion\":\"2025-11-25\"," + ABOUT + "}",
        false);
  }
}

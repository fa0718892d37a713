// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Answers that are judged and written anew beside the event loop, as small ones are on it. */
final class LargeAnswersTest {
  private static final int TOOLS = 1500;
  private static final String ABOUT = "d".repeat(100);

  @TempDir private Path folder;
  private final ScriptedServer server = new ScriptedServer();
  private WireGateway gateway;

  LargeAnswersTest() throws IOException {}

  @BeforeEach
  void start() throws IOException {
    gateway =
        new WireGateway(
            folder,
            "{url: \"" + server.url() + "\"}",
            List.of(
                "{caller: \"oidc:demo:*\", allow: [\"docs/shown*\","
                    + " \"resource:docs/file:///a\"]}"));
  }

  @AfterEach
  void stop() {
    gateway.close();
    server.close();
  }

  private static String tool(String name) {
    return "{\"name\":\"%s\",\"description\":\"%s\",\"inputSchema\":{\"type\":\"object\"}}"
        .formatted(name, ABOUT);
  }

  /** Every third may be seen; the last two have one name. */
  private static String tools() {
    List<String> tools = new ArrayList<>();
    for (int i = 0; i < TOOLS; i++) {
      tools.add(tool((i % 3 == 0 ? "shown" : "hidden") + i));
    }
    tools.add(tool("shown-twice"));
    tools.add(tool("shown-twice"));
    return "{\"resultType\":\"complete\",\"tools\":[" + String.join(",", tools) + "]}";
  }

  private static final List<String> SHOWN =
      IntStream.range(0, TOOLS).filter(i -> i % 3 == 0).mapToObj(i -> "shown" + i).toList();

  @Test
  void modernListLosesWhatItsCallerMayNotSee() throws Exception {
    server.results.put("tools/list", tools());

    JsonNode result = gateway.modern("tools/list", "").answer().path("result");

    assertThat(result.path("tools").findValuesAsText("name")).isEqualTo(SHOWN);
    assertThat(result.path("tools").findValuesAsText("description")).containsOnly(ABOUT);
    assertThat(result.path("cacheScope").asText()).isEqualTo("private");
  }

  @Test
  void legacyListLosesWhatItsCallerMayNotSee() throws Exception {
    server.results.put("tools/list", tools());

    JsonNode answer = LegacyClient.of(gateway, "reader", "{}").ask("1", "tools/list", "{}");

    assertThat(answer.at("/result/tools").findValuesAsText("name")).isEqualTo(SHOWN);
  }

  @Test
  void listThatIsNoneIsABadReply() throws Exception {
    server.results.put("tools/list", tools().replace("\"tools\"", "\"tool\""));

    assertThat(gateway.modern("tools/list", "").answer().at("/error/data/reason").asText())
        .isEqualTo("upstream_bad_reply");
  }

  @Test
  void readThatBringsMoreThanMayBeReadIsWithheld() throws Exception {
    String large =
        IntStream.range(0, 100)
            .mapToObj(i -> "{\"uri\":\"file:///a\",\"text\":\"" + "t".repeat(1000) + "\"}")
            .collect(Collectors.joining(","));
    server.results.put(
        "resources/read", "{\"resultType\":\"complete\",\"contents\":[" + large + "]}");
    assertThat(read().at("/result/contents")).hasSize(100);

    server.results.put(
        "resources/read",
        "{\"resultType\":\"complete\",\"contents\":["
            + large
            + ",{\"uri\":\"file:///b\",\"text\":\"t\"}]}");
    assertThat(read().at("/error/data/reason").asText()).isEqualTo("policy_refused");
  }

  private JsonNode read() throws Exception {
    return gateway.modern("resources/read", "\"uri\":\"file:///a\"").name("file:///a").answer();
  }
}

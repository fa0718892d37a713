// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A list goes on for whom it began, and for nobody else. */
final class CursorsTest {
  private static final List<String> GRANTS =
      List.of("{caller: \"oidc:demo:*\", allow: [\"docs/*\", \"prompt:docs/*\"]}");

  @TempDir private Path folder;
  private final LegacyServer server;
  private WireGateway gateway;

  CursorsTest() throws IOException {
    server = new LegacyServer();
    server.handlers.put(
        "tools/list",
        (seen, reply) -> reply.result("{\"tools\":[],\"nextCursor\":\"page \\\"2\\\"\"}"));
    server.handlers.put(
        "prompts/list", (seen, reply) -> reply.result("{\"prompts\":[],\"nextCursor\":\"p\"}"));
  }

  @BeforeEach
  void start() throws IOException {
    gateway = new WireGateway(folder, "{url: \"" + server.url() + "\"}", GRANTS);
  }

  @AfterEach
  void stop() {
    gateway.close();
    server.close();
  }

  private static String cursor(JsonNode listed) {
    return listed.path("result").path("nextCursor").asText();
  }

  private long lists() {
    return server.seen.stream().filter(seen -> seen.method().endsWith("/list")).count();
  }

  @Test
  void serverGetsItsOwnCursorAndTheClientNeverSeesIt() throws Exception {
    LegacyClient client = LegacyClient.of(gateway, "reader", "{}");
    String cursor = cursor(client.ask("1", "tools/list", "{}"));
    assertThat(cursor).isNotEmpty().doesNotContain("page");

    client.ask("2", "tools/list", "{'cursor':'" + cursor + "'}");

    assertThat(server.seen.getLast().body().path("params").path("cursor").asText())
        .isEqualTo("page \"2\"");
  }

  @Test
  void cursorIsGoodForItsCallerAndListOnly() throws Exception {
    LegacyClient client = LegacyClient.of(gateway, "reader", "{}");
    LegacyClient other = LegacyClient.of(gateway, "other", "{}");
    String cursor = cursor(client.ask("1", "tools/list", "{}"));
    String asked = "{'cursor':'" + cursor + "'}";

    JsonNode stolen = other.ask("2", "tools/list", asked);
    JsonNode elsewhere = client.ask("3", "prompts/list", asked);
    JsonNode changed = client.ask("4", "tools/list", "{'cursor':'" + cursor + "A'}");
    JsonNode theirs = client.ask("5", "tools/list", "{'cursor':'page 2'}");

    for (JsonNode refused : List.of(stolen, elsewhere, changed, theirs)) {
      assertThat(refused.path("error").path("code").asInt()).isEqualTo(-32602);
    }
    assertThat(stolen.path("error").path("message").asText())
        .isEqualTo(theirs.path("error").path("message").asText());
    assertThat(lists()).isEqualTo(1);
  }

  @Test
  void cursorEndsWithThePolicyItWasGivenUnder() throws Exception {
    LegacyClient client = LegacyClient.of(gateway, "reader", "{}");
    String cursor = cursor(client.ask("1", "tools/list", "{}"));

    gateway.more(
        "{url: \"" + server.url() + "\"}",
        List.of("{caller: \"oidc:demo:reader\", allow: [\"docs/a*\"]}"),
        "");

    JsonNode late = client.ask("2", "tools/list", "{'cursor':'" + cursor + "'}");
    assertThat(late.path("error").path("code").asInt()).isEqualTo(-32602);
    assertThat(lists()).isEqualTo(1);
  }
}

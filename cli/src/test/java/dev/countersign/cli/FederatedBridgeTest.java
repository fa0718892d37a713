// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import static dev.countersign.cli.LegacyServer.next;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.countersign.cli.LegacyClient.Events;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Legacy clients before a legacy server and a bridged one, behind one path. */
@Timeout(60)
final class FederatedBridgeTest {
  private static final String DISCOVERED =
      "{\"resultType\":\"complete\",\"supportedVersions\":[\"2026-07-28\"],\"capabilities\":{"
          + "\"tools\":{\"listChanged\":true},\"resources\":{\"subscribe\":true}}}";
  private static final String FORM =
      "{\"method\":\"elicitation/create\",\"params\":{\"mode\":\"form\",\"message\":\"Who?\","
          + "\"requestedSchema\":{\"type\":\"object\",\"properties\":{\"name\":{\"type\":"
          + "\"string\"}},\"required\":[\"name\"]}}}";

  @TempDir private Path folder;
  private final LegacyServer old;
  private final ModernServer recent;
  private WireGateway gateway;

  FederatedBridgeTest() throws IOException {
    old = new LegacyServer();
    recent = new ModernServer();
    recent.result("server/discover", DISCOVERED);
    old.handlers.put("tools/list", (seen, reply) -> reply.result("{\"tools\":[{\"name\":\"t\"}]}"));
    recent.result(
        "tools/list",
        "{\"resultType\":\"complete\",\"tools\":[{\"name\":\"t\",\"inputSchema\":{\"type\":\"object\"}}]}");
  }

  @BeforeEach
  void start() throws IOException {
    gateway =
        WireGateway.federated(
            folder,
            "old: {url: \""
                + old.url()
                + "\"}, recent: {url: \""
                + recent.url()
                + "\", era: bridged}",
            List.of(
                "{caller: \"oidc:demo:*\", allow: [\"old/*\", \"recent/*\","
                    + " \"resource:recent/**\", \"elicitation:recent/form\"]}"),
            "keep_alive: 100ms");
  }

  @AfterEach
  void stop() {
    gateway.close();
    old.close();
    recent.close();
  }

  private LegacyClient client() throws Exception {
    return LegacyClient.of(gateway, "reader", "{\"elicitation\":{}}");
  }

  private ModernServer.Stream subscription() throws InterruptedException {
    ModernServer.Stream stream = requireNonNull(recent.streams.poll(20, TimeUnit.SECONDS));
    say(
        stream,
        "notifications/subscriptions/acknowledged",
        ",\"notifications\":" + stream.opened.params().path("notifications"));
    return stream;
  }

  private static void say(ModernServer.Stream stream, String method, String moreParams) {
    stream.send(
        "{\"jsonrpc\":\"2.0\",\"method\":\""
            + method
            + "\",\"params\":{\"_meta\":{\"io.modelcontextprotocol/subscriptionId\":"
            + stream.opened.body().path("id")
            + "}"
            + moreParams
            + "}}");
  }

  @Test
  void clientReachesServersOfBothEras() throws Exception {
    LegacyClient client = client();

    JsonNode listed = client.ask("1", "tools/list", "{}");
    assertThat(listed.path("result").path("tools").findValuesAsText("name"))
        .containsExactly("old__t", "recent__t");
    assertThat(client.ask("2", "tools/call", "{'name':'recent__t'}").has("result")).isTrue();
    assertThat(client.ask("3", "tools/call", "{'name':'old__t'}").has("result")).isTrue();

    assertThat(recent.last().body().path("method").asText()).isEqualTo("tools/call");
    assertThat(recent.last().params().path("name").asText()).isEqualTo("t");
    assertThat(recent.last().header("mcp-name")).isEqualTo("t");
    assertThat(old.seen("tools/call")).hasSize(1);
  }

  @Test
  void newsOfBothComeOnOneStream() throws Exception {
    LegacyClient client = client();
    client.ask("1", "resources/subscribe", "{'uri':'recent+file:///a'}");
    try (Events events = client.get(null)) {
      next(old.gets)
          .message("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/prompts/list_changed\"}");
      assertThat(events.message().path("method").asText())
          .isEqualTo("notifications/prompts/list_changed");

      say(subscription(), "notifications/resources/updated", ",\"uri\":\"file:///a\"");

      JsonNode news = events.message();
      assertThat(news.path("method").asText()).isEqualTo("notifications/resources/updated");
      assertThat(news.path("params").path("uri").asText()).isEqualTo("recent+file:///a");
    }
  }

  @Test
  void questionOfTheBridgedServerIsAnsweredToIt() throws Exception {
    recent.answers.put(
        "tools/call",
        request ->
            request.params().has("inputResponses")
                ? "\"result\":{\"resultType\":\"complete\",\"content\":[]}"
                : "\"result\":{\"resultType\":\"input_required\",\"inputRequests\":{\"who\":"
                    + FORM
                    + "},\"requestState\":\"theirs\"}");
    LegacyClient client = client();
    try (Events events = client.call("5", "tools/call", "{'name':'recent__t'}")) {
      JsonNode question = events.message();
      assertThat(question.path("method").asText()).isEqualTo("elicitation/create");

      assertThat(
              client
                  .post(
                      "{'jsonrpc':'2.0','id':"
                          + question.path("id")
                          + ",'result':{'action':'accept','content':{'name':'Ann'}}}")
                  .statusCode())
          .isEqualTo(202);

      assertThat(events.message().has("result")).isTrue();
      assertThat(recent.last().params().path("inputResponses").path("who").path("content"))
          .hasToString("{\"name\":\"Ann\"}");
      assertThat(old.responses).isEmpty();
    }
  }
}

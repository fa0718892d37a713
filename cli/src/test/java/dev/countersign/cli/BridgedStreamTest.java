// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import static dev.countersign.cli.BridgedFixture.META;
import static dev.countersign.cli.BridgedFixture.acknowledge;
import static dev.countersign.cli.BridgedFixture.answer;
import static dev.countersign.cli.BridgedFixture.await;
import static dev.countersign.cli.BridgedFixture.tell;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Streams, cancels, levels and sessions of legacy clients before a modern server. */
@Timeout(60)
final class BridgedStreamTest {
  @TempDir private Path folder;
  private BridgedFixture bridge;
  private ModernServer server;
  private WireGateway gateway;

  @BeforeEach
  void start() throws IOException {
    bridge = new BridgedFixture(folder, "keep_alive: 100ms");
    server = bridge.server;
    gateway = bridge.gateway;
  }

  @AfterEach
  void stop() {
    bridge.close();
  }

  @Test
  void cancelClosesTheServersStream() throws Exception {
    server.streamed.add("tools/call");
    LegacyClient client = bridge.client();
    try (LegacyClient.Events call =
        client.call(
            "5", "tools/call", "{'name':'read','arguments':{},'_meta':{'progressToken':'p'}}")) {
      ModernServer.Stream stream = bridge.stream();
      stream.send(
          "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":"
              + "{\"progressToken\":\"p\",\"progress\":1}}");
      assertThat(call.message().path("method").asText()).isEqualTo("notifications/progress");
      assertThat(
              client
                  .post(
                      "{'jsonrpc':'2.0','method':'notifications/cancelled','params':{'requestId':5}}")
                  .statusCode())
          .isEqualTo(202);
      assertThat(call.next()).isNull();
      await(
          () ->
              !stream.send(
                  "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{\"progressToken\":\"p\",\"progress\":2}}"));
    }
    assertThat(bridge.seen("notifications/cancelled")).isZero();
    await(() -> outcome().equals("client_gone"));
  }

  private String outcome() {
    try {
      return gateway.records(1).getFirst().getLast().path("result").asText();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void logLevelOfTheSessionGoesIntoEachRequest() throws Exception {
    LegacyClient client = bridge.client();
    assertThat(client.ask("1", "logging/setLevel", "{'level':'debug'}").path("result").isObject())
        .isTrue();
    assertThat(client.ask("2", "logging/setLevel", "{'level':'loud'}").at("/error/code").asInt())
        .isEqualTo(-32602);

    client.ask("3", "tools/call", "{'name':'read','arguments':{}}");

    assertThat(bridge.last("tools/call").params().path("_meta").path(META + "logLevel").asText())
        .as("cut to the server's log_level")
        .isEqualTo("info");
    assertThat(bridge.seen("logging/setLevel")).isZero();
  }

  @Test
  void streamOfTheSessionIsASubscription() throws Exception {
    LegacyClient client = bridge.client();
    assertThat(
            client
                .ask("1", "resources/subscribe", "{'uri':'file:///public/a'}")
                .path("result")
                .isObject())
        .isTrue();
    assertThat(
            client
                .ask("2", "resources/subscribe", "{'uri':'file:///secret/a'}")
                .at("/error/code")
                .asInt())
        .isEqualTo(-32002);

    try (LegacyClient.Events events = client.get(null)) {
      assertThat(events.status()).isEqualTo(200);
      ModernServer.Stream first = bridge.stream();
      assertThat(first.opened.params().path("notifications").toString())
          .isEqualTo(
              "{\"toolsListChanged\":true,\"promptsListChanged\":true,"
                  + "\"resourcesListChanged\":true,"
                  + "\"resourceSubscriptions\":[\"file:///public/a\"]}");
      acknowledge(first);
      tell(first, "notifications/resources/updated", ",\"uri\":\"file:///public/a\"");
      assertThat(events.message().toString())
          .isEqualTo(
              "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/resources/updated\",\"params\":"
                  + "{\"_meta\":{},\"uri\":\"file:///public/a\"}}");
      try (LegacyClient.Events second = client.get(null)) {
        assertThat(second.status()).isEqualTo(409);
      }

      client.ask("3", "resources/subscribe", "{'uri':'file:///public/b'}");
      ModernServer.Stream next = bridge.stream();
      assertThat(next.opened.params().at("/notifications/resourceSubscriptions"))
          .extracting(JsonNode::asText)
          .containsExactlyInAnyOrder("file:///public/a", "file:///public/b");
      tell(first, "notifications/tools/list_changed", "");
      assertThat(events.message().path("method").asText())
          .isEqualTo("notifications/tools/list_changed");
      acknowledge(next);
      await(
          () ->
              !first.send("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/tools/list_changed\"}"));
      tell(next, "notifications/resources/updated", ",\"uri\":\"file:///public/b\"");
      assertThat(events.message().at("/params/uri").asText()).isEqualTo("file:///public/b");

      assertThat(client.delete()).isEqualTo(200);
      assertThat(events.next()).isNull();
      await(
          () ->
              !next.send("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/tools/list_changed\"}"));
    }
    assertThat(client.post("{'jsonrpc':'2.0','id':9,'method':'ping'}").statusCode()).isEqualTo(404);
  }

  @Test
  void serverThatHasNothingToSubscribeToHasNoStream() throws Exception {
    server.errorStatus = 404;
    server.error("subscriptions/listen", "{\"code\":-32601,\"message\":\"no\"}");
    try (LegacyClient.Events events = bridge.client().get(null)) {
      assertThat(events.status()).isEqualTo(405);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"other", "nobody"})
  void sessionInOtherHandsIsNone(String thief) throws Exception {
    LegacyClient client = bridge.client();
    long before = server.seen.size();
    LegacyClient stolen = client.heldBy(thief);
    Predicate<HttpResponse<String>> unknown = answer -> answer.statusCode() == 404;
    assertThat(stolen.post("{'jsonrpc':'2.0','id':1,'method':'tools/list'}")).matches(unknown);
    assertThat(stolen.get(null).status()).isEqualTo(404);
    assertThat(stolen.delete()).isEqualTo(404);
    assertThat(
            stolen.post(
                "{'jsonrpc':'2.0','id':1,'method':'resources/subscribe','params':"
                    + "{'uri':'file:///public/a'}}"))
        .matches(unknown);
    assertThat(server.seen).hasSize((int) before);
    assertThat(client.post("{'jsonrpc':'2.0','id':9,'method':'ping'}").statusCode()).isEqualTo(200);
  }
}

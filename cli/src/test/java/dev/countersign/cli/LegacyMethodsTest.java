// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.countersign.cli.LegacyClient.Events;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Methods that only the legacy era has. */
final class LegacyMethodsTest {
  @TempDir private Path folder;
  private final LegacyServer server;
  private WireGateway gateway;

  LegacyMethodsTest() throws IOException {
    server = new LegacyServer();
  }

  @BeforeEach
  void start() throws IOException {
    server.capabilities =
        "{\"tools\":{\"listChanged\":true},\"resources\":{\"subscribe\":true},\"logging\":{},"
            + "\"completions\":{},\"experimental\":{\"x\":{}}}";
    gateway =
        new WireGateway(
            folder,
            "{url: \"" + server.url() + "\", log_level: notice}",
            List.of(
                "{caller: \"oidc:demo:reader\", allow: [\"docs/*\","
                    + " \"resource:docs/file:///public/**\"]}"));
  }

  @AfterEach
  void stop() {
    gateway.close();
    server.close();
  }

  @Test
  void serversCapabilitiesThatAreServedAreSaid() throws Exception {
    LegacyClient client = LegacyClient.of(gateway, "reader", "{}");

    assertThat(client.initialized.path("result").path("capabilities"))
        .hasToString(
            "{\"tools\":{\"listChanged\":true},\"resources\":{\"subscribe\":true},\"logging\":{},"
                + "\"completions\":{}}");
  }

  @ParameterizedTest
  @CsvSource({
    "debug, notice",
    "info, notice",
    "notice, notice",
    "warning, warning",
    "alert, alert"
  })
  void logLevelIsCutToWhatTheOperatorLets(String asked, String told) throws Exception {
    LegacyClient client = LegacyClient.of(gateway, "reader", "{}");

    assertThat(client.ask("1", "logging/setLevel", "{'level':'" + asked + "'}").has("result"))
        .isTrue();
    assertThat(
            server.seen("logging/setLevel").getFirst().body().path("params").path("level").asText())
        .isEqualTo(told);
  }

  @ParameterizedTest
  @ValueSource(strings = {"{}", "{'level':1}", "{'level':'DEBUG'}", "{'level':'all'}"})
  void levelThatIsNoneIsRefused(String params) throws Exception {
    LegacyClient client = LegacyClient.of(gateway, "reader", "{}");

    assertThat(client.ask("1", "logging/setLevel", params).path("error").path("code").asInt())
        .isEqualTo(-32602);
    assertThat(server.seen("logging/setLevel")).isEmpty();
  }

  @Test
  void logMessagesOverTheLevelAreDroppedWhateverTheServerThinks() throws Exception {
    server.handlers.put(
        "tools/call",
        (seen, reply) -> {
          LegacyServer.Stream stream = reply.stream();
          for (String level : List.of("debug", "info", "none", "notice", "error")) {
            stream.message(
                "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{\"level\":\""
                    + level
                    + "\",\"data\":1}}");
          }
          stream.result("{\"content\":[]}");
        });
    LegacyClient client = LegacyClient.of(gateway, "reader", "{}");
    try (Events events = client.call("1", "tools/call", "{'name':'t'}")) {
      assertThat(events.message().path("params").path("level").asText()).isEqualTo("notice");
      assertThat(events.message().path("params").path("level").asText()).isEqualTo("error");
      assertThat(events.message().has("result")).isTrue();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"resources/subscribe", "resources/unsubscribe"})
  void subscribingIsDecidedAsReading(String method) throws Exception {
    LegacyClient client = LegacyClient.of(gateway, "reader", "{}");

    assertThat(client.ask("1", method, "{'uri':'file:///public/a'}").has("result")).isTrue();
    JsonNode refused = client.ask("2", method, "{'uri':'file:///secret/a'}");
    assertThat(refused.path("error").path("code").asInt()).isEqualTo(-32002);
    assertThat(client.ask("3", method, "{'uri':'file:///public/../secret/a'}").has("error"))
        .isTrue();
    assertThat(server.seen(method)).hasSize(1);
  }

  @Test
  void subscriptionsOfASessionAreCounted() throws Exception {
    LegacyClient client = LegacyClient.of(gateway, "reader", "{}");
    client.ask("1", "resources/subscribe", "{'uri':'file:///public/a'}");
    client.ask("2", "resources/subscribe", "{'uri':'file:///public/b'}");
    assertThat(gateway.metrics()).contains("countersign_subscriptions 2.0");

    client.ask("3", "resources/unsubscribe", "{'uri':'file:///public/a'}");
    assertThat(gateway.metrics()).contains("countersign_subscriptions 1.0");
  }

  /** What a client asks for in the other's session is asked of nobody. */
  @Test
  void sessionOfAnotherIsUnknownForEveryMethod() throws Exception {
    LegacyClient stolen = LegacyClient.of(gateway, "reader", "{}").heldBy("thief");
    int before = server.seen.size();

    for (String message :
        List.of(
            "{'jsonrpc':'2.0','id':1,'method':'tools/list'}",
            "{'jsonrpc':'2.0','id':1,'method':'tools/call','params':{'name':'t'}}",
            "{'jsonrpc':'2.0','id':1,'method':'resources/subscribe','params':{'uri':'file:///a'}}",
            "{'jsonrpc':'2.0','id':1,'method':'logging/setLevel','params':{'level':'info'}}",
            "{'jsonrpc':'2.0','id':1,'method':'ping'}",
            "{'jsonrpc':'2.0','method':'notifications/initialized'}",
            "{'jsonrpc':'2.0','method':'notifications/cancelled','params':{'requestId':1}}",
            "{'jsonrpc':'2.0','method':'notifications/progress','params':{'progressToken':1}}",
            "{'jsonrpc':'2.0','id':1,'result':{}}")) {
      assertThat(stolen.post(message).statusCode()).as(message).isEqualTo(404);
    }
    try (Events events = stolen.get(null)) {
      assertThat(events.status()).isEqualTo(404);
    }
    assertThat(stolen.delete()).isEqualTo(404);
    assertThat(server.seen).hasSize(before);
  }

  @Test
  void newsOfAResourceGoesToWhoSubscribedAndMayReadIt() throws Exception {
    LegacyClient subscribed = LegacyClient.of(gateway, "reader", "{}");
    LegacyClient other = LegacyClient.of(gateway, "reader", "{}");
    subscribed.ask("1", "resources/subscribe", "{'uri':'file:///public/a'}");
    try (Events mine = subscribed.get(null);
        Events theirs = other.get(null)) {
      for (int i = 0; i < 2; i++) {
        LegacyServer.Stream stream = LegacyServer.next(server.gets);
        for (String uri :
            List.of("file:///secret/a", "file:///public/../secret/a", "file:///public/a/b")) {
          stream.message(
              "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/resources/updated\",\"params\":{\"uri\":\""
                  + uri
                  + "\"}}");
        }
        stream.message("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/tools/list_changed\"}");
        stream.close();
      }
      assertThat(mine.message().path("params").path("uri").asText())
          .isEqualTo("file:///public/a/b");
      assertThat(theirs.message().path("method").asText()).endsWith("list_changed");
    }
  }
}

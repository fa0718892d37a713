// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Streams of changes in the modern era: each may hear what policy grants, and no more. */
@Timeout(60)
final class ModernListenTest {
  private static final String GRANT =
      "{caller: \"oidc:demo:%s\", allow: [\"docs/*\", \"resource:docs/file:///public/**\"]}";
  private static final String WANTED =
      "\"notifications\":{\"toolsListChanged\":true,\"promptsListChanged\":false,"
          + "\"resourceSubscriptions\":[\"file:///public/a\",\"file:///secret/a\","
          + "\"file:///public/../secret/a\"],\"taskIds\":[\"t1\"],\"other\":1}";

  @TempDir private Path folder;
  private final ModernServer server;
  private WireGateway gateway;

  ModernListenTest() throws IOException {
    server = new ModernServer();
  }

  @BeforeEach
  void start() throws IOException {
    gateway = new WireGateway(folder, settings(), List.of(GRANT.formatted("*")));
  }

  private String settings() {
    return "{url: \"" + server.url() + "\"}";
  }

  @AfterEach
  void stop() {
    gateway.close();
    server.close();
  }

  /** A stream on both sides of the gateway. */
  private final class Opened implements AutoCloseable {
    final BufferedReader client;
    final ModernServer.Stream upstream;
    private final InputStream body;

    Opened(HttpResponse<InputStream> response) throws InterruptedException {
      assertThat(response.statusCode()).isEqualTo(200);
      body = response.body();
      client = new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8));
      upstream = requireNonNull(server.streams.poll(20, TimeUnit.SECONDS));
    }

    /** The next message, or null at the end of the stream. */
    @Nullable JsonNode next() throws IOException {
      for (String line = client.readLine(); line != null; line = client.readLine()) {
        if (line.startsWith("data:")) {
          return WireGateway.JSON.readTree(line.substring(5));
        }
      }
      return null;
    }

    JsonNode message() throws IOException {
      return requireNonNull(next());
    }

    void say(String method, String id, String moreParams) {
      upstream.send(
          "{\"jsonrpc\":\"2.0\",\"method\":\""
              + method
              + "\",\"params\":{\"_meta\":{\"io.modelcontextprotocol/subscriptionId\":"
              + id
              + "}"
              + moreParams
              + "}}");
    }

    void acknowledge() {
      say(
          "notifications/subscriptions/acknowledged",
          "7",
          ",\"notifications\":" + upstream.opened.params().path("notifications"));
    }

    @Override
    public void close() throws IOException {
      body.close();
    }
  }

  private Opened listen(String wanted) throws Exception {
    return new Opened(gateway.modern("subscriptions/listen", wanted).open());
  }

  @Test
  void serverIsAskedOnlyForWhatPolicyGrants() throws Exception {
    try (Opened stream = listen(WANTED)) {
      assertThat(stream.upstream.opened.params().path("notifications").toString())
          .isEqualTo(
              "{\"toolsListChanged\":true,\"resourceSubscriptions\":[\"file:///public/a\"]}");
    }
  }

  @Test
  void acknowledgementSaysWhatIsServedAndNoMore() throws Exception {
    try (Opened stream = listen(WANTED)) {
      stream.say(
          "notifications/subscriptions/acknowledged",
          "7",
          ",\"notifications\":{\"toolsListChanged\":true,\"promptsListChanged\":true,"
              + "\"resourceSubscriptions\":[\"file:///secret/a\"]}");

      JsonNode said = stream.message();
      assertThat(said.path("params").path("notifications").toString())
          .isEqualTo("{\"toolsListChanged\":true}");
      assertThat(said.path("params").path("_meta").path("io.modelcontextprotocol/subscriptionId"))
          .isEqualTo(WireGateway.JSON.readTree("7"));
    }
  }

  @Test
  void onlyWhatWasAskedForUnderItsOwnIdIsHeard() throws Exception {
    try (Opened stream = listen(WANTED)) {
      stream.acknowledge();
      stream.say("notifications/prompts/list_changed", "7", "");
      stream.say("notifications/tools/list_changed", "\"7\"", "");
      stream.say("notifications/tools/list_changed", "8", "");
      stream.say("notifications/resources/updated", "7", ",\"uri\":\"file:///secret/a\"");
      stream.say("notifications/resources/updated", "7", ",\"uri\":\"file:///public/../secret\"");
      stream.say("notifications/message", "7", ",\"level\":\"info\",\"data\":1");
      stream.say("notifications/tasks", "7", ",\"taskId\":\"t1\"");
      stream.say("notifications/progress", "7", ",\"progressToken\":1,\"progress\":1");
      stream.say("notifications/resources/updated", "7", ",\"uri\":\"file:///public/a/part\"");
      stream.say("notifications/tools/list_changed", "7", "");

      List<String> heard = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        heard.add(stream.message().path("method").asText());
      }
      assertThat(heard)
          .containsExactly(
              "notifications/subscriptions/acknowledged",
              "notifications/resources/updated",
              "notifications/tools/list_changed");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/tools/list_changed\",\"params\":{"
            + "\"_meta\":{\"io.modelcontextprotocol/subscriptionId\":7}}}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/subscriptions/acknowledged\",\"params\":{"
            + "\"_meta\":{\"io.modelcontextprotocol/subscriptionId\":\"7\"},\"notifications\":{}}}",
        "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/subscriptions/acknowledged\",\"params\":{"
            + "\"_meta\":{\"io.modelcontextprotocol/subscriptionId\":7},"
            + "\"notifications\":{\"toolsListChanged\":1}}}",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"sampling/createMessage\",\"params\":{}}",
        "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"resultType\":\"complete\"}}"
      })
  void streamThatBeginsOtherwiseIsABadReply(String first) throws Exception {
    try (Opened stream = listen(WANTED)) {
      stream.upstream.send(first);

      assertThat(stream.message().path("error").path("data").path("reason").asText())
          .isEqualTo("upstream_bad_reply");
      assertThat(stream.next()).isNull();
    }
  }

  @Test
  void endOfTheServerReachesTheClient() throws Exception {
    try (Opened stream = listen(WANTED)) {
      stream.acknowledge();
      stream.upstream.send(
          "{\"jsonrpc\":\"2.0\",\"id\":7,\"result\":{\"resultType\":\"complete\",\"_meta\":{"
              + "\"io.modelcontextprotocol/subscriptionId\":7}}}");
      stream.message();

      assertThat(stream.message().path("result").path("resultType").asText()).isEqualTo("complete");
      assertThat(stream.next()).isNull();
    }
  }

  @Test
  void clientThatLeavesTakesTheServersStreamWithIt() throws Exception {
    Opened stream = listen(WANTED);
    stream.acknowledge();
    stream.message();
    stream.close();

    long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (stream.upstream.send("{}")) {
      assertThat(System.nanoTime()).isLessThan(deadline);
    }
  }

  @Test
  void newSettingsAreToldAndThoseThatTakeTheServerAwayEndTheStream() throws Exception {
    try (Opened stream = listen(WANTED)) {
      stream.acknowledge();
      stream.message();
      gateway.change(settings(), List.of(GRANT.formatted("*").replace("docs/*", "docs/read_*")));

      assertThat(stream.message().path("method").asText())
          .isEqualTo("notifications/tools/list_changed");

      gateway.change(settings(), List.of(GRANT.formatted("nobody")));
      assertThat(stream.message().path("result").path("resultType").asText()).isEqualTo("complete");
      assertThat(stream.next()).isNull();
    }
  }

  @Test
  void resourceIsAskedAboutAgainUnderNewSettings() throws Exception {
    try (Opened stream = listen(WANTED)) {
      stream.acknowledge();
      stream.message();
      gateway.change(settings(), List.of(GRANT.formatted("*").replace("public", "none")));
      assertThat(stream.message().path("method").asText())
          .isEqualTo("notifications/tools/list_changed");

      stream.say("notifications/resources/updated", "7", ",\"uri\":\"file:///public/a\"");
      stream.say("notifications/tools/list_changed", "7", "");
      assertThat(stream.message().path("method").asText())
          .isEqualTo("notifications/tools/list_changed");
    }
  }

  private void startTask(String tool, String id) throws Exception {
    server.result(
        "tools/call", "{\"resultType\":\"task\",\"taskId\":\"" + id + "\",\"status\":\"working\"}");
    String body =
        gateway
            .modern("tools/call", "\"name\":\"" + tool + "\"")
            .name(tool)
            .declaring("{\"extensions\":{\"io.modelcontextprotocol/tasks\":{}}}")
            .send()
            .body();
    assertThat(body).contains("\"taskId\"");
  }

  @Test
  void taskIsAskedAboutWhenListenedToAndAgainUnderNewSettings() throws Exception {
    String tasks = "{caller: \"oidc:demo:*\", allow: [\"task:docs/%s\"]}";
    String grant = GRANT.formatted("*");
    gateway.close();
    gateway =
        new WireGateway(
            folder, settings(), List.of(grant, tasks.formatted("slow"), tasks.formatted("other")));
    startTask("slow", "t1");
    startTask("other", "t2");
    gateway.change(settings(), List.of(grant, tasks.formatted("slow")));
    long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    String wanted =
        "\"notifications\":{\"toolsListChanged\":true,\"taskIds\":[\"t1\",\"t2\",\"t3\"]}";
    String asked = "";
    while (!asked.equals("{\"toolsListChanged\":true,\"taskIds\":[\"t1\"]}")) {
      assertThat(System.nanoTime()).isLessThan(deadline);
      try (Opened stream = listen(wanted)) {
        asked = stream.upstream.opened.params().path("notifications").toString();
      }
    }
    try (Opened stream = listen(wanted)) {
      stream.acknowledge();
      stream.message();
      stream.say("notifications/tasks", "7", ",\"taskId\":\"t2\"");
      stream.say("notifications/tasks", "7", ",\"taskId\":\"t1\",\"inputRequests\":{}");
      stream.say("notifications/tasks", "7", ",\"taskId\":\"t1\"");
      JsonNode heard = stream.message();
      assertThat(heard.path("method").asText()).isEqualTo("notifications/tasks");
      assertThat(heard.path("params").path("taskId").asText()).isEqualTo("t1");

      gateway.change(settings(), List.of(grant));
      assertThat(stream.message().path("method").asText())
          .isEqualTo("notifications/tools/list_changed");
      stream.say("notifications/tasks", "7", ",\"taskId\":\"t1\"");
      stream.say("notifications/tools/list_changed", "7", "");
      assertThat(stream.message().path("method").asText())
          .isEqualTo("notifications/tools/list_changed");
    }
  }

  @Test
  void streamEndsWithItsCredential() throws Exception {
    HttpResponse<InputStream> response =
        gateway.modern("subscriptions/listen", WANTED).tokenFor(Duration.ofSeconds(3)).open();
    try (Opened stream = new Opened(response)) {
      stream.acknowledge();
      stream.message();

      assertThat(stream.message().path("result").path("resultType").asText()).isEqualTo("complete");
      assertThat(stream.next()).isNull();
    }
  }

  @Test
  void streamsOfACallerAreBoundedAndOthersHaveTheirOwn() throws Exception {
    List<Opened> open = new ArrayList<>();
    try {
      for (int i = 0; i < 16; i++) {
        open.add(listen(WANTED));
      }
      assertThat(gateway.modern("subscriptions/listen", WANTED).send().statusCode()).isEqualTo(429);
      assertThat(server.streams).isEmpty();
      assertThat(gateway.metrics()).contains("countersign_listen_streams 16.0");
      open.add(new Opened(gateway.modern("subscriptions/listen", WANTED).as("other").open()));
    } finally {
      for (Opened stream : open) {
        stream.close();
      }
    }
  }

  @Test
  void callerWithoutAGrantDoesNotListen() throws Exception {
    gateway.change(settings(), List.of(GRANT.formatted("other")));
    long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    String body = "";
    while (!body.contains("policy_refused")) {
      assertThat(System.nanoTime()).isLessThan(deadline);
      body = gateway.modern("tools/list", "").send().body();
    }
    int before = server.seen.size();

    assertThat(gateway.modern("subscriptions/listen", WANTED).send().body())
        .contains("policy_refused");
    assertThat(server.seen).hasSize(before);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"notifications\":[]",
        "\"x\":1",
        "\"notifications\":{\"toolsListChanged\":\"true\"}",
        "\"notifications\":{\"resourceSubscriptions\":\"file:///public/a\"}",
        "\"notifications\":{\"taskIds\":[1]}"
      })
  void filterThatIsNoneIsRefused(String wanted) throws Exception {
    assertThat(gateway.modern("subscriptions/listen", wanted).send().body()).contains("-32602");
    assertThat(server.seen).isEmpty();
  }

  @Test
  void errorOfAServerThatHasNoSuchStreamsPasses() throws Exception {
    server.errorStatus = 404;
    server.error("subscriptions/listen", "{\"code\":-32601,\"message\":\"none\"}");

    HttpResponse<String> answer = gateway.modern("subscriptions/listen", WANTED).send();

    assertThat(answer.statusCode()).isEqualTo(404);
    assertThat(answer.body()).contains("-32601");
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.countersign.cli.LegacyClient.Events;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Clients of 2024-11-05 before a server of their time. */
@Timeout(60)
final class HttpSseClientsTest {
  private static final List<String> GRANTS =
      List.of(
          "{caller: \"oidc:demo:*\", allow: [\"docs/*\", \"sampling:docs/*\"]}",
          "{caller: \"oidc:demo:*\", deny: [\"docs/hidden\"]}");
  private static final String LIMITS =
      "keep_alive: 100ms, sessions_per_caller: 2, event_bytes: 64KiB, body_bytes: 100KiB";

  @TempDir private Path folder;
  private final HttpSseServer server;
  private WireGateway gateway;

  HttpSseClientsTest() throws IOException {
    server = new HttpSseServer();
    server.results.put("tools/list", "{\"tools\":[{\"name\":\"t\"},{\"name\":\"hidden\"}]}");
  }

  @BeforeEach
  void start() throws IOException {
    gateway = new WireGateway(folder, settings(true), GRANTS, LIMITS);
  }

  @AfterEach
  void stop() {
    gateway.close();
    server.close();
  }

  private String settings(boolean httpSse) {
    return "{url: \"" + server.url() + "\", http_sse: " + httpSse + "}";
  }

  private HttpSseClient connected() throws Exception {
    HttpSseClient client = HttpSseClient.open(gateway, "reader");
    assertThat(client.initialize("2024-11-05", "{\"sampling\":{}}").path("result").isObject())
        .isTrue();
    return client;
  }

  private void awaitMetric(String line) throws Exception {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (!gateway.metrics().contains(line)) {
      assertThat(System.nanoTime()).as(line).isLessThan(deadline);
    }
  }

  private void awaitNobody() throws Exception {
    awaitMetric("countersign_http_sse_clients 0.0");
    awaitMetric("countersign_http_sse_server_streams 0.0");
    awaitMetric("countersign_sessions 0.0");
  }

  @Test
  void clientIsServedOnItsStream() throws Exception {
    try (HttpSseClient client = HttpSseClient.open(gateway, "reader")) {
      assertThat(client.endpoint().getPath()).matches("/docs/mcp/messages/[A-Za-z0-9_-]{40,}");
      assertThat(client.endpoint().getRawQuery()).isNull();
      JsonNode answer = client.initialize("2024-11-05", "{}");
      assertThat(answer.path("result").path("protocolVersion").asText()).isEqualTo("2024-11-05");

      assertThat(client.ask("1", "tools/list", "{}").path("result").path("tools"))
          .hasToString("[{\"name\":\"t\"}]");
      assertThat(client.ask("2", "ping", "{}").path("result")).hasToString("{}");
    }
    server.next(server.streams).awaitGone();
    awaitNobody();
    assertThat(server.posted("initialize"))
        .singleElement()
        .extracting(one -> one.body().path("params").path("protocolVersion").asText())
        .isEqualTo("2024-11-05");
    assertThat(gateway.records(10).toString())
        .contains("2024-11-05", "tools/list", "http/get")
        .doesNotContain("/messages/");
  }

  @Test
  void hiddenToolIsNeverCalled() throws Exception {
    try (HttpSseClient client = connected()) {
      assertThat(client.ask("1", "tools/call", "{'name':'hidden'}").path("error").path("code"))
          .hasToString("-32602");
    }
    assertThat(server.posted("tools/call")).isEmpty();
  }

  @Test
  void progressQuestionsAndNewsComeOnTheStreamAndAnswersAreTaken() throws Exception {
    try (HttpSseClient client = connected()) {
      assertThat(client.call("1", "tools/call", "{'name':'t','_meta':{'progressToken':'p'}}"))
          .isEqualTo(202);
      HttpSseServer.Posted call = server.next("tools/call");
      call.progress();
      assertThat(client.message().path("method").asText()).isEqualTo("notifications/progress");
      call.stream()
          .message(
              "{\"jsonrpc\":\"2.0\",\"id\":\"q\",\"method\":\"sampling/createMessage\",\"params\":"
                  + "{\"messages\":[{\"role\":\"user\",\"content\":{\"type\":\"text\",\"text\":\"hi\"}}],"
                  + "\"maxTokens\":10}}");
      JsonNode question = client.message();
      assertThat(question.path("method").asText()).isEqualTo("sampling/createMessage");
      String reply =
          "{'jsonrpc':'2.0','id':"
              + question.path("id")
              + ",'result':{'role':'assistant','model':'m','content':{'type':'text','text':'x'}}}";
      assertThat(client.post(reply).statusCode()).isEqualTo(202);
      assertThat(client.post(reply).statusCode()).isEqualTo(400);
      HttpSseServer.Posted answer = server.next(server.open);
      while (!answer.body().has("result")) {
        answer = server.next(server.open);
      }
      assertThat(answer.body().path("id").asText()).isEqualTo("q");
      call.result("{\"content\":[]}");
      assertThat(client.answer().path("id")).hasToString("1");

      call.stream()
          .message("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/tools/list_changed\"}");
      assertThat(client.message().path("method").asText())
          .isEqualTo("notifications/tools/list_changed");
    }
  }

  @Test
  void whatWantsNoAnswerIsAnsweredWhereItIsPosted() throws Exception {
    try (HttpSseClient client = connected()) {
      assertThat(client.post("{'jsonrpc':'2.0','id':9,'result':{}}").statusCode()).isEqualTo(400);
      assertThat(client.post("not json").statusCode()).isEqualTo(400);
      assertThat(client.post("[]").statusCode()).isEqualTo(400);
      assertThat(client.post("{'jsonrpc':'2.0','method':'notifications/unknown'}").statusCode())
          .isEqualTo(202);
      assertThat(client.post("{'a':'" + "x".repeat(101 << 10) + "'}").statusCode()).isEqualTo(413);
      assertThat(
              gateway
                  .send(
                      client
                          .heldBy("reader")
                          .setHeader("content-type", "text/plain")
                          .POST(HttpRequest.BodyPublishers.ofString("{}"))
                          .build())
                  .statusCode())
          .isEqualTo(415);
    }
    assertThat(server.posted).hasSize(2);
  }

  @Test
  void requestBeforeInitializeIsRefusedOnTheStream() throws Exception {
    try (HttpSseClient client = HttpSseClient.open(gateway, "reader")) {
      assertThat(client.ask("1", "tools/list", "{}").path("error").path("data").path("reason"))
          .hasToString("\"session_required\"");
    }
    assertThat(server.posted).isEmpty();
    assertThat(server.streams).isEmpty();
  }

  @Test
  void sessionIsBegunOnce() throws Exception {
    try (HttpSseClient client = connected()) {
      assertThat(client.ask("5", "initialize", "{'protocolVersion':'2024-11-05'}").path("error"))
          .isNotEmpty();
    }
    assertThat(server.posted("initialize")).hasSize(1);
  }

  @Test
  void modernRequestsAreNotTaken() throws Exception {
    try (HttpSseClient client = connected()) {
      String meta =
          "{'_meta':{'io.modelcontextprotocol/protocolVersion':'2026-07-28',"
              + "'io.modelcontextprotocol/clientCapabilities':{}}}";
      assertThat(client.ask("1", "tools/list", meta).path("error")).isNotEmpty();
    }
    assertThat(server.posted("tools/list")).isEmpty();
  }

  @Test
  void addressInOtherHandsIsUnknown() throws Exception {
    try (HttpSseClient client = connected()) {
      for (String verb : List.of("GET", "POST", "DELETE", "PUT")) {
        HttpRequest.BodyPublisher body =
            HttpRequest.BodyPublishers.ofString(
                "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}");
        HttpResponse<String> stolen =
            gateway.send(client.heldBy("writer").method(verb, body).build());
        URI other = URI.create(gateway.url() + "/messages/AAAA");
        HttpResponse<String> unknown =
            gateway.send(gateway.as("writer").uri(other).method(verb, body).build());

        assertThat(stolen.statusCode()).isEqualTo(verb.equals("POST") ? 404 : 405);
        assertThat(stolen.headers().firstValue("allow"))
            .isEqualTo(Optional.ofNullable(verb.equals("POST") ? null : "POST, OPTIONS"));
        assertThat(stolen.statusCode()).isEqualTo(unknown.statusCode());
        assertThat(withoutCall(stolen)).isEqualTo(withoutCall(unknown));
        assertThat(
                gateway
                    .send(HttpRequest.newBuilder(client.endpoint()).method(verb, body).build())
                    .statusCode())
            .isEqualTo(401);
      }
      assertThat(client.ask("2", "ping", "{}").path("id")).hasToString("2");
    }
    assertThat(server.posted("tools/list")).isEmpty();
  }

  private static String withoutCall(HttpResponse<String> answer) {
    return answer.body().replaceAll("\"(call|decision)[A-Za-z_]*\":\"[^\"]*\"", "");
  }

  @Test
  void sessionsAreNoAddressesAndAddressesNoSessions() throws Exception {
    try (HttpSseClient client = connected()) {
      String sealed = client.endpoint().getPath().substring("/docs/mcp/messages/".length());
      HttpRequest.BodyPublisher body =
          HttpRequest.BodyPublishers.ofString(
              "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/list\"}");
      assertThat(
              gateway
                  .send(gateway.as("reader").header("mcp-session-id", sealed).POST(body).build())
                  .statusCode())
          .isEqualTo(404);
      LegacyClient streamable = LegacyClient.of(gateway, "reader", "{}", "2024-11-05");
      URI other = URI.create(gateway.url() + "/messages/" + streamable.session);
      assertThat(gateway.send(gateway.as("reader").uri(other).POST(body).build()).statusCode())
          .isEqualTo(404);
    }
    assertThat(server.posted("tools/list")).isEmpty();
  }

  @Test
  void pathsBesideTheAddressAreUnknownToEverybody() throws Exception {
    for (String path :
        List.of(
            "/messages", "/messages/", "/messages/a/b", "/messages/a?b", "/messages/%41", "/x/a")) {
      URI uri = URI.create(gateway.url() + path);
      assertThat(gateway.send(gateway.as("reader").uri(uri).GET().build()).statusCode())
          .as(path)
          .isEqualTo(404);
      assertThat(gateway.send(HttpRequest.newBuilder(uri).GET().build()).statusCode())
          .as(path)
          .isEqualTo(404);
    }
  }

  @Test
  void streamNeedsACredentialAndAnAcceptableType() throws Exception {
    assertThat(
            gateway
                .send(
                    HttpRequest.newBuilder(URI.create(gateway.url()))
                        .header("accept", "text/event-stream")
                        .build())
                .statusCode())
        .isEqualTo(401);
    assertThat(
            gateway
                .send(gateway.as("reader").setHeader("accept", "application/json").GET().build())
                .statusCode())
        .isEqualTo(406);
    assertThat(server.streams).isEmpty();
  }

  @Test
  void routesWithoutTheSwitchKnowNothingOfIt() throws Exception {
    HttpSseClient client = connected();
    gateway.more(settings(false), GRANTS, "");
    LegacyClient.Event last = client.events().next();
    while (last != null) {
      // Until the stream is looked at, the client may hear that its lists have changed.
      assertThat(last.data()).contains("list_changed");
      last = client.events().next();
    }
    assertThat(client.post("{'jsonrpc':'2.0','id':1,'method':'ping'}").statusCode()).isEqualTo(404);
    try (Events refused =
        new Events(gateway.open(HttpSseClient.opening(gateway, "reader").build()))) {
      assertThat(refused.status()).isEqualTo(400);
    }
    awaitNobody();
  }

  @Test
  void streamsOfACallerAreBounded() throws Exception {
    List<HttpSseClient> open = new ArrayList<>();
    try {
      open.add(HttpSseClient.open(gateway, "reader"));
      open.add(HttpSseClient.open(gateway, "reader"));
      assertThat(gateway.send(HttpSseClient.opening(gateway, "reader").build()).statusCode())
          .isEqualTo(429);
      open.add(HttpSseClient.open(gateway, "writer"));
      open.removeFirst().close();
      awaitMetric("countersign_http_sse_clients 2.0");
      open.add(HttpSseClient.open(gateway, "reader"));
    } finally {
      for (HttpSseClient client : open) {
        client.close();
      }
    }
    awaitNobody();
  }

  @Test
  void messagesUnderWayAreBounded() throws Exception {
    try (HttpSseClient client = connected()) {
      int taken = 0;
      while (client.call(String.valueOf(taken + 1), "tools/call", "{'name':'t'}") == 202) {
        taken++;
        assertThat(taken).isLessThan(64);
      }
      // The stream of what belongs to no request is one of them.
      assertThat(taken).isEqualTo(63);
      // What the server waits for is taken all the same.
      assertThat(client.post("{'jsonrpc':'2.0','id':9,'result':{}}").statusCode()).isEqualTo(400);
      for (int i = 0; i < taken; i++) {
        server.next("tools/call").result("{\"content\":[]}");
      }
      for (int i = 0; i < taken; i++) {
        assertThat(client.answer().has("result")).isTrue();
      }
      assertThat(client.ask("99", "ping", "{}").path("id")).hasToString("99");
    }
  }

  @Test
  void streamEndsWithTheServersAndCallsFailBefore() throws Exception {
    try (HttpSseClient client = connected()) {
      assertThat(client.call("1", "tools/call", "{'name':'t'}")).isEqualTo(202);
      server.next("tools/call").stream().close();
      assertThat(client.answer().path("error").path("data").path("reason").asText())
          .isEqualTo("upstream_unavailable");
      assertThat(client.ask("2", "tools/list", "{}").path("error").path("data").path("reason"))
          .hasToString("\"session_unknown\"");
      assertThat(client.events().next()).isNull();
      assertThat(client.call("3", "ping", "{}")).isEqualTo(404);
    }
    awaitNobody();
  }

  @Test
  void streamEndsSoonAfterItsCredential() throws Exception {
    try (HttpSseClient client = HttpSseClient.open(gateway, "reader", Duration.ofSeconds(2))) {
      client.initialize("2024-11-05", "{}");
      assertThat(client.events().next()).isNull();
    }
    awaitNobody();
  }

  @Test
  void slowClientLosesNothing() throws Exception {
    try (HttpSseClient client = connected()) {
      String filler = "x".repeat(60_000);
      server.results.put(
          "tools/call", "{\"content\":[{\"type\":\"text\",\"text\":\"" + filler + "\"}]}");
      int calls = 60;
      for (int i = 1; i <= calls; i++) {
        assertThat(client.call(String.valueOf(i), "tools/call", "{'name':'t'}")).isEqualTo(202);
      }
      List<String> ids = new ArrayList<>();
      for (int i = 0; i < calls; i++) {
        JsonNode answer = client.answer();
        assertThat(answer.has("result")).isTrue();
        ids.add(answer.path("id").asText());
      }
      assertThat(ids).doesNotHaveDuplicates();
    }
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.countersign.cli.LegacyClient.Event;
import dev.countersign.cli.LegacyClient.Events;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients of Streamable HTTP before a server of 2024-11-05. */
@Timeout(60)
final class HttpSseServersTest {
  private static final List<String> GRANTS =
      List.of(
          "{caller: \"oidc:demo:*\", allow: [\"docs/*\", \"sampling:docs/*\"]}",
          "{caller: \"oidc:demo:*\", deny: [\"docs/hidden\"]}");

  @TempDir private Path folder;
  private final HttpSseServer server;
  private WireGateway gateway;

  HttpSseServersTest() throws IOException {
    server = new HttpSseServer();
  }

  @BeforeEach
  void start() throws IOException {
    gateway =
        new WireGateway(
            folder,
            settings(true),
            GRANTS,
            "keep_alive: 100ms, upstream_head: 500ms, event_bytes: 64KiB");
  }

  @AfterEach
  void stop() {
    gateway.close();
    server.close();
  }

  private String settings(boolean httpSse) {
    return "{url: \"" + server.url() + "\", http_sse: " + httpSse + "}";
  }

  private LegacyClient client() throws Exception {
    return LegacyClient.of(gateway, "reader", "{\"sampling\":{}}", "2024-11-05");
  }

  private HttpResponse<String> initialize() throws Exception {
    return gateway.send(
        gateway
            .as("reader")
            .POST(
                HttpRequest.BodyPublishers.ofString(
                    "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\",\"params\":{"
                        + "\"protocolVersion\":\"2025-11-25\",\"capabilities\":{},"
                        + "\"clientInfo\":{\"name\":\"t\",\"version\":\"1\"}}}"))
            .build());
  }

  private void awaitNoStreams() throws Exception {
    awaitMetric("countersign_http_sse_server_streams 0.0");
  }

  private void awaitMetric(String line) throws Exception {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (!gateway.metrics().contains(line)) {
      assertThat(System.nanoTime()).as(line).isLessThan(deadline);
    }
  }

  @Test
  void sessionIsOneStreamAndAnswersComeOnIt() throws Exception {
    LegacyClient client = client();
    assertThat(client.initialized.path("result").path("protocolVersion").asText())
        .isEqualTo("2024-11-05");
    server.results.put("tools/list", "{\"tools\":[{\"name\":\"t\"},{\"name\":\"hidden\"}]}");

    assertThat(client.ask("1", "tools/list", "{}").path("result").path("tools"))
        .hasToString("[{\"name\":\"t\"}]");
    assertThat(client.delete()).isEqualTo(200);

    server.next(server.streams).awaitGone();
    awaitNoStreams();
    assertThat(client.post("{'jsonrpc':'2.0','id':2,'method':'tools/list'}").statusCode())
        .isEqualTo(404);
    assertThat(server.posted("tools/list"))
        .singleElement()
        .satisfies(
            one -> {
              assertThat(one.target()).hasToString("/messages?session=1");
              assertThat(one.headers().keySet())
                  .map(name -> name.toLowerCase(Locale.ROOT))
                  .doesNotContain("authorization", "mcp-session-id", "mcp-protocol-version");
            });
  }

  @Test
  void hiddenToolIsNeverCalled() throws Exception {
    LegacyClient client = client();
    assertThat(client.ask("1", "tools/call", "{'name':'hidden'}").path("error").path("code"))
        .hasToString("-32602");
    assertThat(server.posted("tools/call")).isEmpty();
  }

  @Test
  void callsOfOneSessionAreToldApartByTheirIds() throws Exception {
    LegacyClient client = client();
    Future<Events> a = start(client, "1", "a");
    HttpSseServer.Posted one = server.next("tools/call");
    Future<Events> b = start(client, "'1'", "b");
    HttpSseServer.Posted other = server.next("tools/call");
    one.progress();
    other.progress();
    other.result(text("answer of b"));
    one.result(text("answer of a"));
    try (Events first = a.get();
        Events second = b.get()) {
      assertThat(requireNonNull(first.next()).data()).contains("\"progressToken\":\"a\"");
      JsonNode answer = answer(first);
      assertThat(answer.path("id")).hasToString("1");
      assertThat(answer.toString()).contains("answer of a");
      Event progress = requireNonNull(second.next());
      assertThat(progress.data()).contains("\"progressToken\":\"b\"");
      answer = answer(second);
      assertThat(answer.path("id")).hasToString("\"1\"");
      assertThat(answer.toString()).contains("answer of b");
    }
  }

  /** A call whose head comes with the first thing that the server says. */
  private static Future<Events> start(LegacyClient client, String id, String token) {
    FutureTask<Events> call =
        new FutureTask<>(
            () ->
                client.call(
                    id, "tools/call", "{'name':'t','_meta':{'progressToken':'" + token + "'}}"));
    var unused = Thread.ofVirtual().start(call);
    return call;
  }

  private static String text(String text) {
    return "{\"content\":[{\"type\":\"text\",\"text\":\"" + text.replace("\"", "\\\"") + "\"}]}";
  }

  private static JsonNode answer(Events events) throws IOException {
    Event event = requireNonNull(events.next());
    while (!event.json().has("result") && !event.json().has("error")) {
      event = requireNonNull(events.next());
    }
    return event.json();
  }

  @Test
  void questionComesWithTheOnlyCallAndItsAnswerIsPosted() throws Exception {
    LegacyClient client = client();
    Future<Events> started = start(client, "1", "a");
    HttpSseServer.Posted asked = server.next("tools/call");
    asked.progress();
    try (Events call = started.get()) {
      assertThat(call.next()).isNotNull();
      asked.stream()
          .message(
              "{\"jsonrpc\":\"2.0\",\"id\":\"q\",\"method\":\"sampling/createMessage\",\"params\":"
                  + "{\"messages\":[{\"role\":\"user\",\"content\":{\"type\":\"text\",\"text\":\"hi\"}}],"
                  + "\"maxTokens\":10}}");
      JsonNode question = requireNonNull(call.next()).json();
      assertThat(question.path("method").asText()).isEqualTo("sampling/createMessage");

      assertThat(
              client
                  .post(
                      "{'jsonrpc':'2.0','id':"
                          + question.path("id")
                          + ",'result':{'role':'assistant','model':'m','content':{'type':'text','text':'x'}}}")
                  .statusCode())
          .isEqualTo(202);
      HttpSseServer.Posted reply = server.next(server.open);
      while (!reply.body().has("result")) {
        reply = server.next(server.open);
      }
      assertThat(reply.body().path("id").asText()).isEqualTo("q");
      asked.result(text("done"));
      assertThat(answer(call).toString()).contains("done");
    }
  }

  @Test
  void whatBelongsToNoCallGoesToTheSessionsStreamAndPingsAreAnsweredHere() throws Exception {
    LegacyClient client = client();
    HttpSseServer.Stream stream = server.next(server.streams);
    try (Events events = client.get(null)) {
      stream.message("{\"jsonrpc\":\"2.0\",\"id\":9,\"method\":\"ping\"}");
      stream.message("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/tools/list_changed\"}");

      assertThat(requireNonNull(events.next()).data()).contains("tools/list_changed");
      HttpSseServer.Posted pong = server.next(server.open);
      assertThat(pong.body()).hasToString("{\"jsonrpc\":\"2.0\",\"id\":9,\"result\":{}}");
      stream.close();
      assertThat(events.next()).isNull();
    }
  }

  @Test
  void sessionIsOverWithItsStreamAndCallsUnderWayFail() throws Exception {
    LegacyClient client = client();
    Future<Events> started = start(client, "1", "a");
    HttpSseServer.Posted posted = server.next("tools/call");
    posted.progress();
    try (Events call = started.get()) {
      assertThat(requireNonNull(call.next()).data()).contains("progress");
      posted.stream().close();

      assertThat(answer(call).path("error").path("data").path("reason").asText())
          .isEqualTo("upstream_unavailable");
    }
    assertThat(client.post("{'jsonrpc':'2.0','id':2,'method':'tools/list'}").statusCode())
        .isEqualTo(404);
    awaitNoStreams();
  }

  @Test
  void sessionIsOverWhenTheServerNoLongerKnowsIt() throws Exception {
    LegacyClient client = client();
    server.postStatus = 404;
    assertThat(client.post("{'jsonrpc':'2.0','id':2,'method':'tools/list'}").statusCode())
        .isEqualTo(404);
    server.next(server.streams).awaitGone();
    awaitNoStreams();
  }

  @Test
  void cancelReachesTheServerAndItsLateAnswerIsNobodys() throws Exception {
    LegacyClient client = client();
    Future<Events> started = start(client, "1", "a");
    HttpSseServer.Posted posted = server.next("tools/call");
    posted.progress();
    try (Events call = started.get()) {
      assertThat(call.next()).isNotNull();
      assertThat(
              client
                  .post(
                      "{'jsonrpc':'2.0','method':'notifications/cancelled','params':{'requestId':1}}")
                  .statusCode())
          .isEqualTo(202);
      assertThat(server.next("notifications/cancelled").body().path("params").path("requestId"))
          .isEqualTo(posted.body().path("id"));
      assertThat(call.next()).isNull();
    }
    Future<Events> again = start(client, "1", "a");
    HttpSseServer.Posted next = server.next("tools/call");
    posted.result(text("late"));
    next.progress();
    next.result(text("its own"));
    try (Events call = again.get()) {
      assertThat(answer(call).toString()).contains("its own");
    }
  }

  @Test
  void endpointElsewhereIsNotTaken() throws Exception {
    for (String beginning :
        List.of(
            "event: endpoint\ndata: http://127.0.0.1:1/messages\n\n",
            "event: endpoint\ndata: https://evil.example/messages\n\n",
            "event: endpoint\ndata: //evil.example/messages\n\n",
            "event: endpoint\ndata: http://user@127.0.0.1:%d/messages\n\n",
            "event: endpoint\ndata: /\\evil.example/messages\n\n",
            "event: endpoint\ndata: file:///etc/passwd\n\n",
            "event: endpoint\ndata: mailto:x\n\n",
            "event: endpoint\ndata: /messages#fragment\n\n",
            "event: endpoint\ndata: /mess ages\n\n",
            "event: endpoint\ndata: \n\n",
            "event: endpoint\ndata: /messages?session=1\ndata: x\n\n",
            "event: message\ndata: {}\n\nevent: endpoint\ndata: /messages?session=1\n\n")) {
      server.beginning = beginning;
      assertThat(initialize().body()).as(beginning).contains("upstream_bad_reply");
      server.next(server.streams).awaitGone();
      assertThat(server.posted).as(beginning).isEmpty();
    }
    awaitNoStreams();
  }

  @Test
  void endpointThatIsTooLongIsNotTaken() throws Exception {
    server.beginning = "event: endpoint\ndata: /" + "m".repeat(2048) + "\n\n";
    assertThat(initialize().body()).contains("upstream_bad_reply");
    assertThat(server.posted).isEmpty();
  }

  @Test
  void endpointThatIsLateIsNotWaitedFor() throws Exception {
    server.beginning = "";
    assertThat(initialize().body()).contains("upstream_timeout");
    server.next(server.streams).awaitGone();
    assertThat(server.posted).isEmpty();
    awaitNoStreams();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "event: endpoint\ndata: /messages?session=1\n\n",
        "data: not json\n\n",
        "data: [1]\n\n",
      })
  void sessionEndsWithWhatMayNotStandOnItsStream(String event) throws Exception {
    LegacyClient client = client();
    Future<Events> started = start(client, "1", "a");
    HttpSseServer.Posted posted = server.next("tools/call");
    posted.progress();
    try (Events call = started.get()) {
      assertThat(call.next()).isNotNull();
      assertThat(posted.stream().write(event)).isTrue();
      assertThat(answer(call).path("error").path("data").path("reason").asText())
          .isEqualTo("upstream_bad_reply");
      posted.stream().awaitGone();
    }
    awaitNoStreams();
  }

  @Test
  void absoluteEndpointOfTheSameOriginIsTaken() throws Exception {
    server.beginning = "event: endpoint\r\ndata: " + server.origin() + "/m?session=%d\r\n\r\n";
    assertThat(initialize().statusCode()).isEqualTo(200);
    assertThat(server.posted)
        .singleElement()
        .extracting(one -> one.target().toString())
        .isEqualTo("/m?session=1");
  }

  @Test
  void serverThatGivesNoStreamIsABadReply() throws Exception {
    for (int status : List.of(400, 405, 500)) {
      server.streamStatus = status;
      assertThat(initialize().body()).contains("upstream_bad_reply");
    }
    awaitNoStreams();
  }

  @Test
  void serverThatDoesNotTakeInitializeHasNoSession() throws Exception {
    for (int status : List.of(400, 500)) {
      server.postStatus = status;
      assertThat(initialize().body()).contains("upstream_bad_reply");
    }
    awaitNoStreams();
  }

  @Test
  void serverThatRefusesToInitializeHasNoSession() throws Exception {
    server.results.remove("initialize");
    var answer =
        gateway.open(HttpRequest.newBuilder().uri(java.net.URI.create(gateway.url())).build());
    assertThat(answer.statusCode()).isEqualTo(401);
    server.results.put("initialize", "{\"protocolVersion\":\"1999-01-01\"}");
    assertThat(initialize().body()).contains("upstream_bad_reply");
    awaitNoStreams();
  }

  @Test
  void slowClientHoldsItsServerBackAndLosesNothing() throws Exception {
    LegacyClient client = client();
    int messages = 200;
    String filler = "x".repeat(60_000);
    Future<Events> started = start(client, "1", "a");
    HttpSseServer.Posted posted = server.next("tools/call");
    posted.progress();
    try (Events call = started.get()) {
      assertThat(call.next()).isNotNull();
      Thread writer =
          Thread.ofVirtual()
              .start(
                  () -> {
                    for (int i = 0; i < messages; i++) {
                      posted.stream()
                          .message(
                              posted.progressMessage(
                                  "\"progress\":" + i + ",\"message\":\"" + filler + "\""));
                    }
                    posted.result(text("done"));
                  });
      writer.join(Duration.ofMillis(300));
      assertThat(writer.isAlive()).isTrue();
      for (int i = 0; i < messages; i++) {
        assertThat(requireNonNull(call.next()).data()).contains("\"progress\":" + i + ",");
      }
      assertThat(answer(call).toString()).contains("done");
    }
  }

  @Test
  void streamsEndWhenTheServerIsConfiguredOtherwise() throws Exception {
    client();
    HttpSseServer.Stream stream = server.next(server.streams);
    gateway.more(settings(false), GRANTS, "");
    stream.awaitGone();
    awaitNoStreams();
  }

  @Test
  void otherSessionsAreNotReached() throws Exception {
    LegacyClient client = client();
    LegacyClient thief = client.heldBy("writer");
    assertThat(thief.post("{'jsonrpc':'2.0','id':2,'method':'tools/list'}").statusCode())
        .isEqualTo(404);
    assertThat(thief.delete()).isEqualTo(404);
    try (Events events = thief.get(null)) {
      assertThat(events.status()).isEqualTo(404);
    }
    assertThat(server.posted("tools/list")).isEmpty();
  }
}

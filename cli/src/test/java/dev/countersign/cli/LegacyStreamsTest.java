// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import static dev.countersign.cli.LegacyServer.next;
import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.countersign.cli.LegacyClient.Event;
import dev.countersign.cli.LegacyClient.Events;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Streams of the legacy era: what belongs on which, and how one goes on after it broke. */
final class LegacyStreamsTest {
  private static final String TOOLS = "{\"tools\":[{\"name\":\"t\"},{\"name\":\"hidden\"}]}";

  @TempDir private Path folder;
  private final LegacyServer server;
  private final BlockingQueue<LegacyServer.Stream> calls = new LinkedBlockingQueue<>();
  private WireGateway gateway;

  LegacyStreamsTest() throws IOException {
    server = new LegacyServer();
    server.handlers.put("tools/call", (seen, reply) -> calls.add(reply.stream()));
    server.handlers.put("tools/list", (seen, reply) -> calls.add(reply.stream()));
  }

  @BeforeEach
  void start() throws IOException {
    gateway =
        new WireGateway(
            folder,
            "{url: \"" + server.url() + "\"}",
            List.of(
                "{caller: \"oidc:demo:*\", allow: [\"docs/*\"]}",
                "{caller: \"oidc:demo:*\", deny: [\"docs/hidden\"]}"));
  }

  @AfterEach
  void stop() {
    gateway.close();
    server.close();
  }

  private static String primer(String id, int retry) {
    return "id: " + id + "\nretry: " + retry + "\ndata: \n\n";
  }

  private static String withId(String id, String json) {
    return "id: " + id + "\nevent: message\ndata: " + json + "\n\n";
  }

  /** The first event that has an id. */
  private static Event marked(Events events) throws IOException {
    Event event = requireNonNull(events.next());
    while (event.id() == null) {
      event = requireNonNull(events.next());
    }
    return event;
  }

  /** The server closes a call's stream early; what the client resumes with. */
  private String brokenOff(LegacyClient client, String id, String method) throws Exception {
    try (Events events = client.call(id, method, "{'name':'t'}")) {
      LegacyServer.Stream stream = next(calls);
      stream.write(primer("evt-" + id, 500));
      stream.close();
      Event primed = marked(events);
      assertThat(primed.data()).isEmpty();
      assertThat(primed.retry()).isEqualTo("500");
      assertThat(primed.id()).doesNotContain("evt-");
      assertThat(events.next()).isNull();
      return requireNonNull(primed.id());
    }
  }

  @Test
  void answerOfACallWhoseServerClosedEarlyComesOnTheResumedStreamGovernedAsItsAnswer()
      throws Exception {
    LegacyClient client = LegacyClient.of(gateway, "reader", "{}");
    String last = brokenOff(client, "1", "tools/list");

    try (Events resumed = client.get(last)) {
      LegacyServer.Stream get = next(server.gets);
      assertThat(get.seen.lastEventId()).isEqualTo("evt-1");
      get.write(
          withId(
              "evt-2",
              LegacyServer.response(
                  server.seen("tools/list").getFirst().body().path("id"), "\"result\":" + TOOLS)));

      Event answer = marked(resumed);
      assertThat(answer.json().path("result").path("tools")).hasToString("[{\"name\":\"t\"}]");
      get.close();
    }
    List<JsonNode> record =
        gateway.records(4).stream()
            .filter(leaves -> leaves.getFirst().path("method").asText().equals("tools/list"))
            .findFirst()
            .orElseThrow();
    assertThat(record.getLast().path("result").asText()).isEqualTo("answered");
    assertThat(record.getLast().path("result_sha256").asText()).startsWith("sha256:");
  }

  @Test
  void idIsFreeAgainWhenTheResumedStreamHasAnswered() throws Exception {
    LegacyClient client = LegacyClient.of(gateway, "reader", "{}");
    String last = brokenOff(client, "1", "tools/call");
    assertThat(client.post("{'jsonrpc':'2.0','id':1,'method':'tools/list'}").statusCode())
        .isEqualTo(400);

    try (Events resumed = client.get(last)) {
      LegacyServer.Stream get = next(server.gets);
      get.message("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"content\":[]}}");
      assertThat(resumed.message().path("id").asInt()).isEqualTo(1);
      get.close();
    }
    server.handlers.remove("tools/list");
    server.handlers.put("tools/list", (seen, reply) -> reply.result(TOOLS));
    assertThat(client.ask("1", "tools/list", "{}").has("result")).isTrue();
  }

  @Test
  void onlyItsOwnAnswerAndProgressComeOnAResumedStream() throws Exception {
    LegacyClient client = LegacyClient.of(gateway, "reader", "{}");
    String last = brokenOff(client, "1", "tools/call");
    brokenOff(client, "2", "tools/call");

    try (Events resumed = client.get(last)) {
      LegacyServer.Stream get = next(server.gets);
      for (String other : List.of("2", "3", "\"1\"")) {
        get.message("{\"jsonrpc\":\"2.0\",\"id\":" + other + ",\"result\":{\"leak\":1}}");
      }
      get.message(
          "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{\"progressToken\":1}}");
      get.message("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/tools/list_changed\"}");
      get.message("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"content\":[]}}");

      assertThat(resumed.message())
          .hasToString("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"content\":[]}}");
      get.close();
      assertThat(resumed.next()).isNull();
    }
  }

  @Test
  void noAnswerComesOnAStreamOfNoRequest() throws Exception {
    LegacyClient client = LegacyClient.of(gateway, "reader", "{}");
    try (Events events = client.get(null);
        Events call = client.call("1", "tools/call", "{'name':'t'}")) {
      LegacyServer.Stream get = next(server.gets);
      LegacyServer.Stream post = next(calls);
      get.message("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"leak\":1}}");
      get.write(
          withId("g1", "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/tools/list_changed\"}"));
      Event changed = marked(events);
      assertThat(changed.json().path("method").asText()).endsWith("list_changed");

      post.message("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/tools/list_changed\"}");
      post.result("{\"content\":[]}");
      assertThat(call.message().has("result")).isTrue();

      get.close();
      assertThat(events.next()).isNull();
      try (Events resumed = client.get(changed.id())) {
        LegacyServer.Stream again = next(server.gets);
        assertThat(again.seen.lastEventId()).isEqualTo("g1");
        again.message("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"leak\":1}}");
        again.message("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/tools/list_changed\"}");
        assertThat(resumed.message().has("result")).isFalse();
        again.close();
      }
    }
  }

  @Test
  void eventIdOfAnotherSessionOrCallerOpensNothing() throws Exception {
    LegacyClient client = LegacyClient.of(gateway, "reader", "{}");
    LegacyClient second = LegacyClient.of(gateway, "reader", "{}");
    LegacyClient other = LegacyClient.of(gateway, "other", "{}");
    String last = brokenOff(client, "1", "tools/call");

    for (LegacyClient thief : List.of(second, other)) {
      try (Events none = thief.get(last)) {
        assertThat(none.status()).isEqualTo(400);
      }
    }
    try (Events none = client.heldBy("other").get(last)) {
      assertThat(none.status()).isEqualTo(404);
    }
    for (String forged : List.of("evt-1", "0", last.substring(1), last + "A")) {
      try (Events none = client.get(forged)) {
        assertThat(none.status()).isEqualTo(400);
      }
    }
    assertThat(server.gets).isEmpty();
  }

  @Test
  void streamThatEndsEarlyWithoutAnIdIsABadReply() throws Exception {
    LegacyClient client = LegacyClient.of(gateway, "reader", "{}");
    try (Events events = client.call("1", "tools/call", "{'name':'t'}")) {
      next(calls).close();
      assertThat(events.message().path("error").path("data").path("reason").asText())
          .isEqualTo("upstream_bad_reply");
    }
  }

  @ParameterizedTest
  @CsvSource({"405, 405", "409, 409", "500, 502"})
  void serverWithoutAStreamSaysSo(int says, int told) throws Exception {
    server.getStatus = says;
    try (Events events = LegacyClient.of(gateway, "reader", "{}").get(null)) {
      assertThat(events.status()).isEqualTo(told);
    }
  }

  @Test
  void clientGetsTheHeadThoughItsServerWaitsWithIt() throws Exception {
    server.getStatus = -1;
    try (Events events = LegacyClient.of(gateway, "reader", "{}").get(null)) {
      assertThat(events.status()).isEqualTo(200);
    }
  }

  /** A client that missed the answer gets it again, and nobody else does. */
  @Test
  void answerIsReplayedToTheClientThatMissedIt() throws Exception {
    LegacyClient client = LegacyClient.of(gateway, "reader", "{}");
    String last;
    try (Events events = client.call("1", "tools/list", "{}")) {
      LegacyServer.Stream stream = next(calls);
      stream.write(primer("evt-1", 100));
      last = requireNonNull(marked(events).id());
      stream.result(TOOLS);
      events.message();
    }
    try (Events resumed = client.get(last)) {
      LegacyServer.Stream get = next(server.gets);
      get.message("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":" + TOOLS + "}");
      assertThat(resumed.message().path("result").path("tools")).hasSize(1);
      get.close();
    }
  }

  /** Only what went on record as the answer is one. */
  @Test
  void anotherAnswerToACallThatIsOverReachesNobody() throws Exception {
    LegacyClient client = LegacyClient.of(gateway, "reader", "{}");
    String last = brokenOff(client, "1", "tools/call");
    String answer = "{\"jsonrpc\":\"2.0\",\"id\":1,%s}";
    String recorded = answer.formatted("\"error\":{\"code\":-32000,\"message\":\"no\"}");
    String later = answer.formatted("\"result\":{\"content\":[],\"leak\":1}");

    try (Events resumed = client.get(last)) {
      LegacyServer.Stream get = next(server.gets);
      for (String one : List.of(recorded, later, recorded)) {
        get.message(one);
      }
      assertThat(resumed.message()).hasToString(recorded);
      assertThat(resumed.message()).hasToString(recorded);
      get.close();
      assertThat(resumed.next()).isNull();
    }
  }

  @Test
  void answerToACallThatWasTakenBackReachesNobody() throws Exception {
    LegacyClient client = LegacyClient.of(gateway, "reader", "{}");
    String last = brokenOff(client, "1", "tools/call");
    String cancel = "{'jsonrpc':'2.0','method':'notifications/cancelled','params':{'requestId':1}}";
    assertThat(client.post(cancel).statusCode()).isEqualTo(202);

    try (Events resumed = client.get(last)) {
      LegacyServer.Stream get = next(server.gets);
      get.message("{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"leak\":1}}");
      get.close();
      assertThat(resumed.next()).isNull();
    }
  }
}

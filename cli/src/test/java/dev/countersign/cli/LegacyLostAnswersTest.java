// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import static dev.countersign.cli.LegacyServer.next;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.countersign.cli.LegacyClient.Events;
import java.io.IOException;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** No server waits for ever for an answer that cannot reach it. */
final class LegacyLostAnswersTest {
  private static final String FORM =
      "{\"jsonrpc\":\"2.0\",\"id\":5,\"method\":\"elicitation/create\",\"params\":{\"message\":\"m\","
          + "\"requestedSchema\":{\"type\":\"object\",\"properties\":{\"name\":{\"type\":\"string\"}}}}}";

  @TempDir private Path folder;
  private final LegacyServer server;
  private final BlockingQueue<LegacyServer.Stream> calls = new LinkedBlockingQueue<>();

  LegacyLostAnswersTest() throws IOException {
    server = new LegacyServer();
    server.handlers.put("tools/call", (seen, reply) -> calls.add(reply.stream()));
  }

  private WireGateway gateway(String limits) throws IOException {
    return new WireGateway(
        folder,
        "{url: \"" + server.url() + "\"}",
        List.of("{caller: \"oidc:demo:asked\", allow: [\"docs/*\", \"elicitation:docs/**\"]}"),
        "keep_alive: 100ms, " + limits);
  }

  private static LegacyClient client(WireGateway gateway) throws Exception {
    return LegacyClient.of(gateway, "asked", "{\"elicitation\":{}}");
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private static Events call(LegacyClient client, String id) throws Exception {
    return client.call(id, "tools/call", "{'name':'t','arguments':{}}");
  }

  private static int accept(LegacyClient client, JsonNode asked) throws Exception {
    return client
        .post(
            "{'jsonrpc':'2.0','id':"
                + asked.path("id")
                + ",'result':{'action':'accept','content':{'name':'x'}}}")
        .statusCode();
  }

  @ParameterizedTest
  @CsvSource({"500, bad_reply", "401, bad_reply"})
  void serverThatDidNotTakeAnAnswerIsToldThatThereIsNone(int status, String outcome)
      throws Exception {
    try (WireGateway gateway = gateway("call: 1m")) {
      LegacyClient client = client(gateway);
      server.responseStatuses.add(status);
      try (Events events = call(client, "1")) {
        LegacyServer.Stream stream = next(calls);
        stream.message(FORM);
        JsonNode asked = events.message();

        assertThat(accept(client, asked)).isEqualTo(502);
        assertThat(next(server.responses).path("result").path("action").asText())
            .isEqualTo("accept");
        JsonNode told = next(server.responses);
        assertThat(told.path("id").asInt()).isEqualTo(5);
        assertThat(told.path("result")).hasToString("{\"action\":\"decline\"}");
        assertThat(accept(client, asked)).isEqualTo(400);
        assertThat(server.responses).isEmpty();
        stream.result("{}");
        events.message();
      }
      assertThat(outcomes(gateway, "input_response")).containsExactly(outcome);
      assertThat(outcomes(gateway, "input_request")).containsExactly("withheld");
    }
  }

  @Test
  void answerThatCouldNotBeSentMayComeAgain() throws Exception {
    try (WireGateway gateway = gateway("call: 1m, upstream_connections: 2")) {
      LegacyClient client = client(gateway);
      try (Events asking = call(client, "1");
          Events other = call(client, "2")) {
        LegacyServer.Stream stream = next(calls);
        LegacyServer.Stream second = next(calls);
        stream.message(FORM);
        JsonNode asked = (stream.seen.body().path("id").asInt() == 1 ? asking : other).message();

        assertThat(accept(client, asked)).isEqualTo(502);
        assertThat(server.responses).isEmpty();
        assertThat(gateway.metrics()).contains("countersign_questions 1.0");

        second.result("{}");
        (second.seen.body().path("id").asInt() == 1 ? asking : other).message();
        assertThat(accept(client, asked)).isEqualTo(202);
        assertThat(next(server.responses).path("result").path("action").asText())
            .isEqualTo("accept");
        assertThat(accept(client, asked)).isEqualTo(400);
        stream.result("{}");
        (stream.seen.body().path("id").asInt() == 1 ? asking : other).message();
      }
      assertThat(outcomes(gateway, "input_response"))
          .containsExactlyInAnyOrder("not_dispatched", "answered");
      assertThat(outcomes(gateway, "input_request")).containsExactly("answered");
      assertThat(server.responses).isEmpty();
    }
  }

  @Test
  void clientThatDropsWhileItsAnswerIsDecidedMayPostItAgain() throws Exception {
    try (WireGateway gateway = gateway("call: 1m")) {
      LegacyClient client = client(gateway);
      try (Events events = call(client, "1")) {
        LegacyServer.Stream stream = next(calls);
        // Which comes first, the drop or the dispatch, is open; that the answer arrives is not.
        for (int i = 0; i < 20; i++) {
          stream.message(FORM);
          JsonNode asked = events.message();
          postAndDrop(client, asked);
          JsonNode answer = server.responses.poll();
          long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
          while (answer == null) {
            assertThat(System.nanoTime()).isLessThan(deadline);
            assertThat(accept(client, asked)).isIn(202, 400);
            answer = server.responses.poll(1, TimeUnit.MILLISECONDS);
          }
          assertThat(answer.path("result").path("action").asText()).isEqualTo("accept");
        }
        stream.result("{}");
      }
      assertThat(server.responses).isEmpty();
    }
  }

  private static void postAndDrop(LegacyClient client, JsonNode asked) throws IOException {
    String body =
        "{\"jsonrpc\":\"2.0\",\"id\":"
            + asked.path("id")
            + ",\"result\":{\"action\":\"accept\",\"content\":{\"name\":\"x\"}}}";
    HttpRequest request = client.request().build();
    StringBuilder text =
        new StringBuilder("POST ").append(request.uri().getPath()).append(" HTTP/1.1\r\n");
    text.append("host: ").append(request.uri().getAuthority()).append("\r\n");
    request
        .headers()
        .map()
        .forEach((name, values) -> text.append(name + ": " + values.getFirst() + "\r\n"));
    text.append("content-length: ").append(body.length()).append("\r\n\r\n").append(body);
    try (Socket socket = new Socket(request.uri().getHost(), request.uri().getPort())) {
      socket.getOutputStream().write(text.toString().getBytes(StandardCharsets.UTF_8));
    }
  }

  @Test
  void questionWhoseAnswerCouldNotBeSentStillHasItsTime() throws Exception {
    try (WireGateway gateway = gateway("call: 3s, upstream_connections: 2")) {
      LegacyClient client = client(gateway);
      try (Events events = client.get(null);
          Events call = call(client, "1")) {
        LegacyServer.Stream get = next(server.gets);
        LegacyServer.Stream stream = next(calls);
        get.message(FORM);
        JsonNode asked = events.message();

        assertThat(accept(client, asked)).isEqualTo(502);
        stream.result("{}");
        call.message();
        assertThat(events.message().path("method").asText()).isEqualTo("notifications/cancelled");
        assertThat(next(server.responses).path("error").path("message").asText())
            .isEqualTo("no answer in time");
        assertThat(accept(client, asked)).isEqualTo(400);
      }
      assertThat(outcomes(gateway, "input_request")).containsExactly("timeout");
    }
  }

  /** How the calls of a trigger ended, as their records say. */
  private static List<String> outcomes(WireGateway gateway, String trigger) throws IOException {
    return gateway.ended(16).stream()
        .filter(leaves -> leaves.getFirst().path("trigger").asText().equals(trigger))
        .map(leaves -> leaves.getLast().path("result").asText())
        .toList();
  }
}

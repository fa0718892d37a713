// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import static dev.countersign.cli.BridgedFixture.ALL;
import static dev.countersign.cli.BridgedFixture.ANN;
import static dev.countersign.cli.BridgedFixture.FORM;
import static dev.countersign.cli.BridgedFixture.ROOTS;
import static dev.countersign.cli.BridgedFixture.SAMPLING;
import static dev.countersign.cli.BridgedFixture.answer;
import static dev.countersign.cli.BridgedFixture.await;
import static dev.countersign.cli.BridgedFixture.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a modern server needs of a legacy client before it answers, through the bridge. */
@Timeout(60)
final class BridgedQuestionsTest {
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
  void whatTheServerNeedsIsAskedOnTheStreamAndTheRequestSentAgain() throws Exception {
    bridge.asks("\"who\":" + FORM + ",\"model\":" + SAMPLING + ",\"where\":" + ROOTS);
    LegacyClient client = bridge.client();

    try (LegacyClient.Events call =
        client.call("5", "tools/call", "{'name':'read','arguments':{'a':1}}")) {
      JsonNode form = call.message();
      JsonNode sampling = call.message();
      JsonNode roots = call.message();
      assertThat(form.path("method").asText()).isEqualTo("elicitation/create");
      assertThat(form.at("/params/message").asText()).isEqualTo("Who?");
      assertThat(sampling.path("method").asText()).isEqualTo("sampling/createMessage");
      assertThat(sampling.at("/params/maxTokens").asInt()).isLessThan(999999);
      assertThat(roots.path("method").asText()).isEqualTo("roots/list");

      // Each is judged by what it answers, and counts once.
      assertThat(
              client
                  .post(answer(form, "\"result\":{\"action\":\"accept\",\"content\":{}}"))
                  .statusCode())
          .isEqualTo(400);
      assertThat(client.post(answer(form, "\"result\":" + ANN)).statusCode()).isEqualTo(400);
      assertThat(
              client
                  .post(answer(roots, "\"result\":{\"roots\":[{\"uri\":\"file:///w\"}]}"))
                  .statusCode())
          .isEqualTo(202);
      assertThat(client.heldBy("other").post(answer(sampling, "\"result\":{}")).statusCode())
          .isEqualTo(404);
      assertThat(
              client
                  .post(
                      answer(
                          sampling,
                          "\"result\":{\"role\":\"assistant\",\"model\":\"m\",\"content\":"
                              + "{\"type\":\"text\",\"text\":\"ok\"}}"))
                  .statusCode())
          .isEqualTo(202);

      JsonNode done = call.message();
      assertThat(done.path("id").asInt()).isEqualTo(5);
      JsonNode responses = json(done.at("/result/content/0/text").asText());
      assertThat(responses.at("/who/action").asText()).as("a bad answer").isEqualTo("decline");
      assertThat(responses.at("/where/roots/0/uri").asText()).isEqualTo("file:///w");
      assertThat(responses.at("/model/content/text").asText()).isEqualTo("ok");
      assertThat(call.next()).isNull();
    }
    assertThat(bridge.seen("tools/call")).isEqualTo(2);
    assertThat(bridge.last("tools/call").params().path("requestState").asText()).isEqualTo("s1");
    assertThat(bridge.last("tools/call").params().at("/arguments/a").asInt()).isEqualTo(1);
    JsonNode again = gateway.records(1).getFirst().getFirst();
    assertThat(again.path("trigger").asText()).isEqualTo("retry");
    assertThat(again.path("round").asInt()).isEqualTo(1);
    assertThat(gateway.records(12).stream().map(call -> call.getFirst().path("trigger").asText()))
        .contains("input_request", "input_response");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "other  | elicitation | {\"action\":\"decline\"}",
        "reader | elicitation | {\"action\":\"cancel\"}",
        "other  | roots       | {\"roots\":[]}",
        "reader | roots       | {\"roots\":[]}"
      })
  void whatIsNotGrantedOrNotAnsweredIsDeclinedForTheClient(String subject, String kind, String told)
      throws Exception {
    bridge.asks("\"q\":" + (kind.equals("roots") ? ROOTS : FORM));
    LegacyClient client = LegacyClient.of(gateway, subject, ALL);
    try (LegacyClient.Events call =
        client.call("5", "tools/call", "{'name':'read','arguments':{}}")) {
      if (subject.equals("reader")) {
        JsonNode question = call.message();
        assertThat(
                client
                    .post(answer(question, "\"error\":{\"code\":-1,\"message\":\"no\"}"))
                    .statusCode())
            .isEqualTo(202);
        assertThat(json(call.message().at("/result/content/0/text").asText()).path("q").toString())
            .isEqualTo(told);
      }
    }
    if (!subject.equals("reader")) {
      assertThat(bridge.last("tools/call").params().path("inputResponses").path("q").toString())
          .isEqualTo(told);
    }
  }

  @Test
  void samplingThatTheClientRefusesFailsItsRequest() throws Exception {
    bridge.asks("\"q\":" + SAMPLING + ",\"who\":" + FORM);
    LegacyClient client = bridge.client();
    try (LegacyClient.Events call =
        client.call("5", "tools/call", "{'name':'read','arguments':{}}")) {
      JsonNode sampling = call.message();
      JsonNode form = call.message();
      client.post(answer(sampling, "\"error\":{\"code\":-1,\"message\":\"no\"}"));
      JsonNode takenBack = call.message();
      assertThat(takenBack.path("method").asText()).isEqualTo("notifications/cancelled");
      assertThat(takenBack.at("/params/requestId")).isEqualTo(form.path("id"));
      assertThat(call.message().at("/error/data/reason").asText())
          .isEqualTo("input_request_refused");
      assertThat(client.post(answer(form, "\"result\":" + ANN)).statusCode()).isEqualTo(400);
    }
    assertThat(bridge.seen("tools/call")).isEqualTo(1);
  }

  @Test
  void serverThatOnlyWantsTheRequestAgainGetsIt() throws Exception {
    bridge.asks("");
    assertThat(
            bridge.client().ask("1", "tools/call", "{'name':'read','arguments':{}}").has("result"))
        .isTrue();
    assertThat(bridge.seen("tools/call")).isEqualTo(2);
  }

  @Test
  void serverThatNeverHasEnoughIsGivenUp() throws Exception {
    server.result(
        "tools/call",
        "{\"resultType\":\"input_required\",\"requestState\":\"s\",\"inputRequests\":{\"q\":"
            + ROOTS
            + "}}");
    LegacyClient client = bridge.client();
    int asked = 0;
    try (LegacyClient.Events call =
        client.call("5", "tools/call", "{'name':'read','arguments':{}}")) {
      JsonNode said = call.message();
      while (said.has("method")) {
        asked++;
        client.post(answer(said, "\"result\":{\"roots\":[]}"));
        said = call.message();
      }
      assertThat(said.at("/error/data/reason").asText()).isEqualTo("upstream_bad_reply");
    }
    assertThat(asked).isEqualTo(16);
  }

  @Test
  void clientThatLeavesTakesItsQuestionsWithIt() throws Exception {
    bridge.asks("\"q\":" + FORM);
    LegacyClient client = bridge.client();
    JsonNode question;
    try (LegacyClient.Events call =
        client.call("5", "tools/call", "{'name':'read','arguments':{}}")) {
      question = call.message();
    }
    await(() -> bridge.metric("countersign_server_requests_waiting") == 0);
    assertThat(client.post(answer(question, "\"result\":" + ANN)).statusCode()).isEqualTo(400);
    assertThat(bridge.seen("tools/call")).isEqualTo(1);
    assertThat(client.ask("5", "tools/list", "{}").has("error")).as("the id is free").isNotNull();
  }
}

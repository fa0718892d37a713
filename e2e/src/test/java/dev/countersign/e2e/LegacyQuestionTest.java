// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * What a server of 2025-11-25 asks goes to one session, and only that session's answer goes back.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class LegacyQuestionTest {
  private static final String VERSION = "2025-11-25";
  private static final String CALL =
      "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/call\",\"params\":{"
          + "\"name\":\"test_elicitation\",\"arguments\":{\"message\":\"Who?\"}}}";

  private static final String CAN_BE_ASKED = "{\"elicitation\":{}}";

  private GovernedFixture governed;
  private FixtureServer server;
  private String owner;

  @BeforeAll
  void start(@TempDir Path folder) throws Exception {
    governed =
        GovernedFixture.start(
            folder,
            """
            policy: {grants: [{caller: "oidc:demo:*", allow: ["fixture/*", "elicitation:fixture/form"]}]}
            """);
    server = governed.server();
    owner = governed.token("reader");
  }

  @BeforeEach
  void forget() throws Exception {
    server.clearCalls();
  }

  @AfterAll
  void stop() throws Exception {
    governed.stop();
  }

  private EventStream send(String verb, String token, String body, String... more)
      throws Exception {
    return EventStream.open(verb, governed.url(), token, body, more);
  }

  @Test
  void questionIsAnsweredByTheSessionThatWasAsked() throws Exception {
    String session = Wire.session(governed.url(), owner, CAN_BE_ASKED);
    String thief = governed.token("other");
    try (EventStream stream =
        send("POST", owner, CALL, "MCP-Protocol-Version", VERSION, "Mcp-Session-Id", session)) {
      JsonNode question = PeerProcess.JSON.readTree(stream.event("elicitation/create"));
      ObjectNode answer = PeerProcess.JSON.createObjectNode().put("jsonrpc", "2.0");
      answer.set("id", question.path("id"));
      ObjectNode result = answer.putObject("result").put("action", "accept");
      result.putObject("content").put("username", "ada").put("email", "ada@example.org");
      String said = answer.toString();
      int seen = server.calls().size();

      for (String token : List.of(thief, owner)) {
        String other = Wire.session(governed.url(), token, CAN_BE_ASKED);
        assertThat(post(token, other, said).statusCode()).isEqualTo(400);
      }
      assertThat(post(thief, session, said).statusCode()).isEqualTo(404);
      assertThat(server.calls().subList(seen, server.calls().size()))
          .as("the answer")
          .noneMatch(sent -> sent.body().contains("ada@example.org"));

      assertThat(post(owner, session, said).statusCode()).isEqualTo(202);
      assertThat(stream.event("\"id\":7")).contains("ada@example.org");
      assertThat(post(owner, session, said).statusCode()).as("a second time").isEqualTo(400);
    }
    assertThat(server.calls())
        .filteredOn(sent -> sent.body().contains("ada@example.org"))
        .as("the answer, once")
        .hasSize(1);
  }

  @Test
  void answerThatNobodyAskedForIsNotPassedOn() throws Exception {
    String session = Wire.session(governed.url(), owner);
    server.clearCalls();
    String answer = "{\"jsonrpc\":\"2.0\",\"id\":%s,\"result\":{\"action\":\"accept\"}}";

    for (String id : new String[] {"0", "1", "\"0\"", "\"made-up\""}) {
      assertThat(post(owner, session, answer.formatted(id)).statusCode()).isEqualTo(400);
      assertThat(post(governed.token("other"), session, answer.formatted(id)).statusCode())
          .isEqualTo(404);
    }

    assertThat(server.calls()).isEmpty();
  }

  private HttpResponse<String> post(String token, String session, String message) throws Exception {
    return Wire.post(
        governed.url(), token, message, "MCP-Protocol-Version", VERSION, "Mcp-Session-Id", session);
  }
}

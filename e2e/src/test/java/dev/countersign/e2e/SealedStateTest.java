// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.countersign.e2e.FixtureServer.Call;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** What a server of 2026-07-28 lets a client carry goes back for that caller's own call alone. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class SealedStateTest {
  private static final String TOOL = "test_input_required_result_request_state";
  private static final String OTHER = "test_input_required_result_tampered_state";
  private static final String ANSWER =
      "\"inputResponses\":{\"confirm\":{\"action\":\"accept\",\"content\":{\"ok\":true}}}";

  private GovernedFixture governed;
  private FixtureServer server;
  private ModernWire owner;

  @BeforeAll
  void start(@TempDir Path folder) throws Exception {
    governed =
        GovernedFixture.start(
            folder,
            """
            policy:
              grants:
                - caller: "oidc:demo:*"
                  allow: ["fixture/*", "elicitation:fixture/form"]
            """);
    server = governed.server();
    owner = caller("reader");
  }

  private ModernWire caller(String subject) {
    return new ModernWire(governed.url(), governed.token(subject), "{\"elicitation\":{}}");
  }

  @BeforeEach
  void forget() throws Exception {
    server.clearCalls();
  }

  @AfterAll
  void stop() throws Exception {
    governed.stop();
  }

  private static JsonNode call(ModernWire caller, int id, String tool, String more)
      throws Exception {
    return caller.send(id, "tools/call", "{\"name\":\"%s\"%s}".formatted(tool, more));
  }

  /** The state of a call that waits for an answer. */
  private String asked() throws Exception {
    JsonNode asked = call(owner, 1, TOOL, ",\"arguments\":{}");
    JsonNode result = asked.path("result");
    assertThat(result.path("resultType").asText()).as(asked.toString()).isEqualTo("input_required");
    return result.path("requestState").asText();
  }

  private static String retry(String arguments, String state) {
    return ",\"arguments\":%s,%s,\"requestState\":\"%s\"".formatted(arguments, ANSWER, state);
  }

  @Test
  void serverGetsItsOwnStateAndTheClientNeverSeesIt() throws Exception {
    String state = asked();

    JsonNode done = call(owner, 2, TOOL, retry("{}", state));

    assertThat(done.toString()).contains("state-ok");
    List<Call> calls = server.calls(TOOL);
    assertThat(calls).hasSize(2);
    String got =
        PeerProcess.JSON
            .readTree(calls.getLast().body())
            .path("params")
            .path("requestState")
            .asText();
    assertThat(got).isNotEmpty();
    assertThat(state).doesNotContain(got);
  }

  @Test
  void stateIsGoodForItsCallerTargetAndArgumentsOnly() throws Exception {
    String state = asked();
    char first = state.charAt(state.length() / 2);
    String altered = state.replace(first, first == 'A' ? 'B' : 'A');
    server.clearCalls();

    refused(call(caller("other"), 2, TOOL, retry("{}", state)));
    refused(call(owner, 3, OTHER, retry("{}", state)));
    refused(call(owner, 4, TOOL, retry("{\"more\":1}", state)));
    refused(call(owner, 5, TOOL, retry("{}", altered)));
    refused(call(owner, 6, TOOL, retry("{}", "v1.made-up")));

    assertThat(server.calls()).isEmpty();
    assertThat(call(owner, 7, TOOL, retry("{}", state)).toString()).contains("state-ok");
  }

  private static void refused(JsonNode answer) {
    assertThat(answer.path("error").path("code").asInt()).as(answer.toString()).isEqualTo(-32602);
  }

  @Test
  void answerThatNobodyAskedForNeverReachesTheServer() throws Exception {
    JsonNode first = call(owner, 2, TOOL, ",\"arguments\":{}," + ANSWER);

    assertThat(first.path("result").path("resultType").asText()).isEqualTo("input_required");
    assertThat(server.calls(TOOL)).hasSize(1);
    assertThat(server.calls(TOOL).getFirst().body()).doesNotContain("inputResponses");
  }
}

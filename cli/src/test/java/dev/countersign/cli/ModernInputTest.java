// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Modern servers that need input first: who may be asked what, and whose answers count. */
@Timeout(60)
final class ModernInputTest {
  private static final String ALL =
      "{\"sampling\":{},\"elicitation\":{\"form\":{},\"url\":{}},\"roots\":{},"
          + "\"experimental\":{\"x\":{}},\"extensions\":{\"a/b\":{}}}";
  private static final String FORM =
      "{\"method\":\"elicitation/create\",\"params\":{\"message\":\"Who?\",\"requestedSchema\":"
          + "{\"type\":\"object\",\"properties\":{\"name\":{\"type\":\"string\"}},"
          + "\"required\":[\"name\"]}}}";
  private static final String ROOTS = "{\"method\":\"roots/list\"}";
  private static final String SAMPLING =
      "{\"method\":\"sampling/createMessage\",\"params\":{\"messages\":[{\"role\":\"user\","
          + "\"content\":{\"type\":\"text\",\"text\":\"hi\"}}],\"maxTokens\":999999,"
          + "\"includeContext\":\"allServers\"}}";
  private static final String ANN = "{\"action\":\"accept\",\"content\":{\"name\":\"Ann\"}}";

  @TempDir private Path folder;
  private final ModernServer server;
  private WireGateway gateway;

  ModernInputTest() throws IOException {
    server = new ModernServer();
  }

  @BeforeEach
  void start() throws IOException {
    gateway =
        new WireGateway(
            folder,
            "{url: \"" + server.url() + "\", elicitation_hosts: [login.example]}",
            List.of(
                "{caller: \"oidc:demo:*\", allow: [\"docs/*\", \"prompt:docs/*\"]}",
                "{caller: \"oidc:demo:reader\", allow: [\"elicitation:docs/form\","
                    + "\"elicitation:docs/url/login.example\", \"roots:docs/list\","
                    + "\"sampling:docs/createMessage\"]}",
                "{caller: \"oidc:demo:other\", allow: [\"elicitation:docs/form\"]}"));
  }

  @AfterEach
  void stop() {
    gateway.close();
    server.close();
  }

  /** The server asks, until it is answered. */
  private void asks(String requests, String state) {
    server.answers.put(
        "tools/call",
        request ->
            request.params().has("inputResponses") || request.params().has("requestState")
                ? "\"result\":{\"resultType\":\"complete\",\"content\":[]}"
                : "\"result\":{\"resultType\":\"input_required\",\"ttlMs\":5"
                    + (requests.isEmpty() ? "" : ",\"inputRequests\":{" + requests + "}")
                    + (state.isEmpty() ? "" : ",\"requestState\":" + state)
                    + "}");
  }

  private WireGateway.Modern call(String more) {
    return gateway
        .modern(
            "tools/call",
            "\"name\":\"t\",\"arguments\":{\"a\":1}" + (more.isEmpty() ? "" : "," + more))
        .name("t")
        .declaring(ALL);
  }

  private static String back(JsonNode answer, String responses) {
    return "\"requestState\":"
        + answer.path("result").path("requestState")
        + (responses.isEmpty() ? "" : ",\"inputResponses\":{" + responses + "}");
  }

  @Test
  void serverIsToldOnlyOfCapabilitiesThatPolicyGrants() throws Exception {
    call("").send();
    assertThat(capabilities())
        .isEqualTo("{\"sampling\":{},\"elicitation\":{\"form\":{},\"url\":{}},\"roots\":{}}");

    call("").as("other").send();
    assertThat(capabilities()).isEqualTo("{\"elicitation\":{\"form\":{}}}");

    call("").as("third").send();
    assertThat(capabilities()).isEqualTo("{}");

    call("").declaring("{\"elicitation\":{}}").send();
    assertThat(capabilities()).isEqualTo("{\"elicitation\":{}}");
  }

  private String capabilities() {
    return server
        .last()
        .params()
        .path("_meta")
        .path("io.modelcontextprotocol/clientCapabilities")
        .toString();
  }

  @Test
  void questionAndAnswerPassAndTheServersStateComesBackAsItWas() throws Exception {
    asks("\"who\":" + FORM, "\"s\\u0041\\/ \\\"x\"");

    JsonNode asked = call("").answer();
    assertThat(asked.path("result").path("resultType").asText()).isEqualTo("input_required");
    assertThat(asked.path("result").path("inputRequests").path("who"))
        .isEqualTo(WireGateway.JSON.readTree(FORM));
    assertThat(asked.path("result").path("requestState").asText()).doesNotContain("sA/");
    assertThat(asked.path("result").has("ttlMs")).isFalse();

    JsonNode done = call(back(asked, "\"who\":" + ANN + ",\"more\":{}")).id("8").answer();
    assertThat(done.path("result").path("resultType").asText()).isEqualTo("complete");
    assertThat(server.last().text())
        .contains("\"requestState\":\"s\\u0041\\/ \\\"x\"")
        .contains("\"inputResponses\":{\"who\":" + ANN + "}")
        .doesNotContain("more");
  }

  @Test
  void serverWithoutAStateOfItsOwnGetsNone() throws Exception {
    asks("\"who\":" + FORM, "");

    JsonNode asked = call("").answer();
    call(back(asked, "\"who\":" + ANN)).id("8").send();

    assertThat(server.last().params().has("requestState")).isFalse();
    assertThat(server.last().params().path("inputResponses").size()).isEqualTo(1);
  }

  @Test
  void stateAloneComesBackAlone() throws Exception {
    asks("", "\"later\"");

    JsonNode asked = call("").answer();
    assertThat(asked.path("result").has("inputRequests")).isFalse();
    call(back(asked, "")).id("8").send();

    assertThat(server.last().params().path("requestState").asText()).isEqualTo("later");
    assertThat(server.last().params().has("inputResponses")).isFalse();
  }

  @Test
  void whatPolicyRefusesTheClientDoesNotSeeAndTheServerIsToldSo() throws Exception {
    asks("\"who\":" + FORM + ",\"where\":" + ROOTS, "\"s\"");

    JsonNode asked = call("").as("other").answer();
    assertThat(asked.path("result").path("inputRequests").toString()).contains("who");
    assertThat(asked.path("result").path("inputRequests").has("where")).isFalse();

    call(back(asked, "\"who\":" + ANN + ",\"where\":{\"roots\":[{\"uri\":\"file:///x\"}]}"))
        .as("other")
        .send();
    assertThat(server.last().params().path("inputResponses"))
        .isEqualTo(WireGateway.JSON.readTree("{\"who\":" + ANN + ",\"where\":{\"roots\":[]}}"));
  }

  @Test
  void whenNothingIsLeftToAskTheClientOnlyComesAgain() throws Exception {
    asks("\"who\":" + FORM, "");

    JsonNode asked = call("").as("third").answer();
    assertThat(asked.path("result").path("resultType").asText()).isEqualTo("input_required");
    assertThat(asked.path("result").has("inputRequests")).isFalse();

    call(back(asked, "")).as("third").send();
    assertThat(server.last().params().path("inputResponses").toString())
        .isEqualTo("{\"who\":{\"action\":\"decline\"}}");
  }

  @Test
  void samplingIsCutToBoundsAndRefusedWithTheWholeCallWhereItIsNotGranted() throws Exception {
    asks("\"say\":" + SAMPLING, "");

    JsonNode params =
        call("").answer().path("result").path("inputRequests").path("say").path("params");
    assertThat(params.path("maxTokens").asInt()).isEqualTo(4096);
    assertThat(params.path("includeContext").asText()).isEqualTo("none");

    assertThat(call("").as("other").send().body()).contains("input_request_refused");
    assertThat(call("").declaring("{}").send().body()).contains("input_request_refused");
  }

  @ParameterizedTest
  @CsvSource({"login.example, true", "evil.example, false", "u@login.example, false"})
  void pagesAreOnHostsThatTheOperatorNamed(String host, boolean shown) throws Exception {
    asks(
        "\"page\":{\"method\":\"elicitation/create\",\"params\":{\"mode\":\"url\",\"message\":\"Go\","
            + "\"elicitationId\":\"e1\",\"url\":\"https://"
            + host
            + "/x\"}}",
        "");

    assertThat(call("").answer().path("result").path("inputRequests").has("page")).isEqualTo(shown);
  }

  @Test
  void formThatAsksForASecretIsDeclined() throws Exception {
    asks("\"who\":" + FORM.replace("\"name\"", "\"password\""), "");

    assertThat(call("").answer().path("result").has("inputRequests")).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"action\":\"accept\"}",
        "{\"action\":\"accept\",\"content\":{\"name\":1}}",
        "{\"action\":\"accept\",\"content\":{\"name\":\"a\",\"x\":1}}",
        "{\"action\":\"yes\"}",
        "1"
      })
  void answerThatDoesNotFitItsFormIsRefused(String answer) throws Exception {
    asks("\"who\":" + FORM, "\"s\"");
    JsonNode asked = call("").answer();
    int before = server.seen.size();

    assertThat(call(back(asked, "\"who\":" + answer)).send().body()).contains("-32602");
    assertThat(server.seen).hasSize(before);
  }

  @Test
  void rootsOutsideOfFilesAreRefused() throws Exception {
    asks("\"where\":" + ROOTS, "\"s\"");
    JsonNode asked = call("").answer();
    int before = server.seen.size();

    assertThat(call(back(asked, "\"where\":{\"roots\":[{\"uri\":\"https://x/\"}]}")).send().body())
        .contains("-32602");
    assertThat(server.seen).hasSize(before);
    call(back(asked, "\"where\":{\"roots\":[{\"uri\":\"file:///home\"}]}")).send();
    assertThat(server.seen).hasSize(before + 1);
  }

  @Test
  void answersThatNobodyAskedForAreLeftOut() throws Exception {
    asks("\"who\":" + FORM, "\"s\"");

    JsonNode asked = call("\"inputResponses\":{\"who\":" + ANN + "}").answer();

    assertThat(server.last().params().has("inputResponses")).isFalse();
    assertThat(asked.path("result").path("resultType").asText()).isEqualTo("input_required");
  }

  @Test
  void stateOfSomebodyElseOfAnotherRequestOrOfNobodyIsNoState() throws Exception {
    asks("\"who\":" + FORM, "\"s\"");
    JsonNode asked = call("").answer();
    String state = asked.path("result").path("requestState").asText();
    String answer = back(asked, "\"who\":" + ANN);
    String changed =
        state.substring(0, 40) + (state.charAt(40) == 'A' ? 'B' : 'A') + state.substring(41);
    int before = server.seen.size();

    for (WireGateway.Modern wrong :
        List.of(
            call(answer).as("other"),
            call(answer.replace(state, changed)),
            call(answer.replace(state, "s")),
            call(answer.replace('"' + state + '"', "1")),
            gateway
                .modern("tools/call", "\"name\":\"t\",\"arguments\":{\"a\":2}," + answer)
                .name("t")
                .declaring(ALL),
            gateway
                .modern("tools/call", "\"name\":\"u\",\"arguments\":{\"a\":1}," + answer)
                .name("u")
                .declaring(ALL),
            gateway
                .modern("prompts/get", "\"name\":\"t\",\"arguments\":{\"a\":1}," + answer)
                .name("t")
                .declaring(ALL))) {
      var refused = wrong.send();
      assertThat(refused.statusCode()).isEqualTo(200);
      assertThat(refused.body()).contains("-32602", "Invalid or expired requestState");
    }
    assertThat(server.seen).hasSize(before);

    call(answer.replace("{\"a\":1}", "{ \"a\" : 1 }")).id("\"nine\"").send();
    assertThat(server.seen).hasSize(before + 1);
  }

  @Test
  void roundsAreCountedBoundedAndOnRecordUnderTheFirstCall() throws Exception {
    server.answers.put(
        "tools/call",
        request ->
            "\"result\":{\"resultType\":\"input_required\",\"inputRequests\":{\"who\":"
                + FORM
                + "},\"requestState\":\"s\"}");
    JsonNode asked = call("").answer();
    assertThat(decisions(2))
        .containsExactlyInAnyOrder("tools/call request", "elicitation/create input_request");

    int rounds = 1;
    while (asked.has("result")) {
      assertThat(rounds).isLessThan(30);
      asked = call(back(asked, "\"who\":" + ANN)).answer();
      rounds++;
    }
    assertThat(asked.toString()).contains("upstream_bad_reply");
    assertThat(rounds).isEqualTo(17);
    assertThat(decisions(1)).containsExactly("tools/call retry");
  }

  private List<String> decisions(int calls) throws IOException {
    return gateway.records(calls).stream()
        .map(List::getFirst)
        .map(leaf -> leaf.path("method").asText() + " " + leaf.path("trigger").asText())
        .toList();
  }

  @Test
  void retryIsPutToPolicyAgain() throws Exception {
    asks("\"who\":" + FORM, "\"s\"");
    JsonNode asked = call("").answer();
    gateway.change(
        "{url: \"" + server.url() + "\"}",
        List.of("{caller: \"oidc:demo:reader\", allow: [\"docs/u\"]}"));
    while (!call("").send().body().contains("Unknown tool")) {
      Thread.onSpinWait();
    }
    int before = server.seen.size();

    assertThat(call(back(asked, "\"who\":" + ANN)).send().body()).contains("Unknown tool");
    assertThat(server.seen).hasSize(before);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"resultType\":\"input_required\"}",
        "{\"resultType\":\"input_required\",\"requestState\":1}",
        "{\"resultType\":\"input_required\",\"inputRequests\":[]}",
        "{\"resultType\":\"input_required\",\"inputRequests\":{\"a\":{\"method\":\"tools/call\"}}}",
        "{\"resultType\":\"input_required\",\"inputRequests\":{\"\":{\"method\":\"roots/list\"}}}",
        "{\"resultType\":\"other\"}"
      })
  void answerThatIsNoQuestionIsABadReply(String result) throws Exception {
    server.result("tools/call", result);

    assertThat(call("").send().body()).contains("upstream_bad_reply");
  }

  @Test
  void listsCannotAsk() throws Exception {
    server.result("tools/list", "{\"resultType\":\"input_required\",\"requestState\":\"s\"}");

    assertThat(gateway.modern("tools/list", "").declaring(ALL).send().body())
        .contains("upstream_bad_reply");
  }

  @Test
  void logLevelIsCutToTheOperators() throws Exception {
    call("").meta("\"io.modelcontextprotocol/logLevel\":\"debug\"").send();
    assertThat(logLevel()).isEqualTo("info");
    call("").meta("\"io.modelcontextprotocol/logLevel\":\"error\"").send();
    assertThat(logLevel()).isEqualTo("error");
    call("").send();
    assertThat(logLevel()).isEmpty();
  }

  private String logLevel() {
    return server.last().params().path("_meta").path("io.modelcontextprotocol/logLevel").asText();
  }
}

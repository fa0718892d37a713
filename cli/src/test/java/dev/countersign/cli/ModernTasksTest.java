// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Tasks in the modern era: to their owner they are what the server says, to others nothing. */
@Timeout(60)
final class ModernTasksTest {
  private static final String DECLARED =
      "{\"elicitation\":{},\"extensions\":{\"io.modelcontextprotocol/tasks\":{},\"a/b\":{}}}";
  private static final String FORM =
      "{\"method\":\"elicitation/create\",\"params\":{\"message\":\"Who?\",\"requestedSchema\":"
          + "{\"type\":\"object\",\"properties\":{\"name\":{\"type\":\"string\"}}}}}";
  private static final String ANN = "{\"action\":\"accept\",\"content\":{\"name\":\"Ann\"}}";

  @TempDir private Path folder;
  private final ModernServer server;
  private WireGateway gateway;

  ModernTasksTest() throws IOException {
    server = new ModernServer();
    server.result(
        "tools/call",
        "{\"resultType\":\"task\",\"taskId\":\"id-1\",\"status\":\"working\",\"ttlMs\":60000}");
    server.result(
        "tasks/get",
        "{\"resultType\":\"task\",\"taskId\":\"id-1\",\"status\":\"completed\","
            + "\"result\":{\"content\":[]}}");
  }

  @BeforeEach
  void start() throws IOException {
    gateway =
        new WireGateway(
            folder,
            "{url: \"" + server.url() + "\"}",
            List.of(
                "{caller: \"oidc:demo:*\", allow: [\"docs/*\"]}",
                "{caller: \"oidc:demo:*\", allow: [\"task:docs/slow\"]}",
                "{caller: \"oidc:demo:reader\", allow: [\"elicitation:docs/form\"]}"));
  }

  @AfterEach
  void stop() {
    gateway.close();
    server.close();
  }

  private WireGateway.Modern call(String tool) {
    return gateway.modern("tools/call", "\"name\":\"" + tool + "\"").name(tool).declaring(DECLARED);
  }

  private WireGateway.Modern about(String method, String id, String more) {
    return gateway
        .modern(method, "\"taskId\":\"" + id + "\"" + (more.isEmpty() ? "" : "," + more))
        .name(id)
        .declaring(DECLARED);
  }

  private String declared() {
    return server
        .last()
        .params()
        .path("_meta")
        .path("io.modelcontextprotocol/clientCapabilities")
        .path("extensions")
        .toString();
  }

  @Test
  void extensionIsDeclaredForToolsWhoseTasksAreGranted() throws Exception {
    call("slow").send();
    assertThat(declared()).isEqualTo("{\"io.modelcontextprotocol/tasks\":{}}");

    call("quick").send();
    assertThat(declared()).isEmpty();

    call("slow").declaring("{}").send();
    assertThat(declared()).isEmpty();
  }

  @Test
  void taskThatWasNotAgreedOnIsABadReply() throws Exception {
    assertThat(call("quick").send().body()).contains("upstream_bad_reply");
    assertThat(call("slow").declaring("{}").send().body()).contains("upstream_bad_reply");
    assertThat(about("tasks/get", "id-1", "").send().body()).contains("Unknown task");
  }

  @Test
  void ownerLooksAfterItsTask() throws Exception {
    assertThat(call("slow").answer().path("result").path("taskId").asText()).isEqualTo("id-1");

    JsonNode state = about("tasks/get", "id-1", "").answer().path("result");
    assertThat(state.path("resultType").asText()).isEqualTo("complete");
    assertThat(state.path("status").asText()).isEqualTo("completed");
    assertThat(server.last().header("mcp-name")).isEqualTo("id-1");
    JsonNode decision = gateway.records(1).getFirst().getFirst();
    assertThat(decision.path("trigger").asText()).isEqualTo("task");
    assertThat(decision.path("target").path("name").asText()).isEqualTo("slow");

    assertThat(about("tasks/cancel", "id-1", "").send().body()).contains("complete");
  }

  @ParameterizedTest
  @ValueSource(strings = {"tasks/get", "tasks/cancel", "tasks/update"})
  void taskOfSomebodyElseIsNotThere(String method) throws Exception {
    call("slow").send();
    int before = server.seen.size();

    String foreign = about(method, "id-1", "\"inputResponses\":{}").as("other").send().body();
    String unknown = about(method, "id-2", "\"inputResponses\":{}").as("other").send().body();

    assertThat(foreign).contains("-32602", "Unknown task");
    assertThat(withoutCallId(foreign)).isEqualTo(withoutCallId(unknown));
    assertThat(server.seen).hasSize(before);
  }

  private static String withoutCallId(String body) {
    return body.replaceAll("\"callId\":\"[^\"]*\"", "");
  }

  @Test
  void mirrorOfTheTaskHasToBeThere() throws Exception {
    call("slow").send();
    int before = server.seen.size();

    HttpResponse<String> answer =
        gateway.modern("tasks/get", "\"taskId\":\"id-1\"").name("id-2").send();

    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(answer.body()).contains("-32020");
    assertThat(server.seen).hasSize(before);
  }

  @Test
  void idThatIsAlreadySomebodyElsesIsABadReply() throws Exception {
    call("slow").send();

    assertThat(call("slow").as("other").send().body()).contains("upstream_bad_reply");
    assertThat(about("tasks/get", "id-1", "").as("other").send().body()).contains("Unknown task");
    assertThat(about("tasks/get", "id-1", "").send().body()).contains("completed");
  }

  @Test
  void questionsOfATaskAreGovernedAndItsAnswersChecked() throws Exception {
    call("slow").send();
    server.result(
        "tasks/get",
        "{\"resultType\":\"complete\",\"taskId\":\"id-1\",\"status\":\"input_required\","
            + "\"inputRequests\":{\"who\":"
            + FORM
            + ",\"where\":{\"method\":\"roots/list\"}}}");

    JsonNode requests =
        about("tasks/get", "id-1", "").answer().path("result").path("inputRequests");
    assertThat(requests.has("who")).isTrue();
    assertThat(requests.has("where")).isFalse();

    int before = server.seen.size();
    assertThat(
            about(
                    "tasks/update",
                    "id-1",
                    "\"inputResponses\":{\"who\":{\"action\":\"accept\",\"content\":{\"x\":1}}}")
                .send()
                .body())
        .contains("-32602");
    assertThat(server.seen).hasSize(before);

    about("tasks/update", "id-1", "\"inputResponses\":{\"who\":" + ANN + ",\"made\":{}}").send();
    assertThat(server.last().params().path("inputResponses"))
        .isEqualTo(WireGateway.JSON.readTree("{\"who\":" + ANN + ",\"where\":{\"roots\":[]}}"));
  }

  @Test
  void taskThatAsksOnlyWhatMayNotBeAskedIsRefused() throws Exception {
    call("slow").as("other").send();
    server.result("tasks/get", "{\"taskId\":\"id-1\",\"inputRequests\":{\"who\":" + FORM + "}}");

    assertThat(about("tasks/get", "id-1", "").as("other").send().body())
        .contains("input_request_refused");
  }

  @Test
  void anotherTasksStateIsABadReply() throws Exception {
    call("slow").send();
    server.result("tasks/get", "{\"taskId\":\"id-2\",\"status\":\"completed\"}");

    assertThat(about("tasks/get", "id-1", "").send().body()).contains("upstream_bad_reply");
  }

  @Test
  void grantThatIsTakenBackTakesTheTaskWithIt() throws Exception {
    call("slow").send();
    gateway.change(
        "{url: \"" + server.url() + "\"}",
        List.of("{caller: \"oidc:demo:*\", allow: [\"docs/*\"]}"));
    long deadline = System.nanoTime() + 20_000_000_000L;
    while (!about("tasks/get", "id-1", "").send().body().contains("Unknown task")) {
      assertThat(System.nanoTime()).isLessThan(deadline);
    }
    int before = server.seen.size();

    assertThat(about("tasks/cancel", "id-1", "").send().body()).contains("Unknown task");
    assertThat(server.seen).hasSize(before);
  }

  @Test
  void onlyOwnTasksCanBeListenedTo() throws Exception {
    call("slow").send();
    String wanted = "\"notifications\":{\"taskIds\":[\"id-1\",\"id-2\"]}";

    try (var mine = gateway.modern("subscriptions/listen", wanted).open().body();
        var others = gateway.modern("subscriptions/listen", wanted).as("other").open().body()) {
      assertThat(mine).isNotNull();
      assertThat(others).isNotNull();
      assertThat(server.streams.take().opened.params().path("notifications").toString())
          .isEqualTo("{\"taskIds\":[\"id-1\"]}");
      assertThat(server.streams.take().opened.params().path("notifications").toString())
          .isEqualTo("{}");
    }
  }
}

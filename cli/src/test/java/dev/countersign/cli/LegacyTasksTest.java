// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.countersign.cli.LegacyClient.Events;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tasks of 2025-11-25: who may make one, and whose it is. */
final class LegacyTasksTest {
  private static final String CALL = "{'name':'slow','arguments':{},'task':{'ttl':60000}}";

  @TempDir private Path folder;
  private final LegacyServer server;
  private WireGateway gateway;

  LegacyTasksTest() throws IOException {
    server = new LegacyServer();
    server.handlers.put(
        "tools/call",
        (seen, reply) ->
            reply.result(
                seen.body().path("params").has("task")
                    ? "{\"task\":{\"taskId\":\"task-1\",\"status\":\"working\",\"ttl\":60000}}"
                    : "{\"content\":[]}"));
    server.handlers.put(
        "tasks/get",
        (seen, reply) -> reply.result("{\"taskId\":\"task-1\",\"status\":\"working\"}"));
    server.handlers.put(
        "tasks/list",
        (seen, reply) ->
            reply.result("{\"tasks\":[{\"taskId\":\"task-1\"},{\"taskId\":\"task-2\"}]}"));
  }

  @BeforeEach
  void start() throws IOException {
    gateway =
        new WireGateway(
            folder,
            "{url: \"" + server.url() + "\"}",
            List.of(
                "{caller: \"oidc:demo:*\", allow: [\"docs/*\"]}",
                "{caller: \"oidc:demo:tasker*\", allow: [\"task:docs/slow\"]}"));
  }

  @AfterEach
  void stop() {
    gateway.close();
    server.close();
  }

  private JsonNode forwarded() {
    return server.seen("tools/call").getLast().body().path("params");
  }

  @ParameterizedTest
  @CsvSource({
    "tasker, 2025-11-25, slow, true",
    "reader, 2025-11-25, slow, false",
    "tasker, 2025-11-25, other, false",
    "tasker, 2025-06-18, slow, false",
  })
  void callBecomesATaskWhereThatIsGrantedElseItRunsPlainly(
      String subject, String version, String tool, boolean task) throws Exception {
    LegacyClient client = LegacyClient.of(gateway, subject, "{}", version);
    JsonNode answer = client.ask("1", "tools/call", CALL.replace("slow", tool));

    assertThat(answer.path("result").has("task")).isEqualTo(task);
    assertThat(forwarded())
        .hasToString(
            "{\"name\":\""
                + tool
                + "\",\"arguments\":{}"
                + (task ? ",\"task\":{\"ttl\":60000}" : "")
                + "}");
  }

  @ParameterizedTest
  @ValueSource(strings = {"tasks/get", "tasks/result", "tasks/cancel"})
  void taskIsItsSessionsAlone(String method) throws Exception {
    LegacyClient mine = LegacyClient.of(gateway, "tasker", "{}");
    LegacyClient mySecond = LegacyClient.of(gateway, "tasker", "{}");
    LegacyClient other = LegacyClient.of(gateway, "tasker-too", "{}");
    mine.ask("1", "tools/call", CALL);
    String params = "{'taskId':'task-1'}";

    String unknown = without(mySecond.ask("2", method, "{'taskId':'task-9'}"));
    assertThat(unknown).contains("-32602", "Unknown task");
    assertThat(without(mySecond.ask("2", method, params))).isEqualTo(unknown);
    assertThat(without(other.ask("2", method, params))).isEqualTo(unknown);
    assertThat(
            mine.heldBy("tasker-too")
                .post("{'jsonrpc':'2.0','id':2,'method':'" + method + "','params':" + params + "}")
                .statusCode())
        .isEqualTo(404);
    assertThat(server.seen(method)).isEmpty();

    assertThat(mine.ask("2", method, params).has("result")).isTrue();
    assertThat(server.seen(method)).hasSize(1);
    JsonNode leaf = gateway.records(1).getFirst().getFirst();
    assertThat(leaf.path("trigger").asText()).isEqualTo("task");
    assertThat(leaf.path("target").path("kind").asText()).isEqualTo("task");
    assertThat(leaf.path("target").path("name").asText()).isEqualTo("slow");
  }

  private static String without(JsonNode answer) {
    return answer.toString().replaceAll("\"callId\":\"[^\"]*\"", "");
  }

  @Test
  void listHoldsTheSessionsOwnTasks() throws Exception {
    LegacyClient mine = LegacyClient.of(gateway, "tasker", "{}");
    LegacyClient other = LegacyClient.of(gateway, "tasker-too", "{}");
    mine.ask("1", "tools/call", CALL);

    assertThat(mine.ask("2", "tasks/list", "{}").path("result").path("tasks"))
        .hasToString("[{\"taskId\":\"task-1\"}]");
    assertThat(other.ask("2", "tasks/list", "{}").path("result").path("tasks")).isEmpty();
    assertThat(gateway.metrics()).contains("countersign_session_tasks 1.0");
    assertThat(
            LegacyClient.of(gateway, "tasker", "{}", "2025-06-18")
                .ask("2", "tasks/list", "{}")
                .path("error")
                .path("code")
                .asInt())
        .isEqualTo(-32601);
  }

  @Test
  void statusOfATaskIsToldToItsOwnSession() throws Exception {
    LegacyClient mine = LegacyClient.of(gateway, "tasker", "{}");
    LegacyClient other = LegacyClient.of(gateway, "tasker-too", "{}");
    mine.ask("1", "tools/call", CALL);
    try (Events one = mine.get(null);
        Events two = other.get(null)) {
      LegacyServer.Stream a = LegacyServer.next(server.gets);
      LegacyServer.Stream b = LegacyServer.next(server.gets);
      for (LegacyServer.Stream stream : List.of(a, b)) {
        stream.message(
            "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/tasks/status\",\"params\":{\"taskId\":\"task-1\"}}");
        stream.message("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/tools/list_changed\"}");
      }
      assertThat(one.message().path("method").asText()).isEqualTo("notifications/tasks/status");
      assertThat(two.message().path("method").asText()).endsWith("list_changed");
      a.close();
      b.close();
    }
  }

  @Test
  void taskThatNobodyAskedForIsABadReply() throws Exception {
    server.handlers.put(
        "tools/call", (seen, reply) -> reply.result("{\"task\":{\"taskId\":\"x\"}}"));
    LegacyClient client = LegacyClient.of(gateway, "reader", "{}");

    assertThat(client.ask("1", "tools/call", CALL).toString()).contains("upstream_bad_reply");
  }

  @Test
  void taskIsForgottenWhenItsServerForgetsIt() throws Exception {
    server.handlers.put(
        "tools/call", (seen, reply) -> reply.result("{\"task\":{\"taskId\":\"x\",\"ttl\":0}}"));
    LegacyClient client = LegacyClient.of(gateway, "tasker", "{}");
    client.ask("1", "tools/call", CALL);

    assertThat(client.ask("2", "tasks/get", "{'taskId':'x'}").toString()).contains("Unknown task");
  }
}

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

/** Modern servers that need input first, and such that would begin tasks, before one path. */
@Timeout(60)
final class FederatedInputTest {
  private static final String FORM =
      "{\"method\":\"elicitation/create\",\"params\":{\"message\":\"Who?\",\"requestedSchema\":"
          + "{\"type\":\"object\",\"properties\":{\"name\":{\"type\":\"string\"}},"
          + "\"required\":[\"name\"]}}}";
  private static final String ANSWER =
      "\"who\":{\"action\":\"accept\",\"content\":{\"name\":\"Ann\"}}";

  @TempDir private Path folder;
  private final ModernServer files;
  private final ModernServer mail;
  private WireGateway gateway;

  FederatedInputTest() throws IOException {
    files = new ModernServer();
    mail = new ModernServer();
    files.answers.put(
        "tools/call",
        request ->
            request.params().has("inputResponses")
                ? "\"result\":{\"resultType\":\"complete\",\"content\":[]}"
                : "\"result\":{\"resultType\":\"input_required\",\"inputRequests\":{\"who\":"
                    + FORM
                    + "},\"requestState\":\"theirs\"}");
  }

  @BeforeEach
  void start() throws IOException {
    gateway =
        WireGateway.federated(
            folder,
            "files: {url: \"" + files.url() + "\"}, mail: {url: \"" + mail.url() + "\"}",
            List.of(
                "{caller: \"oidc:demo:*\", allow: [\"files/*\", \"mail/*\", \"task:files/*\","
                    + "\"elicitation:files/form\"]}"),
            "keep_alive: 100ms");
  }

  @AfterEach
  void stop() {
    gateway.close();
    files.close();
    mail.close();
  }

  private WireGateway.Modern call(String tool, String more) {
    return gateway
        .modern("tools/call", "\"name\":\"" + tool + "\",\"arguments\":{\"a\":1}" + more)
        .name(tool)
        .declaring(
            "{\"elicitation\":{\"form\":{}},\"extensions\":{\"io.modelcontextprotocol/tasks\":{}}}");
  }

  private static String back(JsonNode asked) {
    return ",\"requestState\":"
        + asked.path("result").path("requestState")
        + ",\"inputResponses\":{"
        + ANSWER
        + "}";
  }

  @Test
  void questionGoesToTheClientAndItsAnswerToTheServerThatAsked() throws Exception {
    JsonNode asked = call("files__t", "").answer();
    assertThat(asked.path("result").path("inputRequests").path("who"))
        .isEqualTo(WireGateway.JSON.readTree(FORM));
    assertThat(asked.toString()).doesNotContain("theirs");

    JsonNode done = call("files__t", back(asked)).id("8").answer();

    assertThat(done.path("result").path("resultType").asText()).isEqualTo("complete");
    assertThat(files.last().params().path("name").asText()).isEqualTo("t");
    assertThat(files.last().params().path("requestState").asText()).isEqualTo("theirs");
    assertThat(files.last().params().path("inputResponses"))
        .isEqualTo(WireGateway.JSON.readTree("{" + ANSWER + "}"));
    assertThat(mail.seen).isEmpty();
  }

  @Test
  void stateOfOneServerIsNoneForAnother() throws Exception {
    JsonNode asked = call("files__t", "").answer();

    JsonNode refused = call("mail__t", back(asked)).id("8").answer();

    assertThat(refused.path("error").path("data").path("reason").asText())
        .isEqualTo("request_state_invalid");
    assertThat(mail.seen).isEmpty();
    assertThat(files.seen).hasSize(1);
  }

  @Test
  void noTaskIsBegunWhereNobodyCouldAskAfterIt() throws Exception {
    call("files__t", "").send();
    assertThat(files.last().params().path("_meta").toString()).doesNotContain("tasks");

    files.result("tools/call", "{\"resultType\":\"task\",\"taskId\":\"1\",\"status\":\"working\"}");
    assertThat(call("files__t", "").send().body()).contains("upstream_bad_reply");
    int before = files.seen.size();
    assertThat(gateway.modern("tasks/get", "\"taskId\":\"1\"").name("1").send().body())
        .contains("Unknown task");
    assertThat(files.seen).hasSize(before);
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.countersign.audit.AuditVerifier;
import dev.countersign.e2e.McpScript.Reply;
import dev.countersign.e2e.McpScript.Sdk;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** {@code countersign wrap} between real clients and programs. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class WrapTest {
  private static final String SERVER = Tree.ROOT.resolve("e2e/peers/stdio-server.mjs").toString();
  private static final String INITIALIZE =
      "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{\"protocolVersion\":"
          + "\"2025-11-25\",\"capabilities\":{},\"clientInfo\":{\"name\":\"t\",\"version\":\"1\"}}}";

  private Path folder;

  @BeforeAll
  void install() throws Exception {
    NodePeers.installed();
  }

  @BeforeEach
  void fresh(@TempDir Path temporary) {
    folder = temporary;
  }

  private List<String> wrap(String... options) throws IOException {
    List<String> command = new ArrayList<>(Program.command("wrap", "--audit", folder + "/audit"));
    command.addAll(List.of(options));
    command.addAll(List.of("--", "node", SERVER));
    return command;
  }

  private Map<String, String> environment() {
    return Map.of("SEEN", folder.resolve("seen").toString(), "COUNTERSIGN_LOG_LEVEL", "WARN");
  }

  private StdioSeen seen() {
    return new StdioSeen(folder.resolve("seen"));
  }

  private Records records() {
    return new Records(folder.resolve("audit/server"));
  }

  /** Says lines and ends; all that comes back. */
  private List<JsonNode> piped(List<String> command, String... lines) throws Exception {
    Path log = folder.resolve("wrap.log");
    ProcessBuilder builder = new ProcessBuilder(command).redirectError(log.toFile());
    builder.environment().putAll(environment());
    Process process = builder.start();
    try (var in = process.getOutputStream()) {
      in.write((String.join("\n", lines) + "\n").getBytes(StandardCharsets.UTF_8));
    }
    String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(Files.readString(log)).isZero();
    List<JsonNode> answers = new ArrayList<>();
    for (String line : said.lines().toList()) {
      answers.add(PeerProcess.JSON.readTree(line));
    }
    return answers;
  }

  private static String call(int id, String tool) {
    return "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"tools/call\",\"params\":{\"name\":\"%s\",\"arguments\":{}}}"
        .formatted(id, tool);
  }

  private static JsonNode answer(List<JsonNode> answers, int id) {
    return answers.stream()
        .filter(answer -> answer.path("id").asInt() == id)
        .findFirst()
        .orElseThrow(() -> new AssertionError("no answer " + id + " among " + answers));
  }

  @ParameterizedTest
  @EnumSource(Sdk.class)
  void clientNeedsOneChangedLine(Sdk sdk) throws Exception {
    try (McpScript client = McpScript.start()) {
      Reply opened = client.connect(sdk, wrap("--allow", "echo", "--allow", "p*"), environment());
      assertThat(opened.ok()).as(opened + client.report()).isTrue();

      assertThat(client.ask("listTools").value().path("tools").findValuesAsText("name"))
          .containsExactly("echo", "pid", "progress");
      assertThat(client.call("echo", "{\"text\":\"hello\"}").text()).isEqualTo("hello");
      assertThat(client.call("progress", "{}").progress()).hasSize(3);
      assertThat(client.call("remember", "{\"text\":\"x\"}").ok()).isFalse();
      assertThat(client.ask("close").ok()).isTrue();
    }

    assertThat(seen().lines()).anyMatch(line -> line.contains("\"echo\""));
    assertThat(seen().lines()).noneMatch(line -> line.contains("\"remember\""));
    Await.until("its end", () -> seen().noneRuns());
    JsonNode permitted = log("echo");
    assertThat(permitted.path("result").asText()).isEqualTo("permit");
    assertThat(permitted.path("caller").toString())
        .contains("\"local:" + System.getProperty("user.name") + "\"", "\"proof\":\"local\"");
    assertThat(log("remember").path("result").asText()).isEqualTo("refuse");
  }

  /** The decision about a tool, in whichever of the logs it is. */
  private JsonNode log(String tool) throws IOException {
    try (var logs = Files.list(folder.resolve("audit"))) {
      for (Path log : logs.sorted().toList()) {
        assertThat(AuditVerifier.verify(log).findings()).isEmpty();
        JsonNode decided = new Records(log).decided(tool);
        if (!decided.isMissingNode()) {
          return decided;
        }
      }
    }
    throw new AssertionError("no record of " + tool);
  }

  @Test
  void withoutGrantsNothingIsAllowed() throws Exception {
    List<JsonNode> answers = piped(wrap(), INITIALIZE, call(2, "echo"));

    assertThat(answers).allMatch(answer -> answer.has("error"));
    assertThat(seen().lines()).isEmpty();
  }

  @Test
  void linesThatCameBeforeTheEndAreAnswered() throws Exception {
    List<JsonNode> answers =
        piped(
            wrap("--allow", "echo"),
            INITIALIZE,
            "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}",
            "this is no JSON",
            call(2, "echo"),
            call(3, "pid"));

    assertThat(answers).hasSize(4);
    assertThat(answer(answers, 1).path("result").path("serverInfo").path("name").asText())
        .isEqualTo("stdio-fixture");
    assertThat(answer(answers, 2).has("result")).isTrue();
    assertThat(answer(answers, 3).path("error").path("message").asText())
        .isEqualTo("Unknown tool: pid");
    assertThat(answers)
        .anyMatch(one -> one.path("id").isNull() && one.at("/error/code").asInt() == -32700);
    assertThat(records().decided("pid").path("result").asText()).isEqualTo("refuse");
    Await.until("its end", () -> seen().noneRuns());
  }

  @Test
  void grantsOfAFileHold() throws Exception {
    Path file =
        Files.writeString(
            folder.resolve("wrap.yaml"),
            """
            effects: {pid: read}
            policy: {grants: [{caller: "local:*", allow: ["notes/pid"]}]}
            """);

    List<JsonNode> answers =
        piped(
            wrap("--name", "notes", "--config", file.toString()),
            INITIALIZE,
            call(2, "pid"),
            call(3, "echo"));

    assertThat(answer(answers, 2).has("result")).isTrue();
    assertThat(answer(answers, 3).has("error")).isTrue();
  }

  @Test
  void killedProgramFailsItsCallAndIsStartedAgain() throws Exception {
    try (McpScript client = McpScript.start()) {
      assertThat(client.connect(Sdk.V1, wrap("--allow", "*"), environment()).ok()).isTrue();
      String pid = client.call("pid", "{}").text();
      var waiting = client.startCall("never", "{}");
      Await.until("the call", () -> seen().has(pid, "\"never\""));

      assertThat(ProcessHandle.of(Long.parseLong(pid)).orElseThrow().destroyForcibly()).isTrue();

      assertThat(client.result(waiting).ok()).isFalse();
      assertThat(client.call("pid", "{}").text()).isNotEqualTo(pid).matches("[0-9]+");
    }
  }
}

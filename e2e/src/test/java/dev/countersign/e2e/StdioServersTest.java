// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.countersign.audit.AuditVerifier;
import dev.countersign.cli.demo.DemoIssuer;
import dev.countersign.e2e.McpScript.Sdk;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tool servers that are programs, run by the gateway, well-behaved and not. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class StdioServersTest {
  private static final Duration HOUR = Duration.ofHours(1);
  private static final Pattern TEXT = Pattern.compile("\"text\":\"((?:[^\"\\\\]|\\\\.)*)\"");

  private Path folder;
  private DemoIssuer issuer;
  private GatewayProcess gateway;

  @BeforeAll
  void start(@TempDir Path temporary) throws Exception {
    folder = temporary;
    issuer = new DemoIssuer();
    NodePeers.installed();
    Path token = Files.writeString(folder.resolve("token"), "pa55word-of-the-server");
    gateway =
        GatewayProcess.start(
            folder,
            """
            node: e2e
            listen: {address: "127.0.0.1:0", drain: 1s, event_loops: 2}
            limits: {event_bytes: 64KiB}
            identity: {issuers: [{name: demo, issuer: "%1$s"}]}
            servers:
              own: {command: [node, %2$s/stdio-server.mjs], env: {SEEN: %3$s/own, API_TOKEN: "file:%4$s"}, directory: %3$s}
              few: {command: [node, %2$s/stdio-server.mjs], env: {SEEN: %3$s/few}, processes: 3}
              all: {command: [node, %2$s/stdio-server.mjs], env: {SEEN: %3$s/all}, sharing: shared}
              old: {command: [node, %2$s/stdio-server.mjs], env: {SEEN: %3$s/old, ERA: legacy}}
              stubborn: {command: [node, %2$s/stdio-server.mjs], env: {SEEN: %3$s/stubborn, STUBBORN: "1"}}
              broken: {command: [node, %2$s/stdio-server.mjs], env: {SEEN: %3$s/broken, FAIL: "1"}}
              everything: {command: [node, %2$s/node_modules/@modelcontextprotocol/server-everything/dist/index.js, stdio]}
            policy:
              grants:
                - {caller: "oidc:demo:**", allow: ["*/**"]}
                - {caller: "oidc:demo:**", deny: ["*/remember", "everything/get-env"]}
                - {caller: "oidc:demo:keeper", allow: ["all/remember"]}
            audit: {directory: audit}
            admin: {address: "127.0.0.1:0"}
            """
                .formatted(issuer.issuer(), Tree.ROOT.resolve("e2e/peers"), folder, token),
            Map.of("GATEWAY_SECRET", "s3cret-of-the-gateway"),
            List.of());
  }

  @AfterAll
  void stop() throws Exception {
    assertThat(gateway.stop()).isEqualTo(GatewayProcess.STOPPED);
    for (String server : List.of("own", "few", "all", "old", "stubborn")) {
      Await.until("no program of " + server + " left", () -> seen(server).noneRuns());
    }
    assertThat(AuditVerifier.verify(gateway.audit()).findings()).isEmpty();
    issuer.close();
  }

  private StdioSeen seen(String server) {
    return new StdioSeen(folder.resolve(server));
  }

  private String token(String subject, String server) {
    return issuer.token(subject, gateway.url(server), HOUR);
  }

  private String open(String subject, String server) throws Exception {
    HttpResponse<String> opened = Wire.initialize(gateway.url(server), token(subject, server));
    assertThat(opened.statusCode()).as(opened.body() + gateway.said()).isEqualTo(200);
    return opened.headers().firstValue("mcp-session-id").orElseThrow();
  }

  private HttpResponse<String> call(
      String subject, String server, String session, String tool, String arguments)
      throws IOException, InterruptedException {
    return Wire.post(
        gateway.url(server),
        token(subject, server),
        "{\"jsonrpc\":\"2.0\",\"id\":\"c 1\",\"method\":\"tools/call\",\"params\":{\"name\":\""
            + tool
            + "\",\"arguments\":"
            + arguments
            + ",\"_meta\":{\"progressToken\":\"p\"}}}",
        "Mcp-Session-Id",
        session);
  }

  private HttpResponse<String> modern(String subject, String server, String tool) throws Exception {
    return Wire.call(
        gateway.url(server), token(subject, server), tool, Wire.modernCall(tool, "{}"));
  }

  private static String text(HttpResponse<String> answer) {
    Matcher found = TEXT.matcher(answer.body());
    assertThat(found.find()).as(answer.statusCode() + " " + answer.body()).isTrue();
    return found.group(1);
  }

  @Test
  void answersComeUnderTheClientsIdsWithTheirProgress() throws Exception {
    String session = open("a", "own");

    HttpResponse<String> plain = call("a", "own", session, "echo", "{\"text\":\"hé\"}");
    HttpResponse<String> streamed = call("a", "own", session, "progress", "{}");

    assertThat(plain.headers().firstValue("content-type")).contains("application/json");
    assertThat(plain.body()).contains("\"id\":\"c 1\"").contains("hé");
    assertThat(streamed.headers().firstValue("content-type")).contains("text/event-stream");
    assertThat(streamed.body().lines().filter(line -> line.startsWith("data:")))
        .hasSize(4)
        .anyMatch(line -> line.contains("\"progressToken\":\"p\",\"progress\":3"))
        .last()
        .asString()
        .contains("\"id\":\"c 1\"");
  }

  @Test
  void recordNamesTheProcessThatExecuted() throws Exception {
    String session = open("a", "own");

    String pid = text(call("a", "own", session, "pid", "{}"));

    Records.Call call = gateway.records().ended("pid");
    assertThat(call.outcome().toString()).contains("stdio:node pid " + pid);
    assertThat(call.decision().toString()).contains("\"stdio:node\"");
  }

  @Test
  void environmentHoldsNothingOfTheGateways() throws Exception {
    String session = open("a", "own");

    JsonNode said =
        PeerProcess.JSON.readTree(
            text(call("a", "own", session, "environment", "{}")).replace("\\\"", "\""));

    assertThat(said.path("names").toString())
        .contains("API_TOKEN", "PATH", "SEEN")
        .doesNotContain("GATEWAY_SECRET");
    assertThat(said.path("cwd").asText()).isEqualTo(folder.toRealPath().toString());
  }

  @Test
  void refusedCallNeverReachesTheProgram() throws Exception {
    String session = open("a", "own");

    HttpResponse<String> refused = call("a", "own", session, "remember", "{\"text\":\"x\"}");

    assertThat(refused.body()).contains("Unknown tool");
    assertThat(seen("own").lines()).noneMatch(line -> line.contains("remember"));
    assertThat(gateway.records().decided("remember").path("result").asText()).isEqualTo("refuse");
  }

  @Test
  void sessionsHaveProgramsOfTheirOwnThatEndWithThem() throws Exception {
    String one = open("a", "own");
    String other = open("b", "own");
    String onesPid = text(call("a", "own", one, "pid", "{}"));
    String othersPid = text(call("b", "own", other, "pid", "{}"));

    assertThat(onesPid).isNotEqualTo(othersPid);
    HttpResponse<String> deleted =
        Wire.send("DELETE", gateway.url("own"), token("a", "own"), "", "Mcp-Session-Id", one);

    assertThat(deleted.statusCode()).isEqualTo(200);
    Await.until("the program's end", () -> !StdioSeen.runs(onesPid));
    assertThat(call("a", "own", one, "pid", "{}").statusCode()).isEqualTo(404);
    assertThat(text(call("b", "own", other, "pid", "{}"))).isEqualTo(othersPid);
  }

  @Test
  void programsAreBoundedAndOneCallerHasHalfOfThem() throws Exception {
    String first = open("a", "few");

    assertThat(Wire.initialize(gateway.url("few"), token("a", "few")).body())
        .contains("upstream_unavailable");
    open("b", "few");
    open("c", "few");
    assertThat(Wire.initialize(gateway.url("few"), token("d", "few")).body())
        .contains("upstream_unavailable");
    Wire.send("DELETE", gateway.url("few"), token("a", "few"), "", "Mcp-Session-Id", first);

    Await.until(
        "room for another",
        () -> Wire.initialize(gateway.url("few"), token("e", "few")).statusCode() == 200);
    assertThat(gateway.admin("/metrics").body())
        .contains("countersign_stdio_starts_total{server=\"few\",what=\"limit\"}")
        .contains("countersign_stdio_processes ");
  }

  @Test
  void killedProgramFailsItsCallAndEndsItsSession() throws Exception {
    String session = open("a", "own");
    String pid = text(call("a", "own", session, "pid", "{}"));
    CompletableFuture<HttpResponse<String>> waiting = never("a", "own", session);
    Await.until("the call", () -> seen("own").has(pid, "\"never\""));

    assertThat(ProcessHandle.of(Long.parseLong(pid)).orElseThrow().destroyForcibly()).isTrue();

    assertThat(waiting.join().body()).contains("\"id\":\"c 1\"").contains("upstream_unavailable");
    assertThat(call("a", "own", session, "pid", "{}").statusCode()).isEqualTo(404);
    assertThat(text(call("a", "own", open("a", "own"), "pid", "{}"))).isNotEqualTo(pid);
  }

  private CompletableFuture<HttpResponse<String>> never(
      String subject, String server, String session) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            return call(subject, server, session, "never", "{}");
          } catch (IOException e) {
            throw new UncheckedIOException(e);
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
        });
  }

  @Test
  void sharedProgramIsRestartedUnderItsSessions() throws Exception {
    String session = open("a", "all");
    String pid = text(call("a", "all", session, "pid", "{}"));

    assertThat(call("a", "all", session, "exit", "{}").body()).contains("upstream_unavailable");

    Await.until(
        "another program",
        () -> {
          HttpResponse<String> answer = call("a", "all", session, "pid", "{}");
          return answer.body().contains("\"text\"") && !text(answer).equals(pid);
        });
  }

  @Test
  void callersOfASharedProgramDoNotSeeEachOther() throws Exception {
    String one = open("keeper", "all");
    String other = open("b", "all");
    String pid = text(call("keeper", "all", one, "pid", "{}"));
    CompletableFuture<HttpResponse<String>> waiting = never("keeper", "all", one);
    Await.until("the call", () -> seen("all").has(pid, "\"never\""));

    // The same id is in flight for somebody else, and the answer comes to who asked.
    HttpResponse<String> own = call("b", "all", other, "changes", "{}");
    HttpResponse<String> progress = call("b", "all", other, "progress", "{}");

    assertThat(own.body()).contains("changed").doesNotContain("concern");
    assertThat(progress.body()).contains("\"progressToken\":\"p\"").contains("done");
    assertThat(waiting).isNotDone();
    assertThat(seen("all").lines().filter(line -> line.contains("\"initialize\"")))
        .allMatch(line -> line.contains("countersign"));
    waiting.cancel(true);
  }

  @ParameterizedTest
  @ValueSource(strings = {"own", "all"})
  void modernCallersAreServedWithoutASession(String server) throws Exception {
    String first = text(modern("a", server, "pid"));

    assertThat(text(modern("a", server, "pid"))).isEqualTo(first);
    assertThat(text(modern("b", server, "pid")).equals(first)).isEqualTo(server.equals("all"));
    assertThat(modern("a", server, "remember").body()).contains("Unknown tool");
    assertThat(seen(server).lines())
        .noneMatch(line -> line.contains("remember") && line.contains("2026-07-28"));
  }

  @Test
  void legacyProgramAnswersModernCallersAsLegacyServersDo() throws Exception {
    HttpResponse<String> answer = modern("a", "old", "echo");

    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(answer.body()).isEmpty();
    assertThat(seen("old").lines()).noneMatch(line -> line.contains("tools/call"));
    assertThat(text(call("a", "old", open("a", "old"), "echo", "{\"text\":\"x\"}"))).isEqualTo("x");
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({"garbage, after garbage", "flood, after flood"})
  void noiseDoesNotReachAnybody(String tool, String answer) throws Exception {
    String session = open("a", "own");

    assertThat(text(call("a", "own", session, tool, "{}"))).isEqualTo(answer);
    assertThat(gateway.said())
        .doesNotContain("\u001b")
        .doesNotContain("pa55word-of-the-server")
        .doesNotContain("s3cret-of-the-gateway");
    assertThat(gateway.said().length()).isLessThan(2_000_000);
  }

  @Test
  void giantLineFailsItsCallAndNothingElse() throws Exception {
    String session = open("a", "own");

    HttpResponse<String> giant = call("a", "own", session, "giant", "{\"bytes\":1000000}");

    assertThat(giant.body()).contains("upstream_bad_reply");
    assertThat(text(call("a", "own", session, "giant", "{\"bytes\":1000}"))).hasSize(1000);
  }

  @Test
  void questionOfAProgramIsRefusedAndTheCallGoesOn() throws Exception {
    String session = open("a", "own");

    assertThat(text(call("a", "own", session, "ask", "{}"))).contains("-1");
  }

  @Test
  void whatAProgramStartedDoesNotOutliveIt() throws Exception {
    String session = open("a", "own");
    String orphan = text(call("a", "own", session, "orphan", "{}"));
    assertThat(StdioSeen.runs(orphan)).isTrue();

    Wire.send("DELETE", gateway.url("own"), token("a", "own"), "", "Mcp-Session-Id", session);

    Await.until("the orphan's end", () -> !StdioSeen.runs(orphan));
  }

  @Test
  void whoIgnoresEveryRequestToEndIsKilled() throws Exception {
    String session = open("a", "stubborn");
    String pid = text(call("a", "stubborn", session, "pid", "{}"));

    Wire.send(
        "DELETE", gateway.url("stubborn"), token("a", "stubborn"), "", "Mcp-Session-Id", session);

    Await.until("its end", () -> !StdioSeen.runs(pid));
  }

  @Test
  void programThatFailsAtItsStartIsNotStartedAllTheTime() throws Exception {
    for (int i = 0; i < 8; i++) {
      assertThat(Wire.initialize(gateway.url("broken"), token("a", "broken")).body())
          .contains("upstream_unavailable");
    }

    assertThat(gateway.admin("/metrics").body())
        .contains("countersign_stdio_starts_total{server=\"broken\",what=\"held_back\"}");
    assertThat(gateway.said()).contains("cannot start");
  }

  @ParameterizedTest
  @EnumSource(value = Sdk.class, names = "V2_MODERN", mode = EnumSource.Mode.EXCLUDE)
  void serverEverythingWorksOverPipes(Sdk sdk) throws Exception {
    try (McpScript client = McpScript.start()) {
      String url = gateway.url("everything");
      assertThat(client.connect(sdk, url, token("r" + sdk, "everything")).ok())
          .as(client.report())
          .isTrue();

      assertThat(client.call("echo", "{\"message\":\"hello\"}").text()).contains("hello");
      assertThat(
              client
                  .call("trigger-long-running-operation", "{\"duration\":1,\"steps\":3}")
                  .progress())
          .hasSizeGreaterThanOrEqualTo(2);
      assertThat(client.call("get-env", "{}").ok()).isFalse();
    }
  }
}

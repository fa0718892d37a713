// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.countersign.cli.demo.DemoIssuer;
import dev.countersign.e2e.FixtureServer.Fault;
import dev.countersign.e2e.McpScript.Reply;
import dev.countersign.e2e.McpScript.Sdk;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** After permits, refusals and faults: where the callers' tokens and a server's secret are not. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class SecretsStayTest {
  private static final String SECRET = "upstream-secret-77d0b5c3";
  private static final String OTHER_SECRET = "other-secret-1c94e2aa";

  private final List<String> tokens = new ArrayList<>();
  private final List<String> answers = new ArrayList<>();
  private FixtureServer guarded;
  private FixtureServer open;
  private DemoIssuer issuer;
  private DemoIssuer stranger;
  private GatewayProcess gateway;
  private Path folder;

  @BeforeAll
  void run(@TempDir Path folder) throws Exception {
    this.folder = folder;
    guarded = FixtureServer.start();
    open = FixtureServer.start();
    issuer = new DemoIssuer();
    stranger = new DemoIssuer();
    Files.writeString(folder.resolve("other.secret"), OTHER_SECRET + "\n");
    gateway =
        GatewayProcess.start(
            folder,
            """
            node: e2e
            listen: {address: "127.0.0.1:0", drain: 1s, event_loops: 2}
            limits: {upstream_head: 500ms, call: 1s}
            identity: {issuers: [{name: demo, issuer: "%s"}]}
            servers:
              guarded: {url: "%s", credential: {secret: "env:UPSTREAM_SECRET"}}
              headed: {url: "%s", credential: {header: x-api-key, secret: "file:other.secret"}}
              open: {url: "%s"}
            policy: {grants: [{caller: "oidc:demo:reader", allow: ["*/echo", "*/read_note", "*/headers"]}]}
            audit: {directory: audit}
            admin: {address: "127.0.0.1:0"}
            """
                .formatted(issuer.issuer(), guarded.url(), open.url(), open.url()),
            Map.of("UPSTREAM_SECRET", SECRET, "COUNTERSIGN_LOG_LEVEL", "DEBUG"),
            List.of());
    sessions();
    brokenTokens();
    leaks();
    faults();
    assertThat(gateway.reload("servers: {guarded: {credential: {secret: \"" + SECRET + "\"}}}"))
        .isFalse();
    answers.add(gateway.admin("/metrics").body());
    answers.add(gateway.admin("/readyz").body());
    answers.add(gateway.admin("/revision").body());
    gateway.stop();
  }

  @AfterAll
  void stop() {
    guarded.close();
    open.close();
    issuer.close();
    stranger.close();
  }

  private String token(DemoIssuer by, String subject, String route, Duration life) {
    String token = by.token(subject, gateway.url(route), life);
    tokens.add(token);
    return token;
  }

  private String token(String route) {
    return token(issuer, "reader", route, Duration.ofHours(1));
  }

  private void call(String route, String token, String tool, String arguments)
      throws IOException, InterruptedException {
    HttpResponse<String> answer =
        Wire.call(gateway.url(route), token, tool, Wire.modernCall(tool, arguments));
    answers.add(answer.headers() + answer.body());
  }

  private void sessions() throws Exception {
    for (Sdk sdk : List.of(Sdk.V2_MODERN, Sdk.V1)) {
      for (String route : List.of("guarded", "headed", "open")) {
        try (McpScript client = McpScript.start()) {
          Reply session = client.connect(sdk, gateway.url(route), token(route));
          assertThat(session.ok()).as(session + gateway.said()).isTrue();
          Reply permitted = client.call("read_note", "{\"id\":\"1\"}");
          assertThat(permitted.text()).isEqualTo("Buy milk.");
          Reply refused = client.call("delete_note", "{\"id\":\"1\"}");
          assertThat(refused.ok()).isFalse();
          answers.add(session + "" + permitted + refused + client.ask("wire"));
          client.ask("close");
        }
      }
    }
  }

  private void brokenTokens() throws Exception {
    String good = token("guarded");
    String cut = good.substring(0, good.length() - 4);
    tokens.add(cut);
    call("guarded", cut, "echo", "{}");
    call("guarded", token("open"), "echo", "{}");
    call("guarded", token(issuer, "reader", "guarded", Duration.ofHours(-1)), "echo", "{}");
    call("guarded", token(stranger, "reader", "guarded", Duration.ofHours(1)), "echo", "{}");
    call("guarded", token(issuer, "nobody", "guarded", Duration.ofHours(1)), "echo", "{}");
    answers.add(Wire.post(gateway.url("guarded"), "", "{}", "Authorization", good).body());
    answers.add(Wire.post(gateway.url("guarded"), good, "not json").body());
    answers.add(Wire.post(gateway.url("guarded") + "?access_token=" + good, good, "{}").body());
    answers.add(Wire.post(gateway.url("guarded"), good, "{}", "Mcp-Session-Id", good).body());
  }

  private void leaks() throws Exception {
    String token = token("guarded");
    String[] parts = token.split("\\.", 3);
    for (String leak : List.of(token, "Bearer " + token, parts[1], parts[2])) {
      call("guarded", token, "echo", "{\"text\":\"" + leak + "\"}");
      call("guarded", token, leak, "{}");
      call("guarded", token, "echo", "{\"" + leak + "\":1}");
    }
    String body = Wire.modernCall("echo", "{}");
    answers.add(
        Wire.post(
                gateway.url("open"),
                token("open"),
                body,
                "MCP-Protocol-Version",
                "2026-07-28",
                "Mcp-Method",
                "tools/call",
                "Mcp-Name",
                "echo",
                "X-Api-Key",
                tokens.getLast(),
                "Cookie",
                tokens.getLast(),
                "Proxy-Authorization",
                "Bearer " + tokens.getLast())
            .body());
  }

  private void faults() throws Exception {
    String token = token("guarded");
    for (Fault fault : Fault.values()) {
      guarded.misbehave(fault);
      call("guarded", token, "echo", "{}");
    }
    guarded.misbehave(Fault.NONE);
  }

  /** Each secret whole, and every part of a token but its header, which is the same in all. */
  private Stream<String> callers() {
    return tokens.stream()
        .flatMap(
            token -> {
              String[] parts = token.split("\\.", 3);
              return Stream.of(token, parts[1], parts[2]);
            })
        .distinct();
  }

  private static void assertFree(String what, String text, Stream<String> secrets) {
    secrets.forEach(secret -> assertThat(text.contains(secret)).as(what + ": " + secret).isFalse());
  }

  private Stream<String> all() {
    return Stream.concat(callers(), Stream.of(SECRET, OTHER_SECRET));
  }

  @Test
  void outputHasNone() throws IOException {
    assertThat(gateway.said()).contains("call refused", "call ended", "those in force kept");
    assertFree("output", gateway.said(), all());
  }

  @Test
  void recordsHaveNone() throws IOException {
    assertThat(gateway.records().all("outcome")).hasSizeGreaterThan(20);
    try (Stream<Path> files = Files.walk(folder.resolve("audit"))) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        assertFree(
            file.toString(),
            new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1),
            all());
      }
    }
  }

  @Test
  void answersAndMetricsHaveNone() {
    assertThat(String.join("", answers))
        .contains("credential_in_message", "credential_rejected", "countersign_calls_in_flight");
    assertFree("answers", String.join("\n", answers), all());
  }

  @Test
  void serversHaveNoneButTheirOwn() throws Exception {
    assertFree("guarded server", guarded.calls().toString(), callers());
    assertFree("guarded server", guarded.calls().toString(), Stream.of(OTHER_SECRET));
    assertFree("open server", open.calls().toString(), callers());
    assertFree("open server", open.calls().toString(), Stream.of(SECRET));

    assertThat(guarded.calls())
        .hasSizeGreaterThan(20)
        .allSatisfy(
            call -> assertThat(call.header("authorization")).containsExactly("Bearer " + SECRET))
        .allSatisfy(call -> assertThat(call.body()).doesNotContain(SECRET));
    assertThat(open.calls())
        .allSatisfy(
            call -> {
              assertThat(call.header("authorization")).isEmpty();
              assertThat(call.header("cookie")).isEmpty();
              assertThat(call.body()).doesNotContain(OTHER_SECRET);
              assertThat(call.header("x-api-key")).isIn(List.of(), List.of(OTHER_SECRET));
            });
  }
}

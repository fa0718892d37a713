// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.countersign.cli.demo.DemoIssuer;
import dev.countersign.cli.demo.DemoToolServer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients and servers that other people wrote. */
final class RealClientsTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Path PEERS = Tree.ROOT.resolve("e2e/peers");

  @BeforeAll
  static void installPeers() throws Exception {
    Process npm =
        new ProcessBuilder("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
            .directory(PEERS.toFile())
            .redirectErrorStream(true)
            .start();
    String said = new String(npm.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(npm.waitFor()).as(said).isZero();
  }

  private static JsonNode client(String sdk, String url, String token, String... calls)
      throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("node", "client.mjs", sdk, url, token));
    command.addAll(List.of(calls));
    Process node =
        new ProcessBuilder(command)
            .directory(PEERS.toFile())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    JsonNode seen = JSON.readTree(node.getInputStream().readAllBytes());
    assertThat(node.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return seen;
  }

  @ParameterizedTest
  @ValueSource(strings = {"v2-modern", "v2-auto", "v2-legacy", "v1"})
  void clientSeesWhatItMayAndGetsThroughWhatItMay(String sdk, @TempDir Path folder)
      throws Exception {
    try (DemoToolServer server = new DemoToolServer();
        DemoIssuer issuer = new DemoIssuer();
        GatewayProcess gateway = GatewayProcess.start(folder, issuer, server.url(), 0)) {
      String token = issuer.token("reader", gateway.url(), Duration.ofHours(1));

      JsonNode seen =
          client(
              sdk, gateway.url(), token, "read_note={\"id\":\"1\"}", "delete_note={\"id\":\"1\"}");

      assertThat(seen.path("error").asText()).isEmpty();
      assertThat(seen.path("tools").toString()).isEqualTo("[\"list_notes\",\"read_note\"]");
      assertThat(seen.path("calls").get(0).path("ok").asBoolean()).as(seen.toString()).isTrue();
      assertThat(seen.path("calls").get(0).toString()).contains("Buy milk.");
      assertThat(seen.path("calls").get(1).path("ok").asBoolean()).isFalse();
      assertThat(server.seen()).noneMatch(call -> call.tool().equals("delete_note"));
      assertThat(server.seen().toString()).doesNotContain(token);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"v2-auto", "v2-legacy", "v1"})
  void serverEverythingStreamsItsProgressThroughTheGateway(String sdk, @TempDir Path folder)
      throws Exception {
    Process everything =
        new ProcessBuilder("node", "everything.mjs")
            .directory(PEERS.toFile())
            .redirectError(ProcessBuilder.Redirect.to(folder.resolve("everything.log").toFile()))
            .start();
    try (DemoIssuer issuer = new DemoIssuer()) {
      JsonNode ready = JSON.readTree(everything.inputReader(StandardCharsets.UTF_8).readLine());
      try (GatewayProcess gateway =
          GatewayProcess.start(folder, issuer, ready.path("url").asText(), 0)) {
        String token = issuer.token("reader", gateway.url(), Duration.ofHours(1));

        JsonNode seen =
            client(
                sdk,
                gateway.url(),
                token,
                "echo={\"message\":\"hello\"}",
                "trigger-long-running-operation={\"duration\":1,\"steps\":3}",
                "get-env={}");

        assertThat(seen.path("error").asText())
            .as(Files.readString(folder.resolve("everything.log")))
            .isEmpty();
        assertThat(seen.path("calls").get(0).toString()).contains("hello");
        assertThat(seen.path("calls").get(1).path("progress").size())
            .as(seen.toString())
            .isGreaterThanOrEqualTo(2);
        assertThat(seen.path("calls").get(2).path("ok").asBoolean()).isFalse();
      }
    } finally {
      everything.destroyForcibly();
    }
  }

  @Test
  void lockFileNamesNoDownloadAddress() throws IOException {
    assertThat(Files.readString(PEERS.resolve("package-lock.json"))).doesNotContain("\"resolved\"");
  }
}

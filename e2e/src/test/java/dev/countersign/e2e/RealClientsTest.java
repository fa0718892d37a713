// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.countersign.audit.AuditVerifier;
import dev.countersign.cli.demo.DemoIssuer;
import dev.countersign.cli.demo.DemoToolServer;
import dev.countersign.e2e.McpScript.Reply;
import dev.countersign.e2e.McpScript.Sdk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Clients that other people wrote, with the demo server and with a server that others wrote. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class RealClientsTest {
  private DemoToolServer demo;
  private EverythingServer everything;
  private DemoIssuer issuer;
  private GatewayProcess gateway;

  @BeforeAll
  void start(@TempDir Path folder) throws Exception {
    demo = new DemoToolServer();
    everything = EverythingServer.start();
    issuer = new DemoIssuer();
    gateway =
        GatewayProcess.start(
            folder,
            """
            node: e2e
            listen: {address: "127.0.0.1:0", drain: 1s, event_loops: 2}
            identity: {issuers: [{name: demo, issuer: "%s"}]}
            servers:
              notes: {url: "%s", effects: {"read_*": read}}
              everything: {url: "%s"}
            federation: {}
            policy:
              grants:
                - caller: "oidc:demo:reader"
                  allow: ["notes/read_*", "notes/list_*", "everything/echo", "everything/trigger-long-running-operation"]
            audit: {directory: audit}
            admin: {address: "127.0.0.1:0"}
            """
                .formatted(issuer.issuer(), demo.url(), everything.url()));
  }

  @AfterAll
  void stop() throws Exception {
    assertThat(gateway.stop()).isEqualTo(GatewayProcess.STOPPED);
    assertThat(AuditVerifier.verify(gateway.audit()).findings()).isEmpty();
    issuer.close();
    everything.close();
    demo.close();
  }

  private String connect(McpScript client, Sdk sdk, String server) throws Exception {
    return connectTo(client, sdk, gateway.url(server));
  }

  private String connectTo(McpScript client, Sdk sdk, String url) throws Exception {
    String token = issuer.token("reader", url, Duration.ofHours(1));
    Reply session = client.connect(sdk, url, token);
    assertThat(session.ok()).as(session + gateway.said() + everything.report()).isTrue();
    return token;
  }

  @ParameterizedTest
  @EnumSource(Sdk.class)
  void clientSeesWhatItMayAndGetsThroughWhatItMay(Sdk sdk) throws Exception {
    try (McpScript client = McpScript.start()) {
      String token = connect(client, sdk, "notes");

      assertThat(client.ask("listTools").value().path("tools").findValuesAsText("name"))
          .containsExactly("list_notes", "read_note");
      assertThat(client.call("read_note", "{\"id\":\"1\"}").text()).isEqualTo("Buy milk.");
      assertThat(client.call("delete_note", "{\"id\":\"1\"}").ok()).isFalse();
      assertThat(demo.seen()).noneMatch(call -> call.tool().equals("delete_note"));
      assertThat(demo.seen().toString()).doesNotContain(token);
    }
  }

  @ParameterizedTest
  @EnumSource(value = Sdk.class, names = "V2_MODERN", mode = EnumSource.Mode.EXCLUDE)
  void serverEverythingStreamsItsProgressThroughTheGateway(Sdk sdk) throws Exception {
    try (McpScript client = McpScript.start()) {
      connect(client, sdk, "everything");

      assertThat(client.call("echo", "{\"message\":\"hello\"}").text()).contains("hello");
      assertThat(
              client
                  .call("trigger-long-running-operation", "{\"duration\":1,\"steps\":3}")
                  .progress())
          .hasSizeGreaterThanOrEqualTo(2);
      assertThat(client.call("get-env", "{}").ok()).isFalse();
    }
  }

  @ParameterizedTest
  @EnumSource(Sdk.class)
  void clientReachesTheServersOfItsEraByOnePath(Sdk sdk) throws Exception {
    try (McpScript client = McpScript.start()) {
      connectTo(client, sdk, gateway.url("notes").replace("/notes/mcp", "/mcp"));

      List<String> names = client.ask("listTools").value().path("tools").findValuesAsText("name");
      assertThat(names).startsWith("notes__list_notes", "notes__read_note");
      assertThat(client.call("notes__read_note", "{\"id\":\"1\"}").text()).isEqualTo("Buy milk.");
      assertThat(client.call("notes__delete_note", "{\"id\":\"1\"}").ok()).isFalse();
      assertThat(demo.seen()).noneMatch(call -> call.tool().equals("delete_note"));
      if (names.size() > 2) {
        assertThat(names).contains("everything__echo").doesNotContain("everything__get-env");
        assertThat(client.call("everything__echo", "{\"message\":\"hello\"}").text())
            .contains("hello");
      } else {
        // This server speaks legacy revisions only.
        assertThat(sdk).isIn(Sdk.V2_MODERN, Sdk.V2_AUTO);
      }
    }
  }

  @Test
  void lockFileNamesNoDownloadAddress() throws IOException {
    assertThat(Files.readString(Tree.ROOT.resolve("e2e/peers/package-lock.json")))
        .doesNotContain("\"resolved\"");
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.countersign.cli.demo.DemoToolServer;
import io.modelcontextprotocol.client.McpClient;
import io.modelcontextprotocol.client.McpSyncClient;
import io.modelcontextprotocol.client.transport.HttpClientStreamableHttpTransport;
import io.modelcontextprotocol.json.jackson2.JacksonMcpJsonMapper;
import io.modelcontextprotocol.spec.McpError;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.Tool;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The MCP SDK for Java, version 2.1.0, as the client. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class JavaSdkClientTest {
  private static final Duration TIME = Duration.ofSeconds(15);

  private final List<Double> progress = new CopyOnWriteArrayList<>();
  private FixtureServer fixture;
  private DemoToolServer demo;
  private GovernedFixture governed;
  private GatewayProcess gateway;

  @BeforeAll
  void start(@TempDir Path folder) throws Exception {
    demo = new DemoToolServer();
    governed =
        GovernedFixture.start(
            folder,
            """
            servers:
              fixture: {url: "FIXTURE", effects: {"read_*": read}}
              demo: {url: "%s", effects: {"read_*": read}}
            policy:
              grants: [{caller: "oidc:demo:reader", allow: ["*/read_note", "*/list_*", "fixture/slow", "fixture/echo"]}]
            """
                .formatted(demo.url()));
    fixture = governed.server();
    gateway = governed.gateway();
  }

  @AfterAll
  void stop() throws Exception {
    governed.stop();
    demo.close();
  }

  private McpSyncClient client(String server, String token) {
    var transport =
        HttpClientStreamableHttpTransport.builder("http://127.0.0.1:" + gateway.port())
            .endpoint("/" + server + "/mcp")
            .jsonMapper(new JacksonMcpJsonMapper(PeerProcess.JSON))
            .openConnectionOnStartup(true)
            .addHttpRequestCustomizer(
                (request, verb, uri, body, context) ->
                    request.header("Authorization", "Bearer " + token))
            .build();
    return McpClient.sync(transport)
        .requestTimeout(TIME)
        .initializationTimeout(TIME)
        .progressConsumer(step -> progress.add(step.progress()))
        .build();
  }

  private String token(String server) {
    return governed.issuer().token("reader", gateway.url(server), Duration.ofHours(1));
  }

  @ParameterizedTest
  @ValueSource(strings = {"fixture", "demo"})
  void clientIsServedWhatItMayAndRefusedTheRest(String server) throws Exception {
    String token = token(server);
    McpSyncClient client = client(server, token);
    try (client) {
      assertThat(client.initialize().protocolVersion()).isEqualTo("2025-11-25");
      assertThat(client.listTools().tools())
          .extracting(Tool::name)
          .contains("read_note")
          .doesNotContain("delete_note", "create_note", "big");
      assertThat(client.ping()).isNotNull();

      assertThat(called(client, "read_note", Map.of("id", "1")).toString()).contains("Buy milk.");
      assertThatThrownBy(() -> called(client, "delete_note", Map.of("id", "1")))
          .isInstanceOf(McpError.class)
          .hasMessageContaining("Unknown tool: delete_note");

      assertThat(tools(server)).contains("read_note").doesNotContain("delete_note");
      assertThat(seen(server)).contains("tools/call").doesNotContain(token);
      assertThat(client.closeGracefully()).isTrue();
    }
    assertThat(gateway.records().ended("http/delete", null).result()).isEqualTo("answered");
  }

  private static CallToolResult called(
      McpSyncClient client, String tool, Map<String, Object> arguments) {
    return client.callTool(CallToolRequest.builder(tool).arguments(arguments).build());
  }

  private List<String> tools(String server) throws Exception {
    return server.equals("demo")
        ? demo.seen().stream().map(DemoToolServer.Seen::tool).toList()
        : fixture.calls().stream().map(FixtureServer.Call::target).toList();
  }

  private String seen(String server) throws Exception {
    return server.equals("demo") ? demo.seen().toString() : fixture.calls().toString();
  }

  @Test
  void progressComesAndTheSessionEndsAtTheServerToo() throws Exception {
    int sessions = fixture.open().sessions();
    try (McpSyncClient client = client("fixture", token("fixture"))) {
      client.initialize();
      fixture.await(open -> open.streams() == 1 && open.sessions() == sessions + 1);

      CallToolResult slow =
          client.callTool(
              CallToolRequest.builder("slow")
                  .arguments(Map.of("ms", 30))
                  .progressToken("p")
                  .build());

      assertThat(slow.toString()).contains("took 30 ms");
      Await.until("three reports of progress", () -> progress.size() == 3);
      assertThat(client.closeGracefully()).isTrue();
    }
    fixture.await(open -> open.streams() == 0 && open.sessions() == sessions);
  }

  @Test
  void clientWithoutAGoodTokenNeverReachesTheServer() throws Exception {
    fixture.clearCalls();
    for (String bad : List.of("nonsense", token("demo"))) {
      try (McpSyncClient client = client("fixture", bad)) {
        assertThatThrownBy(client::initialize).isInstanceOf(RuntimeException.class);
      }
    }
    assertThat(fixture.calls()).isEmpty();
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.countersign.audit.AuditVerifier;
import dev.countersign.cli.demo.DemoIssuer;
import dev.countersign.e2e.McpScript.Reply;
import dev.countersign.e2e.McpScript.Sdk;
import io.modelcontextprotocol.client.McpClient;
import io.modelcontextprotocol.client.McpSyncClient;
import io.modelcontextprotocol.client.transport.HttpClientSseClientTransport;
import io.modelcontextprotocol.json.jackson2.JacksonMcpJsonMapper;
import io.modelcontextprotocol.spec.McpError;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.Tool;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Clients and a server that others wrote, over the transport of 2024-11-05. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class HttpSseTest {
  private EverythingServer everything;
  private DemoIssuer issuer;
  private GatewayProcess gateway;

  @BeforeAll
  void start(@TempDir Path folder) throws Exception {
    everything = EverythingServer.startHttpSse();
    issuer = new DemoIssuer();
    gateway =
        GatewayProcess.start(
            folder,
            """
            node: e2e
            listen: {address: "127.0.0.1:0", drain: 1s, event_loops: 2}
            identity: {issuers: [{name: demo, issuer: "%s"}]}
            servers: {everything: {url: "%s", http_sse: true}}
            policy:
              grants:
                - caller: "oidc:demo:reader"
                  allow: ["everything/echo", "everything/trigger-long-running-operation"]
            audit: {directory: audit}
            admin: {address: "127.0.0.1:0"}
            """
                .formatted(issuer.issuer(), everything.url()));
  }

  @AfterAll
  void stop() throws Exception {
    assertThat(gateway.stop()).isEqualTo(GatewayProcess.STOPPED);
    assertThat(AuditVerifier.verify(gateway.audit()).findings()).isEmpty();
    issuer.close();
    everything.close();
  }

  private String token() {
    return issuer.token("reader", gateway.url("everything"), Duration.ofHours(1));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void clientOfEitherTransportIsServed(boolean httpSse) throws Exception {
    try (McpScript client = McpScript.start()) {
      String url = gateway.url("everything");
      Reply session =
          httpSse ? client.connectHttpSse(url, token()) : client.connect(Sdk.V1, url, token());
      assertThat(session.ok()).as(session + gateway.said() + everything.report()).isTrue();

      assertThat(client.ask("listTools").value().path("tools").findValuesAsText("name"))
          .containsExactlyInAnyOrder("echo", "trigger-long-running-operation");
      assertThat(client.call("echo", "{\"message\":\"hello\"}").text()).contains("hello");
      assertThat(
              client
                  .call("trigger-long-running-operation", "{\"duration\":1,\"steps\":3}")
                  .progress())
          .hasSizeGreaterThanOrEqualTo(2);
      assertThat(client.call("get-env", "{}").ok()).isFalse();
      assertThat(client.ask("close").ok()).isTrue();
    }
  }

  @Test
  // The transport is.
  @SuppressWarnings("deprecation")
  void javaClientIsServed() {
    String token = token();
    var transport =
        HttpClientSseClientTransport.builder("http://127.0.0.1:" + gateway.port())
            .sseEndpoint("/everything/mcp")
            .jsonMapper(new JacksonMcpJsonMapper(PeerProcess.JSON))
            .addHttpRequestCustomizer(
                (request, verb, uri, body, context) ->
                    request.header("Authorization", "Bearer " + token))
            .build();
    try (McpSyncClient client =
        McpClient.sync(transport)
            .requestTimeout(Duration.ofSeconds(15))
            .initializationTimeout(Duration.ofSeconds(15))
            .build()) {
      client.initialize();
      assertThat(client.listTools().tools()).extracting(Tool::name).contains("echo");
      assertThat(
              client
                  .callTool(
                      CallToolRequest.builder("echo").arguments(Map.of("message", "hi")).build())
                  .toString())
          .contains("hi");
      assertThatThrownBy(() -> client.callTool(CallToolRequest.builder("get-env").build()))
          .isInstanceOf(McpError.class);
      assertThat(client.closeGracefully()).isTrue();
    }
  }
}

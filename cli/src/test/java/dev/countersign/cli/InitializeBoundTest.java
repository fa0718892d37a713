// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What opens a session has a bound of its own, far below that of other bodies. */
final class InitializeBoundTest {
  private static final int BYTES_MAX = 64 << 10;

  @TempDir private Path folder;

  @Test
  void longInitializeIsRefusedBeforePolicyAndItsServerSeesNothing() throws Exception {
    try (LegacyServer server = new LegacyServer();
        WireGateway gateway =
            new WireGateway(
                folder,
                "{url: \"" + server.url() + "\"}",
                List.of("{caller: \"oidc:demo:*\", allow: [\"docs/*\"]}"))) {
      HttpResponse<String> refused = initialize(gateway, BYTES_MAX + 1);
      JsonNode error = WireGateway.JSON.readTree(refused.body());
      assertThat(refused.statusCode()).isEqualTo(413);
      assertThat(error.path("id").asInt()).isEqualTo(3);
      assertThat(error.path("error").path("data").path("reason").asText())
          .isEqualTo("body_too_large");
      assertThat(refused.headers().firstValue("mcp-session-id")).isEmpty();
      assertThat(server.seen).isEmpty();
      assertThat(gateway.records(1)).isEmpty();

      HttpResponse<String> taken = initialize(gateway, BYTES_MAX);
      assertThat(taken.statusCode()).isEqualTo(200);
      assertThat(taken.headers().firstValue("mcp-session-id")).isPresent();
      assertThat(server.seen("initialize")).hasSize(1);
    }
  }

  private static HttpResponse<String> initialize(WireGateway gateway, int bytes) throws Exception {
    String head =
        "{\"jsonrpc\":\"2.0\",\"id\":3,\"method\":\"initialize\",\"params\":{\"protocolVersion\":"
            + "\"2025-11-25\",\"capabilities\":{},\"clientInfo\":{\"version\":\"1\",\"name\":\"";
    String rest = "\"}}}";
    String name = "n".repeat(bytes - head.length() - rest.length());
    return gateway.send(
        gateway.as("reader").POST(HttpRequest.BodyPublishers.ofString(head + name + rest)).build());
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.httpsse;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Where a server may want its messages. */
final class ServerEndpointTest {
  private static final URI STREAM = URI.create("https://mcp.example/a/sse");

  private static String target(String named) throws BadStreamException {
    return ServerEndpoint.target(STREAM, named.getBytes(StandardCharsets.UTF_8));
  }

  @ParameterizedTest
  @CsvSource({
    "/messages?sessionId=1, /messages?sessionId=1",
    "messages/1, /a/messages/1",
    "../messages, /messages",
    "?sessionId=1, /a/sse?sessionId=1",
    "https://mcp.example/m, /m",
    "HTTPS://MCP.example:443/m?x=%2F, /m?x=%2F",
    "//mcp.example/m, /m",
  })
  void placeOfTheSameOriginIsTaken(String named, String target) throws Exception {
    assertThat(target(named)).isEqualTo(target);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "http://mcp.example/m",
        "https://mcp.example:444/m",
        "https://mcp.example.evil/m",
        "https://evil.example/m",
        "//evil.example/m",
        "//mcp.example:80/m",
        "https://user@mcp.example/m",
        "https://mcp.example@evil.example/m",
        "https:m",
        "https:/m",
        "https:///m",
        "javascript:alert(1)",
        "/m#f",
        "#",
        "/\\evil.example",
        "\\\\evil.example",
        "/m\u00e4",
        "/m m",
        "/m\tm",
        "/m%2",
        "https://mcp.example//m",
        "../../m",
        "/a/..",
        "https://a_b:443/m",
      })
  void anythingElseIsNot(String named) {
    assertThatThrownBy(() -> target(named)).isInstanceOf(BadStreamException.class);
  }
}

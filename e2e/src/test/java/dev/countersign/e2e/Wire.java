// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.e2e;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

/** Sends messages as bytes, well-formed or not. */
final class Wire {
  private static final int SOCKET_MILLIS = 10_000;
  private static final HttpClient CLIENT =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private Wire() {}

  /** A modern call of a tool. */
  static String modernCall(String tool, String arguments) {
    return "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"tools/call\",\"params\":{\"name\":\""
        + tool
        + "\",\"arguments\":"
        + arguments
        + ",\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","
        + "\"io.modelcontextprotocol/clientCapabilities\":{}}}}";
  }

  /** Opens a legacy session. */
  static HttpResponse<String> initialize(String url, String token)
      throws IOException, InterruptedException {
    return initialize(url, token, "{}");
  }

  private static HttpResponse<String> initialize(String url, String token, String capabilities)
      throws IOException, InterruptedException {
    return post(
        url,
        token,
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{"
            + "\"protocolVersion\":\"2025-11-25\",\"capabilities\":"
            + capabilities
            + ","
            + "\"clientInfo\":{\"name\":\"t\",\"version\":\"1\"}}}");
  }

  /** Opens a legacy session to its end; its id. */
  static String session(String url, String token) throws IOException, InterruptedException {
    return session(url, token, "{}");
  }

  /** The same, of a client that can be asked. */
  static String session(String url, String token, String capabilities)
      throws IOException, InterruptedException {
    HttpResponse<String> opened = initialize(url, token, capabilities);
    String id =
        opened
            .headers()
            .firstValue("mcp-session-id")
            .orElseThrow(() -> new IOException(opened.statusCode() + " " + opened.body()));
    post(
        url,
        token,
        "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/initialized\"}",
        "MCP-Protocol-Version",
        "2025-11-25",
        "Mcp-Session-Id",
        id);
    return id;
  }

  static HttpResponse<String> call(String url, String token, String tool, String body)
      throws IOException, InterruptedException {
    return call(CLIENT, url, token, tool, body);
  }

  static HttpResponse<String> call(
      HttpClient client, String url, String token, String tool, String body)
      throws IOException, InterruptedException {
    return send(
        client,
        "POST",
        url,
        token,
        body,
        "MCP-Protocol-Version",
        "2026-07-28",
        "Mcp-Method",
        "tools/call",
        "Mcp-Name",
        tool);
  }

  static HttpResponse<String> post(String url, String token, String body, String... headers)
      throws IOException, InterruptedException {
    return send(CLIENT, "POST", url, token, body, headers);
  }

  static HttpResponse<String> send(
      String verb, String url, String token, String body, String... headers)
      throws IOException, InterruptedException {
    return send(CLIENT, verb, url, token, body, headers);
  }

  private static HttpResponse<String> send(
      HttpClient client, String verb, String url, String token, String body, String... headers)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(url))
            .timeout(Duration.ofSeconds(20))
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream")
            .method(
                verb,
                body.isEmpty()
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofString(body));
    if (!token.isEmpty()) {
      request.header("authorization", "Bearer " + token);
    }
    if (headers.length > 0) {
      request.headers(headers);
    }
    return client.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  /** Sends bytes as they are; all that comes back until the other side closes the connection. */
  static byte[] raw(int port, byte[] bytes) throws IOException {
    try (Socket socket = new Socket(InetAddress.ofLiteral("127.0.0.1"), port)) {
      socket.setSoTimeout(SOCKET_MILLIS);
      socket.getOutputStream().write(bytes);
      return socket.getInputStream().readAllBytes();
    }
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import dev.countersign.cli.demo.DemoIssuer;
import dev.countersign.config.ConfigReader;
import dev.countersign.config.ConfigResult;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** A gateway in this process before a server that says what it is told; for tables of messages. */
final class WireFixture implements AutoCloseable {
  /** The ways a client can speak: modern, and legacy in sessions with and without their header. */
  enum Way {
    MODERN("2026-07-28"),
    LEGACY("2025-11-25"),
    OLDEST("2025-03-26"),
    UNSAID("2025-11-25");

    final String version;

    Way(String version) {
      this.version = version;
    }
  }

  static final String META =
      "\"_meta\":{\"io.modelcontextprotocol/protocolVersion\":\"2026-07-28\","
          + "\"io.modelcontextprotocol/clientCapabilities\":{}}";

  final RawToolServer server = new RawToolServer();
  final HttpClient client = HttpClient.newHttpClient();
  private final DemoIssuer issuer = new DemoIssuer();
  private final RunningGateway running;
  private final String token;
  private final Map<Way, String> sessions = new ConcurrentHashMap<>();

  WireFixture(Path folder) throws IOException {
    String settings =
        """
        node: test
        listen: {address: 127.0.0.1:0, drain: 0s, event_loops: 1}
        identity: {issuers: [{name: demo, issuer: "%s"}]}
        servers: {docs: {url: "%s"}}
        policy:
          grants:
            - {caller: "oidc:demo:reader", allow: ["docs/r*", "docs/shown*", "prompt:docs/**", "resource:docs/file:///public/**"]}
        audit: {directory: audit}
        admin: {address: 127.0.0.1:0}
        """
            .formatted(issuer.issuer(), server.url());
    Path file = Files.writeString(folder.resolve("gateway.yaml"), settings);
    running =
        RunningGateway.start(
            file,
            (ConfigResult.Valid) ConfigReader.read(file, Map.of()),
            Map.of(),
            Duration.ofHours(1));
    token = token("reader");
  }

  String token(String subject) {
    return issuer.token(subject, url(), Duration.ofMinutes(30));
  }

  int port() {
    return running.gateway().address().getPort();
  }

  String url() {
    return "http://127.0.0.1:" + port() + "/docs/mcp";
  }

  /** The value of a gauge or counter, by the start of its line. */
  double metric(String name) throws Exception {
    URI metrics =
        URI.create("http://127.0.0.1:" + running.gateway().adminAddress().getPort() + "/metrics");
    String text =
        client
            .send(HttpRequest.newBuilder(metrics).build(), HttpResponse.BodyHandlers.ofString())
            .body();
    return text.lines()
        .filter(line -> line.startsWith(name + " "))
        .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
        .sum();
  }

  HttpRequest.Builder request() {
    return HttpRequest.newBuilder(URI.create(url()))
        .timeout(Duration.ofSeconds(30))
        .header("authorization", "Bearer " + token)
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream");
  }

  /** A request with the headers that go with a message of this method and target. */
  HttpRequest.Builder request(Way way, String method, String name) throws Exception {
    HttpRequest.Builder request = request();
    if (way == Way.MODERN) {
      request.header("mcp-protocol-version", way.version).header("mcp-method", method);
      return name.isEmpty() ? request : request.header("mcp-name", name);
    }
    if (way != Way.UNSAID) {
      request.header("mcp-protocol-version", way.version);
    }
    return request.header("mcp-session-id", session(way));
  }

  HttpResponse<String> post(HttpRequest.Builder request, byte[] body) throws Exception {
    return client.send(
        request.POST(HttpRequest.BodyPublishers.ofByteArray(body)).build(),
        HttpResponse.BodyHandlers.ofString());
  }

  /** A message of a request; modern ones say so in their params. */
  static String message(Way way, String id, String method, String params) {
    String meta = way == Way.MODERN ? (params.isEmpty() ? "" : ",") + META : "";
    return "{\"jsonrpc\":\"2.0\",\"id\":"
        + id
        + ",\"method\":\""
        + method
        + "\",\"params\":{"
        + params
        + meta
        + "}}";
  }

  private String session(Way way) throws Exception {
    String known = sessions.get(way);
    if (known != null) {
      return known;
    }
    HttpResponse<String> opened =
        post(
            request(),
            message(
                    way,
                    "1",
                    "initialize",
                    "\"protocolVersion\":\""
                        + way.version
                        + "\",\"capabilities\":{},\"clientInfo\":{\"name\":\"t\",\"version\":\"1\"}")
                .getBytes(StandardCharsets.UTF_8));
    String session = opened.headers().firstValue("mcp-session-id").orElseThrow();
    sessions.put(way, session);
    return session;
  }

  @Override
  public void close() throws IOException {
    running.close();
    server.close();
    issuer.close();
    client.close();
  }

  static List<Way> ways() {
    return List.of(Way.values());
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.countersign.audit.AuditReader;
import dev.countersign.cli.demo.DemoIssuer;
import dev.countersign.config.ConfigReader;
import dev.countersign.config.ConfigResult;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;

/** A gateway before one server, and a client that speaks the modern era to it, rightly or not. */
final class WireGateway implements AutoCloseable {
  static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration MINUTES = Duration.ofMinutes(5);

  private final HttpClient client = HttpClient.newHttpClient();
  private final DemoIssuer issuer;
  private final RunningGateway running;
  private final Path folder;
  private final Path file;
  private final String limits;
  private final boolean federated;

  /**
   * @param server the server's settings
   * @param grants one YAML flow mapping each
   */
  WireGateway(Path folder, String server, List<String> grants) throws IOException {
    this(folder, server, grants, "keep_alive: 100ms");
  }

  /**
   * @param limits as they stand in a YAML flow mapping
   */
  WireGateway(Path folder, String server, List<String> grants, String limits) throws IOException {
    this(folder, server, grants, limits, false);
  }

  private WireGateway(
      Path folder, String server, List<String> grants, String limits, boolean federated)
      throws IOException {
    this.folder = folder;
    this.limits = limits;
    this.federated = federated;
    issuer = new DemoIssuer();
    file = folder.resolve("gateway.yaml");
    Files.writeString(file, settings(server, grants));
    running =
        RunningGateway.start(
            file,
            (ConfigResult.Valid) ConfigReader.read(file, Map.of()),
            Map.of(),
            Duration.ofMillis(50));
  }

  /**
   * A gateway before several servers, whose client speaks to all of them by one path.
   *
   * @param servers as they stand in a YAML flow mapping, here and where settings are changed
   */
  static WireGateway federated(Path folder, String servers, List<String> grants, String limits)
      throws IOException {
    return new WireGateway(folder, servers, grants, limits, true);
  }

  private String settings(String server, List<String> grants) {
    return """
    node: test
    listen: {address: 127.0.0.1:0, drain: 0s, event_loops: 1}
    limits: {%s}
    identity: {issuers: [{name: demo, issuer: "%s"}]}
    servers: {%s}
    %s
    policy: {grants: [%s]}
    audit: {directory: audit}
    admin: {address: 127.0.0.1:0}
    """
        .formatted(
            limits,
            issuer.issuer(),
            federated ? server : "docs: " + server,
            federated ? "federation: {}" : "",
            String.join(", ", grants));
  }

  /** Adds lines to the settings, or others in the place of those, and waits until they hold. */
  void more(String server, List<String> grants, String lines) throws Exception {
    String applied = "countersign_reloads_total{result=\"applied\"} ";
    String before =
        applied + metrics().split(java.util.regex.Pattern.quote(applied))[1].split("\n")[0];
    Files.writeString(file, settings(server, grants) + lines);
    long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (metrics().contains(before + "\n")) {
      if (System.nanoTime() > deadline) {
        throw new AssertionError("the settings were not taken");
      }
    }
  }

  /** Puts other settings in force, soon. */
  void change(String server, List<String> grants) throws IOException {
    Files.writeString(file, settings(server, grants));
  }

  String url() {
    return "http://127.0.0.1:"
        + running.gateway().address().getPort()
        + (federated ? "/mcp" : "/docs/mcp");
  }

  HttpRequest.Builder as(String subject) {
    return as(subject, MINUTES);
  }

  HttpRequest.Builder as(String subject, Duration tokenLife) {
    return HttpRequest.newBuilder(URI.create(url()))
        .timeout(Duration.ofSeconds(20))
        .header("authorization", "Bearer " + issuer.token(subject, url(), tokenLife))
        .header("content-type", "application/json")
        .header("accept", "application/json, text/event-stream");
  }

  /** A modern request of a caller called reader, not yet sent. */
  Modern modern(String method, String params) {
    return new Modern(method, params);
  }

  HttpResponse<String> send(HttpRequest request) throws Exception {
    return client.send(request, HttpResponse.BodyHandlers.ofString());
  }

  HttpResponse<InputStream> open(HttpRequest request) throws Exception {
    return client.send(request, HttpResponse.BodyHandlers.ofInputStream());
  }

  /** The newest calls' records, newest first, each with its leaves. */
  List<List<JsonNode>> records(int calls) throws IOException {
    List<List<JsonNode>> newest = new ArrayList<>();
    new AuditReader(folder.resolve("audit"))
        .newest(calls)
        .forEach(leaves -> newest.add(List.copyOf(leaves)));
    return newest;
  }

  /** As {@link #records}, once all of these calls that were sent have their outcome there. */
  List<List<JsonNode>> ended(int calls) throws IOException {
    long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (true) {
      List<List<JsonNode>> newest = records(calls);
      if (newest.stream().allMatch(WireGateway::hasEnded)) {
        return newest;
      }
      if (System.nanoTime() > deadline) {
        throw new AssertionError("a call without an outcome: " + newest);
      }
      LockSupport.parkNanos(Duration.ofMillis(5).toNanos());
    }
  }

  private static boolean hasEnded(List<JsonNode> leaves) {
    boolean sent = leaves.stream().anyMatch(leaf -> leaf.path("outcome_expected").asBoolean(false));
    return !sent || leaves.getLast().path("kind").asText().equals("outcome");
  }

  /** What the metrics page says now. */
  String metrics() throws Exception {
    return send(HttpRequest.newBuilder(
                URI.create(
                    "http://127.0.0.1:" + running.gateway().adminAddress().getPort() + "/metrics"))
            .build())
        .body();
  }

  @Override
  public void close() {
    running.close();
    issuer.close();
    client.close();
  }

  /** One modern request in the making. */
  final class Modern {
    private final String method;
    private final String params;
    private final List<String> headers = new ArrayList<>();
    private String subject = "reader";
    private String capabilities = "{}";
    private String meta = "";
    private String id = "7";
    private Duration tokenLife = MINUTES;

    private Modern(String method, String params) {
      this.method = method;
      this.params = params;
      header("mcp-protocol-version", "2026-07-28");
      header("mcp-method", method);
    }

    Modern name(String mirrored) {
      return header("mcp-name", mirrored);
    }

    Modern header(String name, String value) {
      headers.add(name);
      headers.add(value);
      return this;
    }

    Modern as(String other) {
      subject = other;
      return this;
    }

    Modern declaring(String json) {
      capabilities = json;
      return this;
    }

    /** More members of {@code _meta}. */
    Modern meta(String members) {
      meta = "," + members;
      return this;
    }

    Modern id(String json) {
      id = json;
      return this;
    }

    Modern tokenFor(Duration life) {
      tokenLife = life;
      return this;
    }

    HttpRequest request() {
      String body =
          """
          {"jsonrpc":"2.0","id":%s,"method":"%s","params":{%s"_meta":{\
          "io.modelcontextprotocol/protocolVersion":"2026-07-28",\
          "io.modelcontextprotocol/clientCapabilities":%s%s}}}\
          """
              .formatted(id, method, params.isEmpty() ? "" : params + ",", capabilities, meta);
      return WireGateway.this
          .as(subject, tokenLife)
          .headers(headers.toArray(String[]::new))
          .POST(HttpRequest.BodyPublishers.ofString(body))
          .build();
    }

    HttpResponse<String> send() throws Exception {
      return WireGateway.this.send(request());
    }

    HttpResponse<InputStream> open() throws Exception {
      return WireGateway.this.open(request());
    }

    /** The answer's JSON, whatever the status. */
    JsonNode answer() throws Exception {
      return JSON.readTree(send().body());
    }
  }
}

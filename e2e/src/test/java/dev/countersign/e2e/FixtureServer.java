// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.e2e;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;

/**
 * An MCP server of both eras on the official SDK, which remembers every request as it came.
 *
 * <p>This is where a test asserts what reached a server, and what did not.
 */
final class FixtureServer implements AutoCloseable {
  private static final Duration CONTROL_TIME = Duration.ofSeconds(10);
  private static final Duration AWAIT_TIME = Duration.ofSeconds(10);
  private static final Duration POLL_PAUSE = Duration.ofMillis(10);
  private static final HttpClient CLIENT =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  private final PeerServer server;

  private FixtureServer(PeerServer server) {
    this.server = server;
  }

  /** How the server can answer wrongly; {@code NONE} makes it well again. */
  enum Fault {
    NONE,
    DUPLICATE_KEYS,
    WRONG_ID,
    HTML,
    STATUS_500,
    HANG,
    TRUNCATE,
    GIANT_EVENT,
    REDIRECT,
    HANG_IN_STREAM,
    RESET,
    GARBAGE,
    GARBAGE_JSON,
    CHALLENGE;

    private String wireName() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  /**
   * A header as it came; a repeated one comes twice.
   *
   * @param name in the sender's spelling
   * @param value as it came
   */
  record Header(String name, String value) {}

  /**
   * An HTTP request that reached the server, on any path.
   *
   * @param epochMillis when
   * @param verb of HTTP
   * @param path and query
   * @param era {@code modern} or {@code legacy}, by the body alone
   * @param method of MCP; empty for a response, a GET, a DELETE, or what is no message
   * @param target the tool, prompt or URI named; empty if none
   * @param session the header {@code Mcp-Session-Id}; empty if none
   * @param headers in order
   * @param body as it came
   */
  record Call(
      long epochMillis,
      String verb,
      String path,
      String era,
      String method,
      String target,
      String session,
      List<Header> headers,
      String body) {
    Call {
      headers = List.copyOf(headers);
    }

    /** The values of a header, whatever the case of its name. */
    List<String> header(String name) {
      return headers.stream()
          .filter(header -> header.name().equalsIgnoreCase(name))
          .map(Header::value)
          .toList();
    }
  }

  /**
   * What goes on at the server.
   *
   * @param exchanges HTTP requests without an end yet
   * @param streams those of them that are GET
   * @param cut exchanges the other side ended early, so far
   * @param running tool calls
   * @param cancelled tool calls told to stop, so far
   * @param sessions of 2025-11-25
   */
  record Open(int exchanges, int streams, int cut, int running, int cancelled, int sessions) {}

  static FixtureServer start() throws IOException, InterruptedException {
    return new FixtureServer(PeerServer.start("fixture-server.mjs"));
  }

  /** With a certificate chain and its key, both PEM; its control stays plain HTTP. */
  static FixtureServer startTls(Path certificate, Path key)
      throws IOException, InterruptedException {
    return new FixtureServer(
        PeerServer.start(
            "fixture-server.mjs",
            Map.of("FIXTURE_CERTIFICATE", certificate.toString(), "FIXTURE_KEY", key.toString())));
  }

  String url() {
    return server.at("url");
  }

  /** Every request since the start, or since the last {@link #clearCalls}; the newest 10,000. */
  List<Call> calls() throws IOException, InterruptedException {
    List<Call> calls = new ArrayList<>();
    for (JsonNode call : control("GET", "/calls", "")) {
      List<Header> headers = new ArrayList<>();
      call.path("headers")
          .forEach(pair -> headers.add(new Header(text(pair.path(0)), text(pair.path(1)))));
      calls.add(
          new Call(
              call.path("time").asLong(),
              text(call.path("verb")),
              text(call.path("path")),
              text(call.path("era")),
              text(call.path("method")),
              text(call.path("target")),
              text(call.path("session")),
              headers,
              text(call.path("body"))));
    }
    return calls;
  }

  /** Those of {@link #calls} that are {@code tools/call} of that tool. */
  List<Call> calls(String tool) throws IOException, InterruptedException {
    return calls().stream()
        .filter(call -> call.method().equals("tools/call") && call.target().equals(tool))
        .toList();
  }

  void clearCalls() throws IOException, InterruptedException {
    control("DELETE", "/calls", "");
  }

  Open open() throws IOException, InterruptedException {
    JsonNode open = control("GET", "/open", "");
    return new Open(
        open.path("exchanges").asInt(),
        open.path("streams").asInt(),
        open.path("cut").asInt(),
        open.path("running").asInt(),
        open.path("cancelled").asInt(),
        open.path("sessions").asInt());
  }

  /** Waits until the server is so, ten seconds at most. */
  Open await(Predicate<Open> wanted) throws IOException, InterruptedException {
    long end = System.nanoTime() + AWAIT_TIME.toNanos();
    Open open = open();
    while (!wanted.test(open)) {
      if (System.nanoTime() > end) {
        throw new AssertionError("never as wanted: %s%n%s".formatted(open, server.report()));
      }
      LockSupport.parkNanos(POLL_PAUSE.toNanos());
      open = open();
    }
    return open;
  }

  /** Answers every {@code tools/call} wrongly, until told otherwise. */
  void misbehave(Fault fault) throws IOException, InterruptedException {
    misbehave(fault, "tools/call");
  }

  /** Answers every request of that method wrongly, until told otherwise. */
  void misbehave(Fault fault, String method) throws IOException, InterruptedException {
    ObjectNode wanted = PeerProcess.JSON.createObjectNode();
    wanted.put("mode", fault.wireName()).put("method", method);
    control("POST", "/misbehave", wanted.toString());
  }

  /** Lets go the calls of {@code hold} that run. */
  void release() throws IOException, InterruptedException {
    control("POST", "/release", "{}");
  }

  /**
   * Tells whoever listens that a list is new: {@code tools}, {@code prompts}, {@code resources}.
   */
  void change(String kind) throws IOException, InterruptedException {
    control("POST", "/change", PeerProcess.JSON.createObjectNode().put("kind", kind).toString());
  }

  /** Tells whoever watches a resource that it changed. */
  void update(String uri) throws IOException, InterruptedException {
    control("POST", "/change", PeerProcess.JSON.createObjectNode().put("uri", uri).toString());
  }

  /** For a failure's message. */
  String report() {
    return server.report();
  }

  boolean isAlive() {
    return server.isAlive();
  }

  /** Ends it in the middle of whatever goes on. */
  void die() {
    server.close();
  }

  @Override
  public void close() {
    server.close();
  }

  private JsonNode control(String verb, String path, String body)
      throws IOException, InterruptedException {
    HttpResponse<String> answer =
        CLIENT.send(
            HttpRequest.newBuilder(URI.create(server.at("control") + path))
                .timeout(CONTROL_TIME)
                .method(
                    verb, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body))
                .build(),
            BodyHandlers.ofString());
    if (answer.statusCode() != 200) {
      throw new IOException("%s %s: %s".formatted(verb, path, answer.body()));
    }
    return PeerProcess.JSON.readTree(answer.body());
  }

  private static String text(JsonNode node) {
    return node.isTextual() ? node.asText() : "";
  }
}

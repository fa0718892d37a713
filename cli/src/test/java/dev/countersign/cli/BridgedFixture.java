// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** A gateway that bridges legacy clients to a server of 2026-07-28. */
final class BridgedFixture implements AutoCloseable {
  static final String META = "io.modelcontextprotocol/";
  static final String ALL = "{\"sampling\":{},\"elicitation\":{},\"roots\":{\"listChanged\":true}}";
  static final String FORM =
      "{\"method\":\"elicitation/create\",\"params\":{\"mode\":\"form\",\"message\":\"Who?\","
          + "\"requestedSchema\":{\"type\":\"object\",\"properties\":{\"name\":{\"type\":"
          + "\"string\"}},\"required\":[\"name\"]}}}";
  static final String SAMPLING =
      "{\"method\":\"sampling/createMessage\",\"params\":{\"messages\":[{\"role\":\"user\","
          + "\"content\":{\"type\":\"text\",\"text\":\"hi\"}}],\"maxTokens\":999999}}";
  static final String ROOTS = "{\"method\":\"roots/list\"}";
  static final String ANN = "{\"action\":\"accept\",\"content\":{\"name\":\"Ann\"}}";
  static final List<String> GRANTS =
      List.of(
          "{caller: \"oidc:demo:*\", allow: [\"docs/r*\", \"prompt:docs/*\","
              + " \"resource:docs/file:///public/**\"]}",
          "{caller: \"oidc:demo:reader\", allow: [\"elicitation:docs/form\","
              + "\"elicitation:docs/url/login.example\", \"roots:docs/list\","
              + "\"sampling:docs/createMessage\"]}");
  static final String DISCOVERED =
      "{\"resultType\":\"complete\",\"supportedVersions\":[\"2026-07-28\"],\"capabilities\":{"
          + "\"tools\":{\"listChanged\":true},\"resources\":{\"subscribe\":true},\"logging\":{},\"extensions\":{\"a/b\":{}},\"tasks\":{}},\"instructions\":\"Be"
          + " \\\"kind\\\".\","
          + "\"cacheScope\":\"public\",\"ttlMs\":5,\"_meta\":{\"io.modelcontextprotocol/serverInfo\":"
          + "{\"name\":\"new\",\"version\":\"9\"}}}";

  final ModernServer server = new ModernServer();
  final WireGateway gateway;

  BridgedFixture(Path folder, String limits) throws IOException {
    server.result("server/discover", DISCOVERED);
    gateway = new WireGateway(folder, settings("bridged"), GRANTS, limits);
  }

  /** The server's settings. */
  String settings(String era) {
    return "{url: \"" + server.url() + "\", era: " + era + ", elicitation_hosts: [login.example]}";
  }

  @Override
  public void close() {
    gateway.close();
    server.close();
  }

  LegacyClient client() throws Exception {
    return LegacyClient.of(gateway, "reader", ALL);
  }

  long seen(String method) {
    return server.seen.stream().filter(one -> is(method, one)).count();
  }

  static boolean is(String method, ModernServer.Seen one) {
    return one.body().path("method").asText().equals(method);
  }

  ModernServer.Seen last(String method) {
    return server.seen.reversed().stream()
        .filter(one -> is(method, one))
        .findFirst()
        .orElseThrow(() -> new AssertionError("the server saw no " + method));
  }

  static void await(BooleanSupplier condition) {
    long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (!condition.getAsBoolean()) {
      assertThat(System.nanoTime()).as("in time").isLessThan(deadline);
      Thread.onSpinWait();
    }
  }

  ModernServer.Stream stream() throws InterruptedException {
    ModernServer.Stream stream = server.streams.poll(20, TimeUnit.SECONDS);
    assertThat(stream).as("a stream at the server").isNotNull();
    return stream;
  }

  static void acknowledge(ModernServer.Stream stream) {
    assertThat(
            stream.send(
                "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/subscriptions/acknowledged\","
                    + "\"params\":{\"_meta\":{\"io.modelcontextprotocol/subscriptionId\":"
                    + stream.opened.body().path("id")
                    + "},\"notifications\":"
                    + stream.opened.params().path("notifications")
                    + "}}"))
        .isTrue();
  }

  static void tell(ModernServer.Stream stream, String method, String params) {
    assertThat(
            stream.send(
                "{\"jsonrpc\":\"2.0\",\"method\":\""
                    + method
                    + "\",\"params\":{\"_meta\":{\"io.modelcontextprotocol/subscriptionId\":"
                    + stream.opened.body().path("id")
                    + "}"
                    + params
                    + "}}"))
        .isTrue();
  }

  void asks(String requests) {
    server.answers.put(
        "tools/call",
        request ->
            request.params().has("requestState")
                ? "\"result\":{\"resultType\":\"complete\",\"content\":[{\"type\":\"text\","
                    + "\"text\":"
                    + quoted(request.params().path("inputResponses").toString())
                    + "}]}"
                : "\"result\":{\"resultType\":\"input_required\",\"requestState\":\"s1\""
                    + (requests.isEmpty() ? "" : ",\"inputRequests\":{" + requests + "}")
                    + "}");
  }

  static String quoted(String text) {
    return WireGateway.JSON.getNodeFactory().textNode(text).toString();
  }

  static String answer(JsonNode question, String result) {
    return "{\"jsonrpc\":\"2.0\",\"id\":" + question.path("id") + "," + result + "}";
  }

  double metric(String name) {
    try {
      return gateway
          .metrics()
          .lines()
          .filter(line -> line.startsWith(name + " "))
          .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
          .sum();
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  static JsonNode json(String text) {
    try {
      return WireGateway.JSON.readTree(text);
    } catch (IOException e) {
      throw new AssertionError(text, e);
    }
  }
}

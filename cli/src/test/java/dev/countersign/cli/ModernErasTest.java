// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Routes of one era, whatever a request's era is a policy's word, and traces. */
@Timeout(60)
final class ModernErasTest {
  private static final String INITIALIZE =
      "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{"
          + "\"protocolVersion\":\"2025-11-25\",\"capabilities\":{},"
          + "\"clientInfo\":{\"name\":\"t\",\"version\":\"1\"}}}";
  private static final String PARENT = "00-" + "ab".repeat(16) + "-" + "cd".repeat(8) + "-01";

  @TempDir private Path folder;
  private final ModernServer server;
  private @Nullable WireGateway running;

  ModernErasTest() throws IOException {
    server = new ModernServer();
    server.result(
        "initialize",
        "{\"protocolVersion\":\"2025-11-25\",\"capabilities\":{},"
            + "\"serverInfo\":{\"name\":\"s\",\"version\":\"1\"}}");
  }

  private void start(String more) throws IOException {
    running =
        new WireGateway(
            folder,
            "{url: \"" + server.url() + "\"" + more + "}",
            List.of("{caller: \"oidc:demo:reader\", allow: [\"docs/open\"]}"));
  }

  private WireGateway gateway() {
    return requireNonNull(running);
  }

  @AfterEach
  void stop() {
    gateway().close();
    server.close();
  }

  private HttpRequest.Builder post(String body) {
    return gateway().as("reader").POST(HttpRequest.BodyPublishers.ofString(body));
  }

  @Test
  void legacyRouteSendsModernClientsBackWithoutAWord() throws Exception {
    start(", era: legacy");

    HttpResponse<String> answer = gateway().modern("server/discover", "").send();

    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(answer.body()).isEmpty();
    assertThat(gateway().send(post(INITIALIZE).build()).statusCode()).isEqualTo(200);
  }

  @ParameterizedTest
  @ValueSource(strings = {"GET", "DELETE"})
  void modernRouteHasNoOtherVerbs(String verb) throws Exception {
    start(", era: modern");

    assertThat(
            gateway()
                .send(
                    gateway()
                        .as("reader")
                        .method(verb, HttpRequest.BodyPublishers.noBody())
                        .build())
                .statusCode())
        .isEqualTo(405);
    assertThat(server.seen).isEmpty();
  }

  @Test
  void modernRouteTellsLegacyClientsWhatItSpeaks() throws Exception {
    start(", era: modern");

    HttpResponse<String> answer = gateway().send(post(INITIALIZE).build());

    assertThat(answer.statusCode()).isEqualTo(400);
    JsonNode error = WireGateway.JSON.readTree(answer.body()).path("error");
    assertThat(error.path("code").asInt()).isEqualTo(-32022);
    assertThat(error.path("data").path("supported").toString()).isEqualTo("[\"2026-07-28\"]");
    assertThat(error.path("data").path("requested").asText()).isEqualTo("2025-11-25");
    assertThat(server.seen).isEmpty();
    assertThat(gateway().modern("tools/call", "\"name\":\"open\"").name("open").send().statusCode())
        .isEqualTo(200);
  }

  /** A refused tool is refused in every era, and when no version is named at all. */
  @ParameterizedTest
  @ValueSource(strings = {"2026-07-28", "2025-11-25", "2025-06-18", "2025-03-26", ""})
  void noVersionIsAWayAroundPolicy(String version) throws Exception {
    start("");
    HttpRequest request =
        version.equals("2026-07-28")
            ? gateway().modern("tools/call", "\"name\":\"shut\"").name("shut").request()
            : legacyCall(version);
    int before = server.seen.size();

    HttpResponse<String> answer = gateway().send(request);

    assertThat(answer.body()).contains("Unknown tool");
    assertThat(server.seen).hasSize(before);
  }

  private HttpRequest legacyCall(String version) throws Exception {
    String asked = version.isEmpty() ? "2025-03-26" : version;
    HttpResponse<String> opened =
        gateway().send(post(INITIALIZE.replace("2025-11-25", asked)).build());
    HttpRequest.Builder call =
        post("{\"jsonrpc\":\"2.0\",\"id\":2,\"method\":\"tools/call\",\"params\":{\"name\":\"shut\"}}")
            .header("mcp-session-id", opened.headers().firstValue("mcp-session-id").orElseThrow());
    return (version.isEmpty() ? call : call.header("mcp-protocol-version", "2025-11-25")).build();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      nullValues = "-",
      value = {
        "\"traceparent\":\"%s\",\"tracestate\":\"a=b\",\"baggage\":\"u=1\"|%s|a=b",
        "\"traceparent\":\"nonsense\",\"tracestate\":\"a=b\"|-|-",
        "\"tracestate\":\"a=b\"|-|-",
        "\"traceparent\":1,\"baggage\":{}|-|-",
        "\"traceparent\":\"%s\",\"tracestate\":5|%s|-"
      })
  void onlyASoundTracePassesAndBaggageDoesNot(
      String meta, @Nullable String parent, @Nullable String state) throws Exception {
    start("");

    gateway()
        .modern("tools/call", "\"name\":\"open\"")
        .name("open")
        .meta(meta.formatted(PARENT))
        .header("traceparent", PARENT)
        .send();

    JsonNode sent = server.last().params().path("_meta");
    assertThat(sent.path("traceparent").textValue())
        .isEqualTo(parent == null ? null : parent.formatted(PARENT));
    assertThat(sent.path("tracestate").textValue()).isEqualTo(state);
    assertThat(sent.has("baggage")).isFalse();
    assertThat(server.last().header("traceparent")).isNull();
  }

  @Test
  void cancelNotificationOfAModernClientStaysHere() throws Exception {
    start("");

    HttpResponse<String> answer =
        gateway()
            .send(
                post("{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{"
                        + "\"requestId\":7}}")
                    .header("mcp-protocol-version", "2026-07-28")
                    .build());

    assertThat(answer.statusCode()).isEqualTo(202);
    assertThat(server.seen).isEmpty();
  }
}

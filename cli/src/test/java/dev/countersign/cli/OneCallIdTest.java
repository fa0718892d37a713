// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.countersign.audit.AuditReader;
import dev.countersign.cli.demo.DemoIssuer;
import dev.countersign.cli.demo.DemoToolServer;
import dev.countersign.config.ConfigReader;
import dev.countersign.config.ConfigResult;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;
import org.slf4j.event.KeyValuePair;

/** What a gateway says of its calls, in answers, records, logs and metrics, fits together. */
final class OneCallIdTest {
  private static final Duration DEADLINE = Duration.ofSeconds(20);

  @TempDir private Path folder;
  private final HttpClient client = HttpClient.newHttpClient();
  private final ListAppender<ILoggingEvent> log = new ListAppender<>();
  private final DemoIssuer issuer;
  private final DemoToolServer server;

  OneCallIdTest() throws IOException {
    issuer = new DemoIssuer();
    server = new DemoToolServer();
  }

  @BeforeEach
  void listen() {
    log.start();
    root().addAppender(log);
  }

  @AfterEach
  void close() {
    root().detachAppender(log);
    server.close();
    issuer.close();
    client.close();
  }

  private static Logger root() {
    return (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
  }

  private RunningGateway start() throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("gateway.yaml"),
            """
            node: test
            listen: {address: 127.0.0.1:0, drain: 0s, event_loops: 1}
            identity: {issuers: [{name: demo, issuer: "%s"}]}
            servers: {notes: {url: "%s", effects: {"read_*": read}}, program: {command: [cat]}}
            policy: {grants: [{caller: "oidc:demo:*", allow: ["notes/read_*"]}]}
            audit: {directory: audit}
            admin: {address: 127.0.0.1:0}
            """
                .formatted(issuer.issuer(), server.url()));
    return RunningGateway.start(
        file, (ConfigResult.Valid) ConfigReader.read(file, Map.of()), Map.of());
  }

  private String call(RunningGateway running, String tool) throws Exception {
    String url = "http://127.0.0.1:" + running.gateway().address().getPort() + "/notes/mcp";
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(url))
            .header("authorization", "Bearer " + issuer.token("a", url, Duration.ofMinutes(5)))
            .header("content-type", "application/json")
            .header("accept", "application/json, text/event-stream")
            .header("mcp-protocol-version", "2026-07-28")
            .header("mcp-method", "tools/call")
            .header("mcp-name", tool)
            .POST(
                HttpRequest.BodyPublishers.ofString(
                    """
                    {"jsonrpc":"2.0","id":7,"method":"tools/call","params":{"name":"%s",
                    "arguments":{"id":"1"},"_meta":{
                    "io.modelcontextprotocol/protocolVersion":"2026-07-28",
                    "io.modelcontextprotocol/clientCapabilities":{}}}}\
                    """
                        .formatted(tool)))
            .build();
    return client.send(request, HttpResponse.BodyHandlers.ofString()).body();
  }

  private String metrics(RunningGateway running, String accept) throws Exception {
    URI uri =
        URI.create("http://127.0.0.1:" + running.gateway().adminAddress().getPort() + "/metrics");
    return client
        .send(
            HttpRequest.newBuilder(uri).header("accept", accept).build(),
            HttpResponse.BodyHandlers.ofString())
        .body();
  }

  /** The leaves of the newest call, both of them. */
  private List<JsonNode> newest(int leaves) throws Exception {
    long end = System.nanoTime() + DEADLINE.toNanos();
    while (true) {
      List<JsonNode> found =
          List.copyOf(new AuditReader(folder.resolve("audit")).newest(1).getFirst());
      if (found.size() == leaves) {
        return found;
      }
      assertThat(System.nanoTime()).as("%s", found).isLessThan(end);
      Thread.onSpinWait();
    }
  }

  @Test
  void refusalHasOneIdInAnswerRecordLogAndExemplar() throws Exception {
    try (RunningGateway running = start()) {
      String body = call(running, "delete_note");
      String id = new ObjectMapper().readTree(body).at("/error/data/callId").asText();

      assertThat(id).isNotEmpty();
      assertThat(newest(1).getFirst().path("call_id").asText()).isEqualTo(id);
      assertThat(List.copyOf(log.list))
          .anyMatch(
              event ->
                  event.getKeyValuePairs() != null
                      && event.getKeyValuePairs().contains(new KeyValuePair("call", id)));
      assertThat(metrics(running, "application/openmetrics-text; version=1.0.0"))
          .contains("{call_id=\"" + id + "\"}")
          .endsWith("# EOF\n");
    }
  }

  @Test
  void outcomeTellsTimesSinceTheDecisionInOrder() throws Exception {
    try (RunningGateway running = start()) {
      assertThat(call(running, "read_note")).contains("Buy milk.");

      List<JsonNode> leaves = newest(2);
      assertThat(leaves.get(0).path("call_id")).isEqualTo(leaves.get(1).path("call_id"));
      JsonNode outcome = leaves.get(1);
      assertThat(outcome.path("dispatched_micros").asLong()).isNotNegative();
      assertThat(outcome.path("first_byte_micros").asLong())
          .isGreaterThanOrEqualTo(outcome.path("dispatched_micros").asLong());
      assertThat(outcome.path("done_micros").asLong())
          .isGreaterThanOrEqualTo(outcome.path("first_byte_micros").asLong());
    }
  }

  @Test
  void everyMetricIsDocumentedAndNoOther() throws Exception {
    try (RunningGateway running = start()) {
      call(running, "read_note");
      newest(2);

      Set<String> served = new TreeSet<>();
      Matcher types = Pattern.compile("# TYPE (\\w+) ").matcher(metrics(running, "text/plain"));
      while (types.find()) {
        // Micrometer adds the greatest value of late to every timer.
        served.add(types.group(1).replaceFirst("_seconds_max$", "_seconds"));
      }
      Set<String> documented = new TreeSet<>();
      Matcher rows =
          Pattern.compile("(?m)^\\| `([^`]+)` \\|")
              .matcher(Files.readString(Path.of("..", "docs", "metrics.md")));
      while (rows.find()) {
        documented.add(rows.group(1));
      }
      assertThat(served).isEqualTo(documented);
    }
  }
}

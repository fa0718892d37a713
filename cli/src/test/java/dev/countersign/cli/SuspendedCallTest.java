// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import static dev.countersign.cli.LegacyServer.next;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.countersign.audit.AuditReader;
import dev.countersign.cli.LegacyClient.Events;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A call whose server ended its stream well, and whose client never came back for the answer. */
final class SuspendedCallTest {
  private static final String METHOD = "tools/call";

  @TempDir private Path folder;
  private final LegacyServer server = new LegacyServer();
  private final BlockingQueue<LegacyServer.Stream> calls = new LinkedBlockingQueue<>();

  SuspendedCallTest() throws IOException {}

  @BeforeEach
  void start() {
    server.handlers.put(METHOD, (seen, reply) -> calls.add(reply.stream()));
  }

  @AfterEach
  void stop() {
    server.close();
  }

  private WireGateway gateway() throws IOException {
    return new WireGateway(
        folder,
        "{url: \"" + server.url() + "\"}",
        List.of("{caller: \"oidc:demo:*\", allow: [\"docs/*\"]}"));
  }

  private void suspend(WireGateway gateway, LegacyClient client) throws Exception {
    try (Events events = client.call("1", METHOD, "{'name':'t'}")) {
      LegacyServer.Stream stream = next(calls);
      stream.write("id: e1\ndata: \n\n");
      stream.close();
      while (events.next() != null) {
        // To the end.
      }
    }
    assertThat(gateway.metrics())
        .contains("countersign_resumable_streams 1.0")
        .contains("countersign_calls_in_flight 1.0");
  }

  @Test
  void hasItsOutcomeWhenTheGatewayStops() throws Exception {
    try (WireGateway gateway = gateway()) {
      suspend(gateway, LegacyClient.of(gateway, "reader", "{}"));
      assertThat(leaves()).hasSize(1);
    }

    assertEnded(leaves());
  }

  @Test
  void hasItsOutcomeWhenItsSessionEnds() throws Exception {
    try (WireGateway gateway = gateway()) {
      LegacyClient client = LegacyClient.of(gateway, "reader", "{}");
      suspend(gateway, client);

      assertThat(client.delete()).isEqualTo(200);
      long deadline = System.nanoTime() + Duration.ofSeconds(10).toNanos();
      while (leaves().size() < 2) {
        assertThat(System.nanoTime()).as("deadline").isLessThan(deadline);
        LockSupport.parkNanos(Duration.ofMillis(5).toNanos());
      }
      assertEnded(leaves());
      assertThat(gateway.metrics())
          .contains("countersign_resumable_streams 0.0")
          .contains("countersign_calls_in_flight 0.0");
    }
  }

  private static void assertEnded(List<JsonNode> leaves) {
    assertThat(leaves).hasSize(2);
    JsonNode outcome = leaves.getLast();
    assertThat(outcome.path("result").asText()).isEqualTo("unknown");
    assertThat(outcome.path("side_effect").asText()).isEqualTo("unknown");
    assertThat(outcome.path("detail").asText()).isEqualTo("its session ended before its answer");
  }

  /** What is on record of the one call of a tool. */
  private List<JsonNode> leaves() throws IOException {
    List<JsonNode> found = new ArrayList<>();
    new AuditReader(folder.resolve("audit"))
        .newest(8)
        .forEach(
            leaves -> {
              if (leaves.getFirst().path("method").asText().equals(METHOD)) {
                found.addAll(leaves);
              }
            });
    return found;
  }
}

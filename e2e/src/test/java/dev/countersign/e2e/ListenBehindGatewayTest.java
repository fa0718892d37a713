// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Change events of 2026-07-28, on a stream that lasts until somebody leaves. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ListenBehindGatewayTest {
  private static final String WATCHED = "test://watched-resource";
  private static final String HIDDEN = "test://static-text";
  private static final String SUBSCRIPTION = "io.modelcontextprotocol/subscriptionId";

  private GovernedFixture governed;
  private FixtureServer server;

  @BeforeAll
  void start(@TempDir Path folder) throws Exception {
    governed =
        GovernedFixture.start(
            folder,
            """
            limits: {keep_alive: 200ms}
            policy:
              grants:
                - caller: "oidc:demo:*"
                  allow: ["fixture/echo", "resource:fixture/test://watched-resource"]
            """);
    server = governed.server();
  }

  @BeforeEach
  void forget() throws Exception {
    server.clearCalls();
  }

  @AfterAll
  void stop() throws Exception {
    governed.stop();
  }

  private EventStream listen(int id, String notifications) throws Exception {
    return new ModernWire(governed.url(), governed.token("reader"), "{}")
        .stream(id, "subscriptions/listen", "{\"notifications\":" + notifications + "}");
  }

  private static JsonNode acknowledged(EventStream stream) throws Exception {
    return PeerProcess.JSON.readTree(stream.event("{"));
  }

  @Test
  void listenerHearsWhatItMayAndAskedFor() throws Exception {
    String wanted =
        "{\"toolsListChanged\":true,\"resourceSubscriptions\":[\"%s\",\"%s\"]}"
            .formatted(WATCHED, HIDDEN);
    try (EventStream stream = listen(7, wanted)) {
      JsonNode first = acknowledged(stream);
      assertThat(first.path("method").asText())
          .isEqualTo("notifications/subscriptions/acknowledged");
      assertThat(first.toString()).contains(WATCHED).doesNotContain(HIDDEN);
      assertThat(server.calls().getLast().body()).contains(WATCHED).doesNotContain(HIDDEN);

      server.change("prompts");
      server.update(HIDDEN);
      server.change("tools");
      server.update(WATCHED);

      List<String> heard =
          List.of(stream.event("\"notifications/"), stream.event("\"notifications/"));
      assertThat(heard.getFirst()).contains("tools/list_changed");
      assertThat(heard.getLast()).contains("resources/updated", WATCHED);
      for (String event : heard) {
        assertThat(
                PeerProcess.JSON
                    .readTree(event)
                    .path("params")
                    .path("_meta")
                    .path(SUBSCRIPTION)
                    .asInt())
            .isEqualTo(7);
      }
    }
  }

  @Test
  void silentListenerIsKeptAliveAndItsEndIsTheServersToo() throws Exception {
    try (EventStream stream = listen(8, "{\"toolsListChanged\":true}")) {
      acknowledged(stream);
      stream.line(line -> line.startsWith(":"));
      server.await(open -> open.exchanges() == 1);
    }
    server.await(open -> open.exchanges() == 0);
  }
}

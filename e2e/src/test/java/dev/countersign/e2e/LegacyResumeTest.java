// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.countersign.e2e.FixtureServer.Call;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** A client of 2025-11-25 goes on where its stream ended, and nobody else does. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class LegacyResumeTest {
  private static final String VERSION = "2025-11-25";
  private static final String CALL =
      "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"tools/call\",\"params\":{"
          + "\"name\":\"test_reconnection\",\"arguments\":{}}}";

  private GovernedFixture governed;
  private FixtureServer server;
  private String owner;

  @BeforeAll
  void start(@TempDir Path folder) throws Exception {
    governed =
        GovernedFixture.start(
            folder,
            """
            policy: {grants: [{caller: "oidc:demo:*", allow: ["fixture/*"]}]}
            """);
    server = governed.server();
    owner = governed.token("reader");
  }

  @BeforeEach
  void forget() throws Exception {
    server.clearCalls();
  }

  @AfterAll
  void stop() throws Exception {
    governed.stop();
  }

  private EventStream send(String verb, String token, String body, String... more)
      throws Exception {
    return EventStream.open(verb, governed.url(), token, body, more);
  }

  /** Starts a call whose stream the server closes before its answer; the id of its only event. */
  private String interrupted(String session) throws Exception {
    try (EventStream call =
        send("POST", owner, CALL, "MCP-Protocol-Version", VERSION, "Mcp-Session-Id", session)) {
      String id = call.id();
      assertThat(String.join("\n", call.rest())).contains("retry:").doesNotContain("\"result\"");
      return id;
    }
  }

  private EventStream resume(String token, String session, String id) throws Exception {
    return send(
        "GET",
        token,
        "",
        "MCP-Protocol-Version",
        VERSION,
        "Mcp-Session-Id",
        session,
        "Last-Event-ID",
        id);
  }

  private List<Call> resumed() throws Exception {
    return server.calls().stream()
        .filter(call -> call.verb().equals("GET") && !call.header("last-event-id").isEmpty())
        .toList();
  }

  @Test
  void answerComesToTheOneWhoGoesOn() throws Exception {
    String session = Wire.session(governed.url(), owner);
    String id = interrupted(session);

    try (EventStream stream = resume(owner, session, id)) {
      assertThat(stream.event("answered after the stream was closed")).contains("\"id\":7");
    }

    assertThat(resumed()).hasSize(1);
    assertThat(resumed().getFirst().header("last-event-id"))
        .as("the server's own ids stay behind the gateway")
        .doesNotContain(id);
  }

  @Test
  void eventIdIsGoodForItsCallerAndSessionOnly() throws Exception {
    String session = Wire.session(governed.url(), owner);
    String id = interrupted(session);
    String thief = governed.token("other");
    char last = id.charAt(id.length() - 1);
    String altered = id.substring(0, id.length() - 1) + (last == 'A' ? 'B' : 'A');

    refused(thief, session, id);
    refused(thief, Wire.session(governed.url(), thief), id);
    refused(owner, Wire.session(governed.url(), owner), id);
    refused(owner, session, altered);
    refused(owner, session, "made-up");

    assertThat(resumed()).isEmpty();
    try (EventStream stream = resume(owner, session, id)) {
      stream.event("answered after the stream was closed");
    }
  }

  private void refused(String token, String session, String id) throws Exception {
    try (EventStream stream = resume(token, session, id)) {
      assertThat(stream.status()).isIn(400, 404);
    }
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Streams as a client sees them: when something comes, and to whom. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class StreamsBehindGatewayTest {
  private static final String MODERN = "2026-07-28";
  private static final String LEGACY = "2025-11-25";

  private GovernedFixture governed;
  private FixtureServer server;

  @BeforeAll
  void start(@TempDir Path folder) throws Exception {
    governed =
        GovernedFixture.start(
            folder,
            """
            limits: {keep_alive: 200ms}
            policy: {grants: [{caller: "oidc:demo:*", allow: ["fixture/*"]}]}
            """);
    server = governed.server();
  }

  @BeforeEach
  void forget() throws Exception {
    server.clearCalls();
  }

  @AfterEach
  void letGo() throws Exception {
    server.release();
    server.await(open -> open.running() == 0);
  }

  @AfterAll
  void stop() throws Exception {
    governed.stop();
  }

  /** A call of {@code hold} with that id, which has said that it runs. */
  private EventStream hold(String version, String token, String session, int id) throws Exception {
    return version.equals(MODERN)
        ? EventStream.open(
            "POST",
            governed.url(),
            token,
            """
            {"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"hold","arguments":{},
             "_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",
                      "io.modelcontextprotocol/clientCapabilities":{},"progressToken":"p%1$d"}}}\
            """
                .formatted(id),
            "MCP-Protocol-Version",
            MODERN,
            "Mcp-Method",
            "tools/call",
            "Mcp-Name",
            "hold")
        : EventStream.open(
            "POST",
            governed.url(),
            token,
            """
            {"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"hold","arguments":{},
             "_meta":{"progressToken":"p%1$d"}}}\
            """
                .formatted(id),
            "MCP-Protocol-Version",
            LEGACY,
            "Mcp-Session-Id",
            session);
  }

  private String session(String version, String token) throws Exception {
    return version.equals(MODERN) ? "" : Wire.session(governed.url(), token);
  }

  private EventStream get(String token, String session) throws Exception {
    return EventStream.open(
        "GET",
        governed.url(),
        token,
        "",
        "MCP-Protocol-Version",
        LEGACY,
        "Mcp-Session-Id",
        session);
  }

  private HttpResponse<String> post(String token, String session, String message)
      throws IOException, InterruptedException {
    return Wire.post(
        governed.url(), token, message, "MCP-Protocol-Version", LEGACY, "Mcp-Session-Id", session);
  }

  @ParameterizedTest
  @ValueSource(strings = {MODERN, LEGACY})
  void eventIsThereWhileItsCallStillRuns(String version) throws Exception {
    String token = governed.token("reader");
    try (EventStream call = hold(version, token, session(version, token), 7)) {
      assertThat(call.event("notifications/progress")).contains("\"p7\"");
      assertThat(server.open().running()).isEqualTo(1);

      server.release();

      assertThat(call.event("let go")).contains("\"id\":7");
      call.rest();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {MODERN, LEGACY})
  void silentCallIsKeptAlive(String version) throws Exception {
    String token = governed.token("reader");
    try (EventStream call = hold(version, token, session(version, token), 7)) {
      call.event("notifications/progress");
      for (int i = 0; i < 2; i++) {
        assertThat(call.line(line -> line.startsWith(":"))).startsWith(":");
      }
    }
  }

  @Test
  void silentStreamIsKeptAliveAndDeliversWhatBelongsToNoRequest() throws Exception {
    String token = governed.token("reader");
    try (EventStream stream = get(token, session(LEGACY, token))) {
      assertThat(stream.status()).isEqualTo(200);
      stream.line(line -> line.startsWith(":"));
      server.await(open -> open.streams() == 1);

      server.change("tools");

      stream.event("notifications/tools/list_changed");
    }
    server.await(open -> open.streams() == 0);
  }

  @Test
  void goneClientCancelsItsModernCallAndNoOther() throws Exception {
    String token = governed.token("reader");
    int before = server.open().cancelled();
    try (EventStream stays = hold(MODERN, token, "", 7)) {
      stays.event("notifications/progress");
      try (EventStream goes = hold(MODERN, token, "", 7)) {
        goes.event("notifications/progress");
        server.await(open -> open.running() == 2);
      }

      server.await(open -> open.running() == 1 && open.cancelled() == before + 1);

      server.release();
      stays.event("let go");
    }
  }

  @Test
  void nobodyCancelsTheCallOfAnother() throws Exception {
    String owner = governed.token("reader");
    String session = session(LEGACY, owner);
    String thief = governed.token("other");
    String cancel =
        "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/cancelled\",\"params\":{\"requestId\":7}}";
    try (EventStream call = hold(LEGACY, owner, session, 7)) {
      call.event("notifications/progress");

      assertThat(post(thief, session, cancel).statusCode()).isEqualTo(404);
      assertThat(post(thief, session(LEGACY, thief), cancel).statusCode()).isEqualTo(202);
      assertThat(post(owner, session(LEGACY, owner), cancel).statusCode()).isEqualTo(202);

      assertThat(server.calls()).noneMatch(seen -> seen.method().equals("notifications/cancelled"));
      server.release();
      call.event("let go");
    }
  }
}

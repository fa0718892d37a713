// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a stream keeps of the request that opened it, while nothing is said on it. */
final class IdleStreamTest {
  private static final String LEGACY = "2025-11-25";
  private static final int WARMING = 10;
  private static final int STREAMS = 200;

  /** The server is asked with two of the gateway's own: revision and session. */
  private static final long HEADERS = 2;

  private static final String HEADER = "dev.countersign.gateway.http.Header";

  /** As {@code docs/memory.md} says; what is measured is well below it. */
  private static final long BYTES_MAX = 8 << 10;

  @Test
  void anIdleStreamKeepsNoHeadersAndLittleElse(@TempDir Path folder) throws Exception {
    GovernedFixture governed =
        GovernedFixture.start(
            folder,
            """
            limits: {keep_alive: 10m, stream_idle: 1h}
            policy: {grants: [{caller: "oidc:demo:*", allow: ["fixture/*"]}]}
            """);
    List<EventStream> streams = new ArrayList<>();
    try {
      String token = governed.token("reader");
      List<String> sessions = new ArrayList<>();
      for (int i = 0; i < WARMING + STREAMS; i++) {
        sessions.add(Wire.session(governed.url(), token));
      }
      open(governed, token, sessions.subList(0, WARMING), streams);
      LiveMemory before = governed.gateway().liveMemory();

      open(governed, token, sessions.subList(WARMING, sessions.size()), streams);

      LiveMemory after = governed.gateway().liveMemory();
      assertThat(after.instances(HEADER) - before.instances(HEADER))
          .as("header lines that %d streams keep", STREAMS)
          .isLessThanOrEqualTo(HEADERS * STREAMS);
      assertThat((after.bytes() - before.bytes()) / STREAMS)
          .as("what grew most:\n%s", after.minus(before))
          .isLessThan(BYTES_MAX);
    } finally {
      for (EventStream stream : streams) {
        stream.close();
      }
      governed.stop();
    }
  }

  private static void open(
      GovernedFixture governed, String token, List<String> sessions, List<EventStream> streams)
      throws Exception {
    for (String session : sessions) {
      EventStream stream =
          EventStream.open(
              "GET",
              governed.url(),
              token,
              "",
              "MCP-Protocol-Version",
              LEGACY,
              "Mcp-Session-Id",
              session);
      assertThat(stream.status()).isEqualTo(200);
      streams.add(stream);
    }
    int open = streams.size();
    governed.server().await(held -> held.streams() == open);
  }
}

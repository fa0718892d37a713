// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.countersign.audit.AuditReader;
import dev.countersign.audit.AuditVerifier;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Signals that come while a gateway starts: it waits for the keys of an issuer that is silent. */
final class SignalsTest {
  private static final int SIGTERM = 15;
  private static final Duration DEADLINE = Duration.ofSeconds(20);

  @TempDir private Path folder;

  private static ServerSocket silent() throws IOException {
    return new ServerSocket(0, 16, InetAddress.ofLiteral("127.0.0.1"));
  }

  private CliProcess start(ServerSocket issuer) throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("gateway.yaml"),
            """
            listen: {address: "127.0.0.1:0", drain: 0s, event_loops: 1}
            identity: {issuers: [{name: idp, issuer: "http://127.0.0.1:%d"}]}
            servers: {notes: {url: "http://127.0.0.1:9/mcp"}}
            policy: {grants: [{caller: "oidc:idp:*", allow: ["notes/read_*"]}]}
            audit: {directory: audit}
            admin: {address: "127.0.0.1:0"}
            """
                .formatted(issuer.getLocalPort()));
    return CliProcess.start(folder, "run", "--config", file.toString());
  }

  /** Sends a signal while keys are awaited: the log is open by then, and the start not over. */
  private static void signal(String name, CliProcess gateway, ServerSocket issuer)
      throws Exception {
    try (Socket asking = issuer.accept()) {
      gateway.signal(name);
      assertThat(asking.isConnected()).isTrue();
    }
    issuer.close();
  }

  private List<String> events() throws IOException {
    List<String> events = new ArrayList<>();
    new AuditReader(folder.resolve("audit"))
        .forEach(leaf -> events.add(leaf.path("event").asText("")));
    return events;
  }

  @Test
  void endDuringTheStartClosesWhatWasOpened() throws Exception {
    try (ServerSocket issuer = silent();
        CliProcess gateway = start(issuer)) {
      signal("TERM", gateway, issuer);
      assertThat(gateway.exit()).as(gateway.said()).isEqualTo(128 + SIGTERM);
    }
    assertThat(events()).endsWith("stopped");
    assertThat(AuditVerifier.verify(folder.resolve("audit")).findings()).isEmpty();
  }

  @Test
  void hangUpDuringTheStartIsRememberedAndTheStartSaysWhereEverythingIs() throws Exception {
    try (ServerSocket issuer = silent();
        CliProcess gateway = start(issuer)) {
      signal("HUP", gateway, issuer);

      String listening = gateway.line();
      assertThat(listening).matches("listening on 127\\.0\\.0\\.1:[0-9]+");
      assertThat(gateway.line())
          .isEqualTo("public URL http://" + listening.substring("listening on ".length()));
      assertThat(gateway.line()).isEqualTo("/notes/mcp -> http://127.0.0.1:9/mcp");
      assertThat(gateway.line()).matches("admin on http://127\\.0\\.0\\.1:[0-9]+");
      long end = System.nanoTime() + DEADLINE.toNanos();
      while (!gateway.said().contains("\"message\":\"settings unchanged\"")) {
        assertThat(System.nanoTime()).as(gateway.said()).isLessThan(end);
        Thread.onSpinWait();
      }
      for (String line : gateway.said().lines().toList()) {
        JsonNode event = new ObjectMapper().readTree(line);
        assertThat(event.path("ts").asText()).as(line).isNotEmpty();
        assertThat(event.path("warning").asText()).doesNotStartWith("warning");
      }
      gateway.signal("TERM");
      assertThat(gateway.exit()).as(gateway.said()).isEqualTo(128 + SIGTERM);
    }
    assertThat(events()).endsWith("stopped");
  }
}

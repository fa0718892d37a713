// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpRequest;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A program that was started for a session that never was. */
@Timeout(60)
final class StdioOpeningTest {
  private static final String INITIALIZE =
      "{\"jsonrpc\":\"2.0\",\"id\":0,\"method\":\"initialize\",\"params\":{\"protocolVersion\":"
          + "\"2025-11-25\",\"capabilities\":{},\"clientInfo\":{\"name\":\"t\",\"version\":\"1\"}}}";
  private static final String SCRIPT =
      "read line; echo '{\\\"jsonrpc\\\":\\\"2.0\\\",\\\"id\\\":1,\\\"result\\\":"
          + "{\\\"protocolVersion\\\":\\\"1999-01-01\\\",\\\"capabilities\\\":{},"
          + "\\\"serverInfo\\\":{\\\"name\\\":\\\"s\\\",\\\"version\\\":\\\"1\\\"}}}'; cat";

  @TempDir private Path folder;

  @Test
  void programIsEndedWhoseFirstAnswerCannotBeServed() throws Exception {
    try (WireGateway gateway =
        new WireGateway(
            folder,
            "{command: [sh, -c, \"" + SCRIPT + "\"]}",
            List.of("{caller: \"oidc:demo:*\", allow: [\"docs/*\"]}"))) {
      String body =
          gateway
              .send(
                  gateway
                      .as("reader")
                      .POST(HttpRequest.BodyPublishers.ofString(INITIALIZE))
                      .build())
              .body();
      assertThat(body).contains("upstream_bad_reply");
      long deadline = System.nanoTime() + Duration.ofSeconds(20).toNanos();
      while (!gateway.metrics().contains("countersign_stdio_processes 0.0")) {
        assertThat(System.nanoTime()).isLessThan(deadline);
      }
    }
  }
}

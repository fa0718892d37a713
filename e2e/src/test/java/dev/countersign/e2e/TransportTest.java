// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.countersign.cli.demo.DemoIssuer;
import dev.countersign.cli.demo.DemoToolServer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The native transport, and what takes its place where its library does not load. */
final class TransportTest {
  @ParameterizedTest(name = "{0}")
  @CsvSource({"epoll, false", "nio, true"})
  void servesCallsOverEither(String transport, boolean noNative, @TempDir Path folder)
      throws Exception {
    try (DemoIssuer issuer = new DemoIssuer();
        DemoToolServer server = new DemoToolServer();
        GatewayProcess gateway =
            GatewayProcess.start(
                folder,
                """
                node: e2e
                listen: {address: "127.0.0.1:0", drain: 1s, event_loops: 2}
                identity: {issuers: [{name: demo, issuer: "%s"}]}
                servers: {notes: {url: "%s"}}
                policy: {grants: [{caller: "oidc:demo:reader", allow: ["notes/read_*"]}]}
                audit: {directory: audit}
                admin: {address: "127.0.0.1:0"}
                """
                    .formatted(issuer.issuer(), server.url()),
                Map.of("JAVA_TOOL_OPTIONS", "-Dio.netty.transport.noNative=" + noNative),
                List.of())) {
      assertThat(gateway.admin("/revision").body()).contains("\"transport\":\"" + transport + "\"");
      String token = issuer.token("reader", gateway.url(), Duration.ofMinutes(5));
      assertThat(
              Wire.call(
                      gateway.url(),
                      token,
                      "read_note",
                      Wire.modernCall("read_note", "{\"id\":\"1\"}"))
                  .body())
          .contains("Buy milk.");
      gateway.stop();
    }
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.countersign.audit.AuditVerifier;
import dev.countersign.cli.demo.DemoIssuer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A gateway that is killed cannot end its programs; they see the end of their input. */
final class StdioAfterKillTest {
  private static final Pattern PID = Pattern.compile("\"text\":\"(\\d+)\"");

  @Test
  void programEndsWithAKilledGatewayAndTheNextOneStartsItsOwn(@TempDir Path folder)
      throws Exception {
    NodePeers.installed();
    try (DemoIssuer issuer = new DemoIssuer()) {
      String settings =
          """
          node: e2e
          listen: {address: "127.0.0.1:0", drain: 1s, event_loops: 2}
          identity: {issuers: [{name: demo, issuer: "%1$s"}]}
          servers:
            all: {command: [node, %2$s/stdio-server.mjs], env: {SEEN: %3$s/all}, sharing: shared}
          policy: {grants: [{caller: "oidc:demo:**", allow: ["all/**"]}]}
          audit: {directory: audit}
          admin: {address: "127.0.0.1:0"}
          """
              .formatted(issuer.issuer(), Tree.ROOT.resolve("e2e/peers"), folder);
      String before;
      try (GatewayProcess killed = GatewayProcess.start(folder, settings)) {
        before = pid(killed, issuer);
        assertThat(StdioSeen.runs(before)).isTrue();
        killed.kill();
        Await.until("the program's end", () -> !StdioSeen.runs(before));
      }
      try (GatewayProcess next = GatewayProcess.start(folder, settings)) {
        assertThat(pid(next, issuer)).isNotEqualTo(before);
        assertThat(next.stop()).isEqualTo(GatewayProcess.STOPPED);
        assertThat(AuditVerifier.verify(next.audit()).findings()).isEmpty();
      }
    }
  }

  private static String pid(GatewayProcess gateway, DemoIssuer issuer) throws Exception {
    String url = gateway.url("all");
    String body =
        Wire.call(
                url,
                issuer.token("reader", url, Duration.ofMinutes(5)),
                "pid",
                Wire.modernCall("pid", "{}"))
            .body();
    Matcher found = PID.matcher(body);
    assertThat(found.find()).as(body).isTrue();
    return found.group(1);
  }
}

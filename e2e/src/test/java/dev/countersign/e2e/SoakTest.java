// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.management.UnixOperatingSystemMXBean;
import dev.countersign.audit.AuditVerifier;
import dev.countersign.cli.demo.DemoIssuer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A thousand open streams and ten thousand calls, with clients and servers that leave anywhere;
 * afterwards nothing of them may be left but their records.
 *
 * <p>{@code -Dcountersign.soak.seed=N} runs the calls of an earlier run again.
 */
@Tag("soak")
final class SoakTest {
  private static final int WARM_CALLS = 2_000;
  private static final int WARM_STREAMS = 200;
  private static final int CALLS = 10_000;
  private static final int STREAMS = 1_000;
  private static final int LAST_CALLS = 100;

  private static final int FILES_NEEDED = 4_096;

  /** What tables may still grow by, once all kinds of calls were seen; 40 bytes for each call. */
  private static final long MEMORY_MARGIN_BYTES = 400_000;

  @BeforeEach
  void enoughFilesMayBeOpen() {
    assertThat(ManagementFactory.getOperatingSystemMXBean())
        .isInstanceOfSatisfying(
            UnixOperatingSystemMXBean.class,
            system ->
                assertThat(system.getMaxFileDescriptorCount())
                    .as("files that a process may open (ulimit -n)")
                    .isGreaterThanOrEqualTo(FILES_NEEDED));
  }

  @Test
  @Timeout(value = 12, unit = TimeUnit.MINUTES)
  void nothingIsLeftOfCallsAndStreamsThatWereCutAnywhere(@TempDir Path folder) throws Exception {
    long seed = Long.getLong("countersign.soak.seed", System.nanoTime() & 0xffffff);
    System.out.println("countersign.soak.seed=" + seed);
    try (DemoIssuer issuer = new DemoIssuer();
        SoakServer server = new SoakServer();
        GatewayProcess gateway = GatewayProcess.start(folder, settings(issuer, server))) {
      SoakLoad load = new SoakLoad(gateway, issuer, server, seed);
      load.run(0, WARM_CALLS, WARM_STREAMS);
      load.awaitQuiet();
      LiveMemory before = gateway.liveMemory();

      load.run(WARM_CALLS, CALLS, STREAMS);
      load.awaitQuiet();

      assertThat(load.faults())
          .as(
              () ->
                  "faults with seed " + seed + ", and what the gateway said:\n" + warnings(gateway))
          .isEmpty();
      LiveMemory after = gateway.liveMemory();
      System.out.println(load + ", live bytes " + before.bytes() + " then " + after.bytes());
      assertThat(after.bytes() - before.bytes())
          .as(() -> "bytes more than at first, with seed " + seed + ":\n" + after.minus(before))
          .isLessThan(MEMORY_MARGIN_BYTES);
      // Lost buffers that the last collection found are reported when others are made.
      load.run(WARM_CALLS + CALLS, LAST_CALLS, 0);
      load.awaitQuiet();
      assertThat(gateway.stop()).isEqualTo(GatewayProcess.STOPPED);
      everyCallIsOnRecord(gateway, server);
    }
  }

  /** A line of the log without what differs from call to call. */
  private static String cause(String line) {
    return line.replaceAll("\"(ts|call)\":\"[^\"]*\",?", "");
  }

  /** What broke at the server without having been cut there, as far as the gateway knows. */
  private static String warnings(GatewayProcess gateway) {
    try {
      return gateway
          .said()
          .lines()
          .filter(line -> line.contains("WARN") || line.contains("ERROR"))
          .collect(Collectors.groupingBy(SoakTest::cause))
          .values()
          .stream()
          .map(lines -> lines.size() + " times: " + lines.getLast())
          .collect(Collectors.joining("\n"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String settings(DemoIssuer issuer, SoakServer server) {
    return """
    node: soak
    listen: {address: "127.0.0.1:0", drain: 5s, event_loops: 2, http2_cleartext: true}
    limits: {calls_per_caller: 1000, upstream_connections: 2000, keep_alive: 5s, upstream_head: 2m, connection_idle: 10s, upstream_idle: 2s}
    identity: {issuers: [{name: demo, issuer: "%s"}]}
    servers: {notes: {url: "%s", effects: {"read_*": read}}}
    policy: {grants: [{caller: "oidc:demo:*", allow: ["notes/*", "elicitation:notes/form"]}]}
    audit: {directory: audit}
    admin: {address: "127.0.0.1:0"}
    """
        .formatted(issuer.issuer(), server.url());
  }

  private static void everyCallIsOnRecord(GatewayProcess gateway, SoakServer server)
      throws Exception {
    assertThat(AuditVerifier.verify(gateway.audit()).findings()).isEmpty();
    Map<String, Integer> outcomes = new HashMap<>();
    for (JsonNode outcome : gateway.records().all("outcome")) {
      outcomes.merge(outcome.path("call_id").asText(), 1, Integer::sum);
    }
    Set<String> digests = new HashSet<>();
    for (JsonNode decision : gateway.records().all("decision")) {
      digests.add(decision.path("body_digest").asText());
      if (decision.path("outcome_expected").asBoolean()) {
        assertThat(outcomes).containsEntry(decision.path("call_id").asText(), 1);
      }
    }
    for (String body : server.calls.values()) {
      assertThat(digests).contains(digest(body));
    }
    assertThat(server.calls).hasSizeGreaterThan(CALLS / 2);
  }

  private static String digest(String body) throws Exception {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    return "sha256:" + HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
  }
}

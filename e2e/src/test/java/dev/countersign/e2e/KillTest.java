// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.countersign.audit.AuditReader;
import dev.countersign.audit.AuditVerifier;
import dev.countersign.audit.VerifyReport;
import dev.countersign.cli.demo.DemoIssuer;
import dev.countersign.cli.demo.DemoToolServer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** However the gateway dies, no call reached the server without its record. */
final class KillTest {
  private static final int LOGS = 2;
  private static final int KILLS_OF_EACH = 10;
  private static final int CALLERS = 4;
  private static final int CALLS_BEFORE_KILL = 12;

  @Test
  void everyCallTheServerSawHasItsDecisionAfterTwentyKills(@TempDir Path folder) throws Exception {
    try (DemoIssuer issuer = new DemoIssuer();
        ExecutorService logs = Executors.newFixedThreadPool(LOGS)) {
      // A start keeps one processor busy, so two logs take the time of one.
      List<Callable<Void>> work = new ArrayList<>();
      for (int i = 0; i < LOGS; i++) {
        Path own = Files.createDirectory(folder.resolve("node-" + i));
        work.add(
            () -> {
              killAgainAndAgain(own, issuer);
              return null;
            });
      }
      for (Future<Void> done : logs.invokeAll(work)) {
        done.get();
      }
    }
  }

  private static void killAgainAndAgain(Path folder, DemoIssuer issuer) throws Exception {
    try (DemoToolServer server = new DemoToolServer()) {
      AtomicInteger note = new AtomicInteger();
      for (int i = 0; i < KILLS_OF_EACH; i++) {
        try (GatewayProcess gateway = GatewayProcess.start(folder, issuer, server.url(), 0)) {
          loadAndKill(gateway, issuer, note);
        }
      }
      try (GatewayProcess last = GatewayProcess.start(folder, issuer, server.url(), 0)) {
        last.stop();
      }
      Set<String> recorded = new HashSet<>();
      new AuditReader(folder.resolve("audit"))
          .forEach(leaf -> recorded.add(leaf.path("body_digest").asText()));
      for (DemoToolServer.Seen seen : server.seen()) {
        assertThat(recorded).contains(digest(seen.body()));
      }
      VerifyReport report = AuditVerifier.verify(folder.resolve("audit"));
      assertThat(report.findings()).isEmpty();
      assertThat(server.seen()).hasSizeGreaterThan(KILLS_OF_EACH * CALLS_BEFORE_KILL / 2);
    }
  }

  private static void loadAndKill(GatewayProcess gateway, DemoIssuer issuer, AtomicInteger note)
      throws InterruptedException {
    String token = issuer.token("writer", gateway.url(), Duration.ofHours(1));
    CountDownLatch enough = new CountDownLatch(CALLS_BEFORE_KILL);
    Thread[] callers = new Thread[CALLERS];
    for (int i = 0; i < CALLERS; i++) {
      callers[i] =
          Thread.ofPlatform()
              .start(
                  () -> {
                    try {
                      while (true) {
                        String body =
                            Wire.modernCall(
                                "create_note", "{\"text\":\"" + note.incrementAndGet() + "\"}");
                        Wire.call(gateway.url(), token, "create_note", body);
                        enough.countDown();
                      }
                    } catch (IOException e) {
                      enough.countDown(); // the gateway is gone, which is the point
                    } catch (InterruptedException e) {
                      Thread.currentThread().interrupt();
                    }
                  });
    }
    enough.await();
    gateway.kill();
    for (Thread caller : callers) {
      caller.join();
    }
  }

  private static String digest(String body) throws NoSuchAlgorithmException {
    return "sha256:"
        + HexFormat.of()
            .formatHex(
                MessageDigest.getInstance("SHA-256").digest(body.getBytes(StandardCharsets.UTF_8)));
  }
}

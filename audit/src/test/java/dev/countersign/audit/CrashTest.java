// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.audit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Other processes write the log and are killed. */
class CrashTest {
  private static final int KILLS = 5;

  @TempDir private Path directory;

  /** Appends as fast as it can, and prints what it was told is durable: number, hash and call. */
  static final class Appender {
    private Appender() {}

    public static void main(String[] arguments) throws Exception {
      Path directory = Path.of(arguments[0]);
      PrintStream out = new PrintStream(System.out, true, UTF_8);
      try (AuditLog log =
          AuditLog.open(Leaves.settings(directory), InstantSource.system(), AuditObserver.NONE)) {
        out.println("open");
        for (long i = 0; ; i++) {
          String call = arguments[1] + "-" + i;
          log.append(Leaves.permit(call))
              .durable()
              .thenAccept(at -> out.println(at.seq() + " " + at.hash() + " " + call));
          if (i % 2 == 0) {
            log.append(Leaves.outcome(call));
          }
          while (log.queued() > 200) {
            Thread.onSpinWait();
          }
        }
      } catch (IOException e) {
        out.println(e.getMessage());
        System.exit(1);
      }
    }
  }

  private Process start(int round) throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Xmx128m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-cp",
            System.getProperty("java.class.path"),
            Appender.class.getName(),
            directory.toString(),
            "k" + round)
        .redirectError(ProcessBuilder.Redirect.INHERIT)
        .start();
  }

  @Test
  @Timeout(120)
  void losesNothingThatWasAcknowledgedHoweverOftenItIsKilled() throws Exception {
    Random random = new Random(7);
    Map<Long, String> acknowledged = new HashMap<>();
    List<LeafPosition> positions = new ArrayList<>();
    for (int round = 0; round < KILLS; round++) {
      Process process = start(round);
      try (BufferedReader reader = process.inputReader(UTF_8)) {
        assertThat(reader.readLine()).isEqualTo("open");
        int enough = 500 + random.nextInt(5000);
        String line;
        for (int i = 0; (line = reader.readLine()) != null; i++) {
          if (i == enough) {
            process.toHandle().destroyForcibly();
          }
          String[] parts = line.split(" ", -1);
          // The last line may have been cut by the kill.
          if (parts.length == 3 && parts[1].length() == 64 && i <= enough) {
            acknowledged.put(Long.parseLong(parts[0]), parts[2]);
            positions.add(new LeafPosition(Long.parseLong(parts[0]), parts[1]));
          }
        }
      } finally {
        process.toHandle().destroyForcibly();
      }
      assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();

      Leaves.open(directory).close();
      VerifyReport report = AuditVerifier.verify(directory, positions);
      assertThat(report.findings()).isEmpty();
      assertThat(report.unknownOutcomes()).isPositive();
    }
    Map<Long, String> found = new HashMap<>();
    for (JsonNode leaf : Leaves.read(directory)) {
      if (leaf.path("kind").asText().equals("decision")) {
        found.put(leaf.path("seq").asLong(), leaf.path("call_id").asText());
      }
    }
    assertThat(acknowledged).hasSizeGreaterThan(KILLS * 500);
    assertThat(found).containsAllEntriesOf(acknowledged);
  }

  @Test
  @Timeout(60)
  void refusesALogThatAnotherProcessWrites() throws Exception {
    Process process = start(0);
    try (BufferedReader reader = process.inputReader(UTF_8)) {
      assertThat(reader.readLine()).isEqualTo("open");
      assertThatThrownBy(() -> Leaves.open(directory))
          .hasMessageStartingWith("the audit log is in use by another process");
      assertThat(AuditVerifier.verify(directory).live()).isTrue();
    } finally {
      process.toHandle().destroyForcibly();
      process.waitFor(20, TimeUnit.SECONDS);
    }
    assertThat(AuditVerifier.verify(directory).live()).isFalse();
  }

  @Test
  @Timeout(60)
  void keepsItsLockWhileTheSameProcessVerifiesIt() throws Exception {
    try (AuditLog log = Leaves.open(directory)) {
      assertThatThrownBy(() -> Leaves.open(directory))
          .hasMessageStartingWith("the audit log is in use by this process");
      assertThatThrownBy(() -> Leaves.open(directory.resolve("../" + directory.getFileName())))
          .hasMessageStartingWith("the audit log is in use by this process");
      assertThat(AuditVerifier.verify(directory).live()).isTrue();
      Process process = start(0);
      try (BufferedReader reader = process.inputReader(UTF_8)) {
        assertThat(reader.readLine()).startsWith("the audit log is in use by another process");
        assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).isNotZero();
      } finally {
        process.toHandle().destroyForcibly();
      }
      Leaves.durably(log, Leaves.refusal("still here"));
    }
    assertThat(AuditVerifier.verify(directory).live()).isFalse();
  }
}

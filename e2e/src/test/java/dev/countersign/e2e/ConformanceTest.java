// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The protocol's own conformance suite against the fixture server, directly and through the
 * gateway: nothing that a client can rely on there may be lost here.
 *
 * <p>Each side has a server of its own, so that what one run changes is no news for another.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ConformanceTest {
  /** Oldest first: the newest has the shortest time limits, and comes to a gateway that is warm. */
  private static final Map<String, List<String>> RUNS =
      new TreeMap<>(
          Map.of(
              "2025-03-26", List.of("--suite", "all", "--spec-version", "2025-03-26"),
              "2025-06-18", List.of("--suite", "all", "--spec-version", "2025-06-18"),
              "2025-11-25", List.of("--requirements", "2025-11-25"),
              "2026-07-28", List.of("--requirements", "2026-07-28")));

  /** What a server of 2026-07-28 can be to clients of older revisions. */
  private static final Map<String, List<String>> BRIDGED =
      new TreeMap<>(
          Map.of(
              "2025-06-18", List.of("--suite", "all", "--spec-version", "2025-06-18"),
              "2025-11-25", List.of("--requirements", "2025-11-25")));

  private final Map<String, ConformanceSuite> direct = new ConcurrentHashMap<>();
  private final Map<String, ConformanceSuite> through = new ConcurrentHashMap<>();
  private final Map<String, ConformanceSuite> bridged = new ConcurrentHashMap<>();

  @BeforeAll
  void run(@TempDir Path folder) throws Exception {
    try (ExecutorService sideBySide = Executors.newFixedThreadPool(2)) {
      Future<?> one = sideBySide.submit(() -> direct(folder.resolve("direct")));
      Future<?> two =
          sideBySide.submit(
              () -> {
                through(through, RUNS, "any", Files.createDirectory(folder.resolve("through")));
                through(
                    bridged, BRIDGED, "bridged", Files.createDirectory(folder.resolve("bridged")));
                return null;
              });
      one.get();
      two.get();
    }
  }

  private Void direct(Path folder) throws IOException, InterruptedException {
    try (FixtureServer server = FixtureServer.start()) {
      each(direct, RUNS, server.url(), folder);
    }
    return null;
  }

  private static void through(
      Map<String, ConformanceSuite> runs,
      Map<String, List<String>> revisions,
      String era,
      Path folder)
      throws IOException, InterruptedException {
    try (Forwarder forwarder = Forwarder.start();
        GovernedFixture governed =
            GovernedFixture.start(folder, settings(forwarder.authority(), era))) {
      forwarder.to(governed.url(), governed.token("suite"));
      each(runs, revisions, forwarder.url(), folder.resolve("runs"));
      governed.stop();
    }
  }

  private static void each(
      Map<String, ConformanceSuite> runs,
      Map<String, List<String>> revisions,
      String url,
      Path folder)
      throws IOException, InterruptedException {
    for (Map.Entry<String, List<String>> run : revisions.entrySet()) {
      Path out = Files.createDirectories(folder.resolve(run.getKey()));
      runs.put(
          run.getKey(), ConformanceSuite.ofServer(url, out, run.getValue().toArray(String[]::new)));
    }
  }

  /** What the suite needs, and nothing that is not the fixture's. */
  private static String settings(String authority, String era) {
    return """
    servers: {fixture: {url: "FIXTURE", era: %2$s}}
    listen:
      address: "127.0.0.1:0"
      drain: 1s
      event_loops: 2
      allowed_hosts: ["%1$s"]
      allowed_origins: ["http://%1$s"]
    policy:
      grants:
        - caller: "oidc:demo:suite"
          allow: ["fixture/*", "prompt:fixture/**", "resource:fixture/**", "sampling:fixture/createMessage",
                  "elicitation:fixture/**", "roots:fixture/list", "task:fixture/*"]
    """
        .formatted(authority, era);
  }

  @ParameterizedTest
  @CsvSource({
    "2026-07-28, 50, 164",
    "2025-11-25, 33, 84",
    "2025-06-18, 27, 56",
    "2025-03-26, 1, 3",
  })
  void fixtureReachesTheFloorByItself(String revision, int scenarios, int checks) {
    ConformanceSuite run = Objects.requireNonNull(direct.get(revision));

    assertThat(run.unwell()).as(run.said()).isEmpty();
    assertThat(run.scenarioCount()).isGreaterThanOrEqualTo(scenarios);
    assertThat(run.wellCount()).isGreaterThanOrEqualTo(checks);
  }

  @ParameterizedTest
  @ValueSource(strings = {"2025-11-25", "2025-06-18", "2025-03-26"})
  void nothingIsLostThroughTheGateway(String revision) {
    assertThat(lost(revision)).isEmpty();
  }

  /**
   * One scenario sends answers that no question came before, and likes a server to take them. The
   * gateway takes them away, since they could be forged, and the server asks; the suite warns of
   * that and does not fail. Nothing else is lost, and no more than a warning.
   */
  @Test
  void nothingIsLostOfTheModernEraButAnswersThatNobodyAskedFor() {
    assertThat(lost("2026-07-28"))
        .singleElement(InstanceOfAssertFactories.STRING)
        .startsWith(
            "input-required-result-ignore-extra-params / sep-2322-ignore-unexpected-params: well 1"
                + " times, now 0")
        .contains("WARNING")
        .doesNotContain("FAILURE");
  }

  @Test
  void nothingIsLostThroughTheBridge() {
    assertThat(lost(bridged, "2025-06-18")).isEmpty();
  }

  /**
   * Streams that can be gone on with, and servers that end theirs to be asked again, do not exist
   * in 2026-07-28; they are options of 2025-11-25, and the suite fails nobody for going without.
   */
  @Test
  void nothingIsLostThroughTheBridgeButWhatModernServersCannotDo() {
    assertThat(lost(bridged, "2025-11-25"))
        .allSatisfy(check -> assertThat(check).doesNotContain("FAILURE", "WARNING"))
        .extracting(check -> check.substring(0, check.indexOf(':')))
        .containsExactlyInAnyOrder(
            "server-sse-multiple-streams / server-sse-streams-functional",
            "server-sse-polling / server-sse-disconnect-resume",
            "server-sse-polling / server-sse-priming-event",
            "server-sse-polling / server-sse-retry-field");
  }

  private List<String> lost(String revision) {
    return lost(through, revision);
  }

  private List<String> lost(Map<String, ConformanceSuite> runs, String revision) {
    ConformanceSuite run = Objects.requireNonNull(runs.get(revision));
    return run.lostFrom(Objects.requireNonNull(direct.get(revision)));
  }
}

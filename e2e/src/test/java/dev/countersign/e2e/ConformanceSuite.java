// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.e2e;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What one run of the npm package {@code @modelcontextprotocol/conformance} found, check by check.
 *
 * @param checks all of them, of whatever status
 * @param said the suite's own report
 */
record ConformanceSuite(List<Check> checks, String said) {
  private static final String PROGRAM = "@modelcontextprotocol/conformance/dist/index.js";
  private static final Duration TIME = Duration.ofMinutes(3);
  private static final int DETAILS_MAX = 600;

  ConformanceSuite {
    checks = List.copyOf(checks);
  }

  /**
   * One check of a scenario; a scenario may have several of one id.
   *
   * @param status {@code SUCCESS, FAILURE, WARNING, SKIPPED, INFO}
   * @param error why not; empty if well
   * @param details what was seen, as JSON
   */
  record Check(String scenario, String id, String status, String error, String details) {
    boolean isWell() {
      return status.equals("SUCCESS");
    }

    private String name() {
      return scenario + " / " + id;
    }

    private String report() {
      String seen = details.length() > DETAILS_MAX ? details.substring(0, DETAILS_MAX) : details;
      return "%s %s: %s %s".formatted(status, id, error, seen);
    }
  }

  /** Tests a server; {@code which} chooses scenarios in the suite's own words. */
  static ConformanceSuite ofServer(String url, Path folder, String... which)
      throws IOException, InterruptedException {
    return run(folder, Stream.concat(Stream.of("server", "--url", url), Stream.of(which)).toList());
  }

  /** Tests a client: a command that gets the URL of a server made for the scenario. */
  static ConformanceSuite ofClient(String command, Path folder, String scenario, String version)
      throws IOException, InterruptedException {
    return run(
        folder,
        List.of("client", "--command", command, "--scenario", scenario, "--spec-version", version));
  }

  private static ConformanceSuite run(Path folder, List<String> arguments)
      throws IOException, InterruptedException {
    List<String> all = new ArrayList<>(arguments);
    all.addAll(List.of("--output-dir", folder.toString()));
    String said = NodePeers.runProgram(PROGRAM, TIME, all);
    List<Check> checks = new ArrayList<>();
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(path -> path.endsWith("checks.json")).sorted().toList()) {
        String scenario = scenario(folder.relativize(file.getParent()).toString());
        for (JsonNode check : PeerProcess.JSON.readTree(file.toFile())) {
          checks.add(
              new Check(
                  scenario,
                  check.path("id").asText(),
                  check.path("status").asText(),
                  check.path("errorMessage").asText(),
                  check.path("details").toString()));
        }
      }
    }
    return new ConformanceSuite(checks, said);
  }

  /** A folder's name is {@code server-<scenario>-<time>}. */
  private static String scenario(String folder) {
    return folder
        .replaceFirst("^(server|client)-", "")
        .replaceFirst("-\\d{4}-\\d{2}-\\d{2}T[0-9Z-]+$", "");
  }

  /** Checks that are neither well nor for information, without those of optional extensions. */
  List<Check> unwell() {
    return checks.stream()
        .filter(check -> List.of("FAILURE", "WARNING").contains(check.status()))
        .filter(check -> !check.scenario().startsWith("tasks-"))
        .toList();
  }

  /** How many checks went well. */
  long wellCount() {
    return checks.stream().filter(Check::isWell).count();
  }

  /** How many scenarios were run. */
  long scenarioCount() {
    return checks.stream().map(Check::scenario).distinct().count();
  }

  /**
   * What went well there and does not here, one readable line for each.
   *
   * <p>Checks are compared as a multiset of scenario and id: a check that did not come about at all
   * is lost as well, which the suite itself would not call a failure.
   */
  List<String> lostFrom(ConformanceSuite there) {
    Map<String, Long> here = wellByName();
    List<String> lost = new ArrayList<>();
    there
        .wellByName()
        .forEach(
            (name, count) -> {
              long left = here.getOrDefault(name, 0L);
              if (left < count) {
                lost.add("%s: well %d times, now %d%n%s".formatted(name, count, left, why(name)));
              }
            });
    return lost;
  }

  private Map<String, Long> wellByName() {
    return checks.stream()
        .filter(Check::isWell)
        .collect(Collectors.groupingBy(Check::name, TreeMap::new, Collectors.counting()));
  }

  /** What this run says about a check; where it says nothing, all else about the scenario. */
  private String why(String name) {
    List<Check> same =
        checks.stream().filter(check -> check.name().equals(name) && !check.isWell()).toList();
    String scenario = name.substring(0, name.indexOf(" / "));
    List<Check> shown =
        same.isEmpty()
            ? checks.stream()
                .filter(check -> check.scenario().equals(scenario) && !check.isWell())
                .toList()
            : same;
    return shown.stream()
        .map(check -> "    " + check.report())
        .collect(Collectors.joining(System.lineSeparator()));
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.countersign.cli.demo.DemoIssuer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The conformance suite's own servers, called by a real client directly and through the gateway:
 * what the gateway sends to a server is as good as what the client sends.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class ConformanceClientTest {
  /** Route, version and scenario; each has a route of its own, for each is another server. */
  private static final Map<String, List<String>> SCENARIOS = scenarios();

  private static final String CLIENT = "suite-client.mjs";

  private final Map<String, ConformanceSuite> direct = new ConcurrentHashMap<>();
  private final Map<String, ConformanceSuite> through = new ConcurrentHashMap<>();
  private Forwarder relay;
  private DemoIssuer issuer;
  private GatewayProcess gateway;

  private static Map<String, List<String>> scenarios() {
    Map<String, List<String>> all = new LinkedHashMap<>();
    for (String modern :
        List.of(
            "tools_call",
            "request-metadata",
            "http-standard-headers",
            "http-custom-headers",
            "http-invalid-tool-headers",
            "sep-2322-client-request-state",
            "json-schema-2020-12-preservation",
            "json-schema-ref-no-deref")) {
      all.put("m" + all.size(), List.of("2026-07-28", modern));
    }
    for (String legacy :
        List.of(
            "tools_call",
            "json-schema-2020-12-preservation",
            "sse-retry",
            "elicitation-sep1034-client-defaults")) {
      all.put("l" + all.size(), List.of("2025-11-25", legacy));
    }
    return all;
  }

  @BeforeAll
  void run(@TempDir Path folder) throws Exception {
    relay = Forwarder.start();
    issuer = new DemoIssuer();
    gateway = GatewayProcess.start(folder, settings());
    try (ExecutorService sideBySide = Executors.newFixedThreadPool(2)) {
      Future<?> one = sideBySide.submit(() -> each(direct, folder.resolve("direct"), ""));
      Future<?> two = sideBySide.submit(() -> each(through, folder.resolve("through"), "via"));
      one.get();
      two.get();
    }
  }

  private Void each(Map<String, ConformanceSuite> runs, Path folder, String via)
      throws IOException, InterruptedException {
    for (Map.Entry<String, List<String>> scenario : SCENARIOS.entrySet()) {
      String route = scenario.getKey();
      String url = gateway.url(route);
      List<String> command =
          via.isEmpty()
              ? List.of(NodePeers.node(), CLIENT)
              : List.of(
                  NodePeers.node(),
                  CLIENT,
                  relay.control(),
                  url,
                  issuer.token("suite", url, Duration.ofHours(1)));
      Path out = Files.createDirectories(folder.resolve(route));
      runs.put(
          route,
          ConformanceSuite.ofClient(
              String.join(" ", command),
              out,
              scenario.getValue().getLast(),
              scenario.getValue().getFirst()));
    }
    return null;
  }

  private String settings() {
    String servers =
        SCENARIOS.keySet().stream()
            .map(route -> "%s: {url: \"%s\"}".formatted(route, relay.url()))
            .collect(Collectors.joining(", "));
    return """
    node: e2e
    listen: {address: "127.0.0.1:0", drain: 1s, event_loops: 2}
    identity: {issuers: [{name: demo, issuer: "%s"}]}
    servers: {%s}
    policy:
      grants:
        - caller: "oidc:demo:suite"
          allow: ["*/*", "prompt:*/**", "resource:*/**", "sampling:*/createMessage",
                  "elicitation:*/**", "roots:*/list", "task:*/*"]
    audit: {directory: audit}
    admin: {address: "127.0.0.1:0"}
    """
        .formatted(issuer.issuer(), servers);
  }

  @AfterAll
  void stop() throws Exception {
    assertThat(gateway.stop()).isEqualTo(GatewayProcess.STOPPED);
    issuer.close();
    relay.close();
  }

  static Stream<Arguments> routes() {
    return SCENARIOS.entrySet().stream()
        .map(entry -> Arguments.of(entry.getKey(), String.join(" ", entry.getValue())));
  }

  @ParameterizedTest(name = "{1}")
  @MethodSource("routes")
  void nothingThatTheClientSendsIsLostThroughTheGateway(String route, String scenario) {
    ConformanceSuite there = Objects.requireNonNull(direct.get(route));
    ConformanceSuite here = Objects.requireNonNull(through.get(route));

    assertThat(there.unwell()).as(there.said()).isEmpty();
    assertThat(there.wellCount()).as(scenario).isPositive();
    assertThat(here.lostFrom(there)).as(here.said()).isEmpty();
  }
}

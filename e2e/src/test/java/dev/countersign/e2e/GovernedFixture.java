// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.countersign.audit.AuditVerifier;
import dev.countersign.cli.demo.DemoIssuer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/**
 * What most end-to-end tests need: the fixture server, an issuer, and a gateway in a process of its
 * own between callers of that issuer ({@code oidc:demo:…}) and the server ({@code fixture}).
 */
final class GovernedFixture implements AutoCloseable {
  private static final String ROUTE = "fixture";
  private static final Duration TOKEN_LIFE = Duration.ofHours(1);
  private static final Map<String, String> SECTIONS =
      Map.of(
          "node", "e2e",
          "listen", "{address: \"127.0.0.1:0\", drain: 1s, event_loops: 2}",
          "identity", "{issuers: [{name: demo, issuer: \"ISSUER\"}]}",
          "servers", "{fixture: {url: \"FIXTURE\"}}",
          "audit", "{directory: audit}",
          "admin", "{address: \"127.0.0.1:0\"}");

  private final FixtureServer server;
  private final DemoIssuer issuer;
  private final GatewayProcess gateway;

  private GovernedFixture(FixtureServer server, DemoIssuer issuer, GatewayProcess gateway) {
    this.server = server;
    this.issuer = issuer;
    this.gateway = gateway;
  }

  /**
   * Starts all three.
   *
   * @param folder for settings and records
   * @param settings whole sections, {@code policy} at least, in which {@code ISSUER} and {@code
   *     FIXTURE} stand for their addresses; every section that is not there gets its usual form
   */
  static GovernedFixture start(Path folder, String settings)
      throws IOException, InterruptedException {
    FixtureServer server = FixtureServer.start();
    DemoIssuer issuer = new DemoIssuer();
    StringBuilder whole = new StringBuilder(settings);
    SECTIONS.forEach(
        (section, usual) -> {
          if (!("\n" + settings).contains("\n" + section + ":")) {
            whole.append('\n').append(section).append(": ").append(usual);
          }
        });
    try {
      String text =
          whole
              .append('\n')
              .toString()
              .replace("ISSUER", issuer.issuer())
              .replace("FIXTURE", server.url());
      return new GovernedFixture(server, issuer, GatewayProcess.start(folder, text));
    } catch (IOException e) {
      issuer.close();
      server.close();
      throw e;
    }
  }

  FixtureServer server() {
    return server;
  }

  DemoIssuer issuer() {
    return issuer;
  }

  GatewayProcess gateway() {
    return gateway;
  }

  /** Where callers find the server. */
  String url() {
    return gateway.url(ROUTE);
  }

  /** For the caller {@code oidc:demo:<subject>}, good for an hour. */
  String token(String subject) {
    return issuer.token(subject, url(), TOKEN_LIFE);
  }

  /** Stops them; the gateway must stop as it should and its log be whole. */
  void stop() throws IOException, InterruptedException {
    try (this) {
      assertThat(gateway.stop()).isEqualTo(GatewayProcess.STOPPED);
      assertThat(AuditVerifier.verify(gateway.audit()).findings()).isEmpty();
    }
  }

  /** Ends them at once. */
  @Override
  public void close() {
    gateway.close();
    issuer.close();
    server.close();
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.countersign.audit.AuditVerifier;
import dev.countersign.cli.demo.DemoIssuer;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every example is valid as it stands, starts, challenges, drains and leaves a whole log. */
final class ExamplesTest {
  private static final Path FOLDER = Tree.ROOT.resolve("examples");
  private static final Map<String, String> SECRETS = Map.of("GITHUB_TOKEN", "example");

  static List<Path> settings() throws IOException {
    try (Stream<Path> files = Files.list(FOLDER)) {
      return files.filter(file -> file.toString().endsWith(".yaml")).sorted().toList();
    }
  }

  @ParameterizedTest
  @MethodSource("settings")
  void settingsAreValidAsTheyStand(Path file, @TempDir Path folder) throws Exception {
    try (Program check =
        Program.start(folder, SECRETS, Program.command("check", file.toString()))) {
      assertThat(check.rest()).contains("valid");
      assertThat(check.exit()).as(check.log()).isZero();
    }
  }

  @ParameterizedTest
  @MethodSource("settings")
  void gatewayStartsChallengesAndDrains(Path file, @TempDir Path folder) throws Exception {
    try (DemoIssuer issuer = new DemoIssuer()) {
      Path copy = folder.resolve("examples").resolve(file.getFileName());
      Files.createDirectories(copy.getParent());
      Files.writeString(copy, moved(Files.readString(file), issuer));

      try (Program gateway =
          Program.start(folder, SECRETS, Program.command("run", "--config", copy.toString()))) {
        String address = gateway.after("listening on ");
        String admin = "http://127.0.0.1" + port(gateway.after("admin on "));
        assertThat(exitOfHealth(folder, admin)).as(gateway.log()).isZero();

        for (String server : Yaml.read(copy).at("servers").names()) {
          HttpResponse<String> answer =
              Wire.call(
                  "http://127.0.0.1" + port(address) + "/" + server + "/mcp",
                  "",
                  "any_tool",
                  Wire.modernCall("any_tool", "{}"));
          assertThat(answer.statusCode()).isEqualTo(401);
          assertThat(answer.headers().firstValue("www-authenticate").orElse(""))
              .contains("resource_metadata=");
        }

        // What the JVM ends with after SIGTERM: 128 and the signal's number.
        assertThat(gateway.stop()).isEqualTo(143);
        assertThat(gateway.log()).contains("drained");
      }
      Path audit = copy.resolveSibling(Yaml.read(copy).at("audit", "directory").text());
      assertThat(AuditVerifier.verify(audit).findings()).isEmpty();
    }
  }

  /** At free ports, with an issuer that is there. */
  private static String moved(String settings, DemoIssuer issuer) {
    String moved =
        settings
            .replaceAll("(address: *\"?127\\.0\\.0\\.1):[0-9]+", "$1:0")
            .replaceAll("(issuer: *)\"?https?://[^\",} ]+\"?", "$1\"" + issuer.issuer() + "\"");
    assertThat(moved).contains("address: 127.0.0.1:0", issuer.issuer());
    return moved;
  }

  private static String port(String address) {
    return address.substring(address.lastIndexOf(':'));
  }

  private static int exitOfHealth(Path folder, String admin) throws Exception {
    try (Program health = Program.start(folder, Map.of(), Program.command("health", admin))) {
      health.rest();
      return health.exit();
    }
  }

  @Test
  void clientConfigurationLeadsToTheExampleGateway() throws IOException {
    JsonNode servers =
        PeerProcess.JSON
            .readTree(FOLDER.resolve("client-config/mcp.json").toFile())
            .path("mcpServers");
    Yaml gateway = Yaml.read(FOLDER.resolve("gateway.yaml"));
    Set<String> known = gateway.at("servers").names();
    assertThat(servers.properties()).hasSameSizeAs(known);
    for (String name : known) {
      JsonNode server = servers.path(name);
      assertThat(server.path("type").asText()).isEqualTo("http");
      assertThat(server.path("url").asText())
          .isEqualTo("http://" + gateway.at("listen", "address").text() + "/" + name + "/mcp");
      assertThat(server.path("headers").path("Authorization").asText())
          .isEqualTo("Bearer ${COUNTERSIGN_TOKEN_" + name.toUpperCase(Locale.ROOT) + "}");
    }
  }
}

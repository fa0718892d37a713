// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.countersign.gateway.snapshot.GatewaySettings;
import dev.countersign.gateway.snapshot.LimitSettings;
import dev.countersign.gateway.snapshot.SecretReference;
import dev.countersign.gateway.snapshot.ServerSettings.EffectLabel;
import dev.countersign.gateway.snapshot.ServerSettings.StaticCredential;
import dev.countersign.policy.Effect;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Files that are right, and the settings that come of them. */
final class ConfigReaderTest {
  @TempDir private Path folder;

  private static ConfigResult.Valid valid(ConfigResult result) {
    assertThat(result).as(TestFile.said(result).toString()).isInstanceOf(ConfigResult.Valid.class);
    return (ConfigResult.Valid) result;
  }

  private GatewaySettings settings(String text) {
    return valid(TestFile.read(text, folder)).settings();
  }

  static List<Path> examples() throws IOException {
    try (Stream<Path> files = Files.list(DocsTest.DOCS.resolveSibling("examples"))) {
      return files.filter(file -> file.toString().endsWith(".yaml")).toList();
    }
  }

  @ParameterizedTest
  @MethodSource("examples")
  void examplesAreValidAndTheSchemaSaysSoToo(Path example) throws IOException {
    valid(ConfigReader.read(example, Map.of("GITHUB_TOKEN", "example")));
    assertThat(SchemaCheck.errors(Files.readString(example))).isEmpty();
  }

  @Test
  void whatIsNotSaidHasItsDefault() {
    GatewaySettings settings = settings(TestFile.GOOD);
    assertThat(settings.node()).isEqualTo("gateway");
    assertThat(settings.listen().address()).isEqualTo(AddressType.loopback(8080));
    assertThat(settings.listen().drain()).isEqualTo(Duration.ofSeconds(20));
    assertThat(settings.listen().eventLoops()).isPositive();
    assertThat(settings.listen().tls()).isNull();
    assertThat(settings.limits()).isEqualTo(LimitSettings.DEFAULTS);
    assertThat(settings.admin().address()).isEqualTo(AddressType.loopback(9901));
    assertThat(settings.identity().tokenCacheMax()).isEqualTo(10_000);
    assertThat(settings.audit().directory()).isEqualTo(folder.resolve("audit"));
    assertThat(settings.grants().getFirst().name()).isEqualTo("grant-0");
  }

  @Test
  void emptySectionsAreLikeAbsentOnes() {
    String empty = TestFile.GOOD + "listen:\nlimits: ~\nadmin: null\nnode: gw\n";
    assertThat(settings(empty).limits()).isEqualTo(LimitSettings.DEFAULTS);
    assertThat(SchemaCheck.errors(empty)).isEmpty();
  }

  @Test
  void everyKeyHasItsPlaceInTheSettings() {
    GatewaySettings settings =
        settings(
            """
            node: gw-1
            listen:
              address: "[::1]:0"
              public_url: https://gw.example:8443
              allowed_hosts: GW.internal
              allowed_origins: [https://app.example]
              event_loops: 3
              drain: 0s
            limits: {call: 2h, body_bytes: 1024, event_bytes: 2MiB, depth: 8, session_age: 7d, head: 500ms}
            identity:
              issuers:
                - {issuer: "https://a.example/x", jwks: "https://a.example/keys", audience: api,
                   algorithms: PS256, types: [JWT], trust_domain: example.org}
              clock_skew: 1m
              token_cache: {entries: 5, ttl: 2s}
              token_bytes: 8KiB
            servers:
              b:
                url: https://b.example/@org/mcp
                environment: prod
                credential: {secret: "env:TOKEN", header: x-api-key}
                effects: {"read_*": read, "**": egress}
                forward_headers: x-tenant
              a: {url: "http://127.0.0.1:1/", credential: {secret: "env:TOKEN"}}
            policy:
              grants:
                - {name: one, caller: ["oidc:a:x", "oidc:a:y"], approve: "b/x", approvers: "group:z",
                   deny: ["resource:a/**"], effects: [write, egress]}
            audit: {directory: /tmp/x, segment: 1MiB, queue: 16}
            admin: {address: "localhost:0"}
            """);
    assertThat(settings.node()).isEqualTo("gw-1");
    assertThat(settings.listen().address())
        .isEqualTo(new InetSocketAddress(InetAddress.ofLiteral("::1"), 0));
    assertThat(settings.listen().publicUrl()).isEqualTo(URI.create("https://gw.example:8443"));
    assertThat(settings.listen().allowedHosts()).containsExactly("gw.internal");
    assertThat(settings.listen().allowedOrigins()).containsExactly("https://app.example");
    assertThat(settings.listen().eventLoops()).isEqualTo(3);
    assertThat(settings.listen().drain()).isZero();
    assertThat(settings.limits().call()).isEqualTo(Duration.ofHours(2));
    assertThat(settings.limits().bodyBytesMax()).isEqualTo(1024);
    assertThat(settings.limits().eventBytesMax()).isEqualTo(2 << 20);
    assertThat(settings.limits().depthMax()).isEqualTo(8);
    assertThat(settings.limits().sessionAgeMax()).isEqualTo(Duration.ofDays(7));
    assertThat(settings.limits().head()).isEqualTo(Duration.ofMillis(500));
    assertThat(settings.identity().clockSkew()).isEqualTo(Duration.ofMinutes(1));
    assertThat(settings.identity().tokenBytesMax()).isEqualTo(8 << 10);
    assertThat(settings.identity().issuers().getFirst())
        .satisfies(
            issuer -> {
              assertThat(issuer.name()).isEqualTo("a.example");
              assertThat(issuer.jwksUri()).isEqualTo(URI.create("https://a.example/keys"));
              assertThat(issuer.audiences()).containsExactly("api");
              assertThat(issuer.algorithms()).containsExactly("PS256");
              assertThat(issuer.types()).containsExactly("jwt");
              assertThat(issuer.trustDomain()).isEqualTo("example.org");
              assertThat(issuer.line()).isEqualTo(12);
            });
    assertThat(settings.servers().keySet()).containsExactly("b", "a");
    assertThat(settings.servers().get("b"))
        .satisfies(
            server -> {
              assertThat(server.credential())
                  .isEqualTo(
                      new StaticCredential(
                          "x-api-key",
                          "",
                          new SecretReference(SecretReference.Source.ENV, "TOKEN")));
              assertThat(server.effects())
                  .containsExactly(
                      new EffectLabel("read_*", Effect.READ), new EffectLabel("**", Effect.EGRESS));
              assertThat(server.forwardHeaders()).containsExactly("x-tenant");
              assertThat(server.environment()).isEqualTo("prod");
            });
    assertThat(settings.servers().get("a"))
        .extracting(server -> server.credential())
        .isEqualTo(
            new StaticCredential(
                "authorization",
                "Bearer ",
                new SecretReference(SecretReference.Source.ENV, "TOKEN")));
    assertThat(settings.grants().getFirst())
        .satisfies(
            grant -> {
              assertThat(grant.callers()).containsExactly("oidc:a:x", "oidc:a:y");
              assertThat(grant.approve()).containsExactly("b/x");
              assertThat(grant.deny()).containsExactly("resource:a/**");
              assertThat(grant.approvers()).containsExactly("group:z");
              assertThat(grant.effects()).isEqualTo(Set.of(Effect.WRITE, Effect.EGRESS));
            });
    assertThat(settings.audit().segmentBytes()).isEqualTo(1 << 20);
    assertThat(settings.audit().queueMax()).isEqualTo(16);
  }

  @Test
  void settingsCanBePrintedWithoutASecret() {
    String text = TestFile.GOOD.replace("/mcp\"", "/mcp\", credential: {secret: \"env:TOKEN\"}");
    assertThat(valid(TestFile.read(text, folder)).toString()).doesNotContain("s3cret");
  }

  @Test
  void sourcesAreTheFileAndWhatItNames() throws IOException {
    Files.writeString(folder.resolve("token"), "s3cret\n");
    Path file =
        Files.writeString(
            folder.resolve("gateway.yaml"),
            TestFile.GOOD.replace(
                "/mcp\"", "/mcp\", ca: none.pem, credential: {secret: \"file:token\"}"));
    Sources before = ConfigReader.read(file, Map.of()).sources();
    assertThat(before.digests())
        .containsOnlyKeys(file, folder.resolve("token"), folder.resolve("none.pem"))
        .containsEntry(folder.resolve("none.pem"), "absent");
    assertThat(before.now()).isEqualTo(before);
    Files.writeString(folder.resolve("token"), "other");
    assertThat(before.now()).isNotEqualTo(before);
  }

  @Test
  void whatIsReadAtStartOnlyCannotChangeAfterwards() throws IOException {
    Path file = Files.writeString(folder.resolve("f.yaml"), TestFile.GOOD);
    ConfigResult.Valid start = valid(ConfigReader.read(file, Map.of()));
    valid(ConfigReader.reread(file, Map.of(), start));
    Files.writeString(
        file,
        TestFile.GOOD.replace("audit}", "other, queue: 16, segment: 2MiB}")
            + """
            node: other
            listen: {address: 127.0.0.1:8081, event_loops: 2, drain: 1s}
            admin: {address: 127.0.0.1:9902}
            """);
    assertThat(TestFile.said(ConfigReader.reread(file, Map.of(), start)))
        .allMatch(line -> line.endsWith(": this cannot change while running; restart to change it"))
        .extracting(line -> line.replaceFirst(".*yaml:(.*) as it is now.*", "$1"))
        .containsExactly(
            "3:20: audit.directory: found "
                + folder.resolve("other")
                + ", expected "
                + folder.resolve("audit"),
            "3:34: audit.queue: found 16, expected 65536",
            "3:47: audit.segment: found 2MiB, expected 64MiB",
            "5:7: node: found other, expected nothing",
            "6:19: listen.address: found 127.0.0.1:8081, expected 127.0.0.1:8080",
            "6:48: listen.event_loops: found 2, expected nothing",
            "7:18: admin.address: found 127.0.0.1:9902, expected 127.0.0.1:9901");
  }

  @Test
  void brokenValueOfWhatIsReadAtStartOnlyIsOneProblem() throws IOException {
    Path file = Files.writeString(folder.resolve("f.yaml"), TestFile.GOOD);
    ConfigResult.Valid start = valid(ConfigReader.read(file, Map.of()));
    Files.writeString(file, TestFile.GOOD + "listen: {address: nowhere}\n");
    assertThat(TestFile.said(ConfigReader.reread(file, Map.of(), start)))
        .singleElement()
        .asString()
        .contains("found \"nowhere\", expected an IP address");
  }
}

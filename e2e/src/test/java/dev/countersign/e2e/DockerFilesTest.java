// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.PathMatcher;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What can be said of the files in {@code docker/} without a container engine: that they agree with
 * the tree, with each other, and with what a hardened container is.
 */
final class DockerFilesTest {
  private static final Path FOLDER = Tree.ROOT.resolve("docker");

  private final Dockerfile image;
  private final Yaml compose;
  private final Yaml settings;

  DockerFilesTest() throws IOException {
    image = Dockerfile.read(FOLDER.resolve("Dockerfile"));
    compose = Yaml.read(FOLDER.resolve("compose.yaml"));
    settings = Yaml.read(FOLDER.resolve("countersign.yaml"));
  }

  static Set<String> services() throws IOException {
    return Yaml.read(FOLDER.resolve("compose.yaml")).at("services").names();
  }

  @Test
  void everythingTheImageCopiesIsInTheTreeOrBuilt() throws IOException {
    List<String> allowed = contextRules();
    for (Dockerfile.Instruction copy : image.all("COPY")) {
      List<String> sources = copy.words().subList(0, copy.words().size() - 1);
      boolean built = copy.text().contains("--from=build");
      for (String source : sources) {
        if (!built) {
          assertThat(Tree.ROOT.resolve(source)).exists();
          assertThat(allowed).as(source + " in the build's context").anyMatch(source::startsWith);
        } else if (source.equals("/src/native/META-INF/native/")) {
          assertThat(nativeLibraries()).hasSizeGreaterThanOrEqualTo(2);
        } else {
          assertThat(Tree.ROOT.resolve(source.replaceFirst("^/src/", ""))).exists();
        }
      }
    }
  }

  /** What the ignore file lets through to the build. */
  private static List<String> contextRules() throws IOException {
    List<String> lines = Files.readAllLines(FOLDER.resolve("Dockerfile.dockerignore"));
    assertThat(lines).contains("*", "**/target");
    return lines.stream()
        .filter(line -> line.startsWith("!"))
        .map(line -> line.substring(1))
        .toList();
  }

  /** The native libraries in the jars that the image's build unpacks. */
  private List<String> nativeLibraries() throws IOException {
    Matcher unpacked =
        Pattern.compile("/src/cli/target/countersign/lib/(\\S+\\.jar)").matcher(runs());
    assertThat(unpacked.find()).isTrue();
    PathMatcher glob = FileSystems.getDefault().getPathMatcher("glob:" + unpacked.group(1));
    try (Stream<Path> jars = Files.list(Program.LAYOUT.resolve("lib"))) {
      return jars.map(jar -> jar.getFileName()).filter(glob::matches).map(Path::toString).toList();
    }
  }

  private String runs() {
    return String.join("\n", image.all("RUN").stream().map(Dockerfile.Instruction::text).toList());
  }

  @Test
  void mavenFindsThePomOfEveryModule() throws IOException {
    List<String> sources =
        image.all("COPY").stream()
            .flatMap(copy -> copy.words().stream())
            .map(word -> word.replaceFirst("/(pom.xml)?$", ""))
            .toList();
    Matcher modules =
        Pattern.compile("<module>([^<]+)</module>")
            .matcher(Files.readString(Tree.ROOT.resolve("pom.xml")));
    while (modules.find()) {
      assertThat(sources).contains(modules.group(1));
    }
  }

  @Test
  void imageRunsAsNobodyInParticularAndHoldsNoSecret() {
    assertThat(image.last("USER")).matches("[1-9][0-9]{3,}:[1-9][0-9]{3,}");
    assertThat(image.last("STOPSIGNAL")).isEqualTo("SIGTERM");
    assertThat(image.all("ADD")).isEmpty();
    assertThat(image.all("ENV")).isEmpty();
    for (Dockerfile.Instruction from : image.all("FROM")) {
      assertThat(from.words().getFirst())
          .matches("[a-z/-]+:[0-9]+\\.[0-9]+\\.[0-9][A-Za-z0-9._-]+");
    }
    assertThat(image.all("ARG").stream().map(Dockerfile.Instruction::text))
        .allMatch(arg -> arg.startsWith("VERSION=") || arg.startsWith("REVISION="));
    assertThat(image.last("LABEL")).contains("org.opencontainers.image.licenses=\"Apache-2.0\"");
  }

  @Test
  void settingsPassTheCheckCommand(@TempDir Path folder) throws Exception {
    try (Program check =
        Program.start(
            folder,
            Map.of(),
            Program.command("check", FOLDER.resolve("countersign.yaml").toString()))) {
      assertThat(check.rest()).contains("valid");
      assertThat(check.exit()).as(check.log()).isZero();
    }
  }

  @ParameterizedTest
  @MethodSource("services")
  void serviceIsHardened(String name) {
    Yaml service = compose.at("services", name);
    assertThat(service.at("read_only").text()).isEqualTo("true");
    assertThat(service.at("cap_drop").texts()).containsExactly("ALL");
    assertThat(service.at("security_opt").texts()).containsExactly("no-new-privileges:true");
    assertThat(service.at("healthcheck", "test").texts()).startsWith("CMD").hasSizeGreaterThan(1);
    assertThat(service.at("mem_limit").isThere()).isTrue();
    assertThat(service.at("pids_limit").isThere()).isTrue();
    assertThat(service.at("tmpfs").texts()).allMatch(mount -> mount.contains("noexec"));
    assertThat(service.at("ports").texts()).allMatch(port -> port.startsWith("127.0.0.1:"));
    assertThat(service.at("image").text()).doesNotContain("latest");
    assertThat(service.at("privileged").isThere() || service.at("cap_add").isThere()).isFalse();
  }

  @ParameterizedTest
  @MethodSource("services")
  void serviceRefersToWhatIsThere(String name) {
    Yaml service = compose.at("services", name);
    if (service.at("build").isThere()) {
      Path context = FOLDER.resolve(service.at("build", "context").text()).normalize();
      assertThat(context).isEqualTo(Tree.ROOT);
      assertThat(context.resolve(service.at("build", "dockerfile").text())).isRegularFile();
    }
    for (String volume : service.at("volumes").texts()) {
      List<String> parts = List.of(volume.split(":", -1));
      if (parts.getFirst().startsWith(".")) {
        assertThat(FOLDER.resolve(parts.getFirst())).exists();
        assertThat(parts.getLast()).as(volume).isEqualTo("ro");
      } else {
        assertThat(compose.at("volumes").names()).contains(parts.getFirst());
      }
    }
    assertThat(compose.at("networks").names()).containsAll(service.at("networks").names());
    for (String other : service.at("depends_on").names()) {
      assertThat(compose.at("services", other).isThere()).isTrue();
    }
  }

  @Test
  void toolServerAndAdminAddressAreOutOfReach() {
    assertThat(membersOf("tools")).containsExactly("gateway", "notes");
    assertThat(membersOf("metrics")).containsExactly("gateway", "grafana", "prometheus");
    for (String network : List.of("tools", "metrics")) {
      assertThat(compose.at("networks", network, "internal").text()).isEqualTo("true");
    }
    assertThat(compose.at("services", "issuer", "network_mode").text())
        .isEqualTo("service:gateway");
  }

  private Set<String> membersOf(String network) {
    Set<String> members = new TreeSet<>(compose.at("services").names());
    members.removeIf(name -> !compose.at("services", name, "networks").names().contains(network));
    return members;
  }

  @Test
  void portsAndAddressesAgree() throws IOException {
    Yaml gateway = compose.at("services", "gateway");
    String admin = settings.at("admin", "address").text();
    Yaml scrape =
        Yaml.read(FOLDER.resolve("prometheus/prometheus.yml"))
            .at("scrape_configs")
            .items()
            .getFirst();
    assertThat(scrape.at("static_configs").items().getFirst().at("targets").texts())
        .containsExactly(admin);
    assertThat(scrape.at("metrics_path").text()).isEqualTo("/metrics");
    assertThat(gateway.at("healthcheck", "test").texts()).endsWith("health", "http://" + admin);
    assertThat(admin).startsWith(gateway.at("networks", "metrics", "ipv4_address").text() + ":");

    String port = settings.at("listen", "address").text().replaceFirst(".*:", "");
    assertThat(gateway.at("ports").texts()).containsExactly("127.0.0.1:%1$s:%1$s".formatted(port));
    assertThat(settings.at("listen", "public_url").text()).isEqualTo("http://127.0.0.1:" + port);
    assertThat(image.last("EXPOSE")).isEqualTo(port);

    List<String> notes = compose.at("services", "notes", "command").texts();
    assertThat(settings.at("servers", "notes", "url").text())
        .isEqualTo("http://" + notes.getLast() + "/mcp");
    List<String> issuer = compose.at("services", "issuer", "command").texts();
    assertThat(settings.at("identity", "issuers").items().getFirst().at("issuer").text())
        .isEqualTo("http://127.0.0.1:" + issuer.getLast());
  }

  @Test
  void recordsAreKeptInTheVolumeThatTheImageMakesForThem() {
    String directory = settings.at("audit", "directory").text();
    assertThat(image.exec("VOLUME")).containsExactly(directory);
    assertThat(runs()).contains(directory);
    assertThat(compose.at("services", "gateway", "volumes").texts())
        .contains(
            "audit:" + directory, "./countersign.yaml:" + image.exec("CMD").getLast() + ":ro");
  }

  @Test
  void dashboardAsksForDocumentedMetricsOfTheProvisionedSource() throws IOException {
    JsonNode dashboard =
        new ObjectMapper().readTree(FOLDER.resolve("grafana/dashboards/countersign.json").toFile());
    Set<String> asked = new TreeSet<>();
    Set<String> sources = new TreeSet<>();
    for (JsonNode panel : dashboard.path("panels")) {
      sources.add(panel.at("/datasource/uid").asText());
      for (JsonNode target : panel.path("targets")) {
        sources.add(target.at("/datasource/uid").asText());
        asked.addAll(metricsIn(target.path("expr").asText()));
      }
    }
    assertThat(asked).hasSizeGreaterThan(15);
    String documented = Files.readString(Tree.ROOT.resolve("docs/metrics.md"));
    assertThat(asked).allMatch(metric -> documented.contains("| `" + metric + "` |"));
    Yaml source =
        Yaml.read(FOLDER.resolve("grafana/provisioning/datasources/prometheus.yaml"))
            .at("datasources")
            .items()
            .getFirst();
    assertThat(sources).containsExactly(source.at("uid").text());
    assertThat(source.at("url").text()).isEqualTo("http://prometheus:9090");
    assertThat(compose.at("services", "prometheus", "command").texts())
        .contains("--web.listen-address=0.0.0.0:9090");
  }

  /** The families that an expression reads; a panel without one is a mistake. */
  private static List<String> metricsIn(String expression) {
    List<String> metrics = new ArrayList<>();
    Matcher names = Pattern.compile("\\bcountersign_\\w+").matcher(expression);
    while (names.find()) {
      metrics.add(names.group().replaceFirst("_(bucket|sum|count)$", ""));
    }
    assertThat(metrics).as(expression).isNotEmpty();
    return metrics;
  }
}

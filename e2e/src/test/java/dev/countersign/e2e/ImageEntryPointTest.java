// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import dev.countersign.audit.AuditVerifier;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The image's processes without its engine: its folders are made up below a temporary one, and what
 * the Dockerfile and compose say to start is started, with nothing changed but paths and addresses.
 */
final class ImageEntryPointTest {
  private static final Path DOCKER = Tree.ROOT.resolve("docker");
  private static final String PROGRAM = "/opt/countersign";
  private static final int SIGTERM = 15;
  private static final HttpClient HTTP =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  @TempDir private Path root;
  private Path temporary;
  private final Dockerfile image;
  private final Yaml compose;

  ImageEntryPointTest() throws IOException {
    image = Dockerfile.read(DOCKER.resolve("Dockerfile"));
    compose = Yaml.read(DOCKER.resolve("compose.yaml"));
    temporary = Path.of("");
  }

  @BeforeEach
  void layOut() throws IOException {
    temporary = Files.createDirectory(root.resolve("tmp"));
    Path program = Files.createDirectories(root.resolve("opt/countersign"));
    linkLibraries(Files.createDirectory(program.resolve("lib")));
    Files.writeString(
        program.resolve("java.args"),
        Files.readString(DOCKER.resolve("java.args")).replace(PROGRAM, program.toString()));
    unpackNativeLibraries(Files.createDirectory(program.resolve("native")));
    Files.createDirectories(root.resolve("etc/countersign"));
    Files.createDirectories(root.resolve("audit"));
  }

  /** As the image's build does: the program's own jar has a name without a version, too. */
  private static void linkLibraries(Path folder) throws IOException {
    try (Stream<Path> jars = Files.list(Program.LAYOUT.resolve("lib"))) {
      for (Path jar : jars.toList()) {
        Files.createSymbolicLink(folder.resolve(jar.getFileName()), jar);
        if (jar.getFileName().toString().startsWith("countersign-cli-")) {
          Files.createSymbolicLink(folder.resolve("countersign.jar"), jar);
        }
      }
    }
  }

  /** As the image's build does. */
  private static void unpackNativeLibraries(Path folder) throws IOException {
    try (Stream<Path> jars = Files.list(Program.LAYOUT.resolve("lib"))) {
      for (Path file : jars.filter(jar -> jar.toString().contains("-native-epoll-")).toList()) {
        try (JarFile jar = new JarFile(file.toFile())) {
          for (var entry : jar.stream().filter(one -> one.getName().endsWith(".so")).toList()) {
            Path library = folder.resolve(Path.of(entry.getName()).getFileName());
            try (InputStream in = jar.getInputStream(entry)) {
              Files.copy(in, library);
            }
          }
        }
      }
    }
  }

  @Test
  void governsACallIsHealthyAndDrains() throws Exception {
    try (Program issuer = start(service("issuer", "8180", "0"));
        Program notes = start(loopbackOnly(service("notes", "0.0.0.0:3001", "127.0.0.1:0")))) {
      String issuerUrl = issuer.after("listening on ");
      String notesUrl = notes.after("listening on ");
      assertThat(health(composeHealth("issuer"), "http://127.0.0.1:8180", issuerUrl)).isZero();
      writeSettings(issuerUrl, notesUrl);

      try (Program gateway = start(entryPoint(image.exec("CMD")))) {
        String url = "http://127.0.0.1:" + portAfter(gateway, "listening on ") + "/notes/mcp";
        String admin = "http://127.0.0.1:" + portAfter(gateway, "admin on ");

        assertThat(health(image.exec("HEALTHCHECK"), "http://127.0.0.1:9901", admin)).isZero();
        assertThat(health(composeHealth("gateway"), composeAdmin(), admin)).isZero();
        assertThat(health(image.exec("HEALTHCHECK"), "http://127.0.0.1:9901", "http://127.0.0.1:1"))
            .isEqualTo(1);
        assertThat(get(admin + "/metrics")).contains("countersign_ready 1");

        String token = token(issuerUrl, url);
        String read = Wire.modernCall("read_note", "{\"id\":\"1\"}");
        assertThat(Wire.call(url, token, "read_note", read).body()).contains("Buy milk.");
        String delete = Wire.modernCall("delete_note", "{\"id\":\"1\"}");
        assertThat(Wire.call(url, token, "delete_note", delete).body()).contains("Unknown tool");
        assertThat(Wire.call(url, "", "read_note", read).statusCode()).isEqualTo(401);

        assertThat(transportOf(admin)).isEqualTo(bestTransport());
        assertThat(gateway.stop()).isEqualTo(128 + SIGTERM);
        assertThat(gateway.log()).contains("drained");
      }
    }
    assertThat(AuditVerifier.verify(root.resolve("audit")).findings()).isEmpty();
    try (Stream<Path> files = Files.list(temporary)) {
      assertThat(files).as("written to /tmp").isEmpty();
    }
  }

  /** With {@code AOTMode=on} the JVM does not start when the cache does not fit. */
  @Test
  void whatTheImagesBuildLearnsFitsItsProcesses() throws Exception {
    List<String> training = new ArrayList<>(image.exec("RUN"));
    training.addAll(List.of("--seconds", "1"));
    try (Program train = start(mapped(training))) {
      assertThat(train.rest()).isEmpty();
      assertThat(train.exit()).as(train.log()).isZero();
    }
    assertThat(root.resolve("opt/countersign/cache.aot")).isNotEmptyFile();
    for (String mode : List.of("on", "auto", "off")) {
      List<String> command = new ArrayList<>(entryPoint(List.of("--version")));
      command.add(1, "-XX:AOTMode=" + mode);
      try (Program version = start(command)) {
        assertThat(version.rest()).as(mode).startsWith("countersign ").hasLineCount(1);
        assertThat(version.exit()).as(version.log()).isZero();
      }
    }
    Files.writeString(root.resolve("opt/countersign/cache.aot"), "not a cache");
    try (Program version = start(entryPoint(List.of("--version")))) {
      assertThat(version.rest()).startsWith("countersign ").hasLineCount(1);
      assertThat(version.exit()).as(version.log()).isZero();
    }
    try (Stream<Path> files = Files.list(temporary)) {
      assertThat(files).as("written to /tmp").isEmpty();
    }
  }

  private String token(String issuerUrl, String audience) throws Exception {
    try (Program token =
        start(
            entryPoint(
                List.of(
                    "demo-token",
                    "--issuer=" + issuerUrl,
                    "--subject=research",
                    "--audience=" + audience)))) {
      String said = token.rest().strip();
      assertThat(token.exit()).as(token.log()).isZero();
      return said;
    }
  }

  private void writeSettings(String issuerUrl, String notesUrl) throws IOException {
    Files.writeString(
        root.resolve("etc/countersign/gateway.yaml"),
        Files.readString(DOCKER.resolve("countersign.yaml"))
            .replace("address: 0.0.0.0:8080", "address: 127.0.0.1:0")
            .replaceFirst("(?m)^ +public_url: .*\\n", "")
            .replace("http://127.0.0.1:8180", issuerUrl)
            .replace("http://notes:3001/mcp", notesUrl)
            .replace(composeAdmin().substring("http://".length()), "127.0.0.1:0")
            .replace("/var/lib/countersign/audit", root.resolve("audit").toString()));
  }

  private String composeAdmin() {
    return compose.at("services", "gateway", "healthcheck", "test").texts().getLast();
  }

  private List<String> composeHealth(String service) {
    List<String> test = compose.at("services", service, "healthcheck", "test").texts();
    assertThat(test.getFirst()).isEqualTo("CMD");
    return test.subList(1, test.size());
  }

  /** Runs a health check at another address and gives its exit code. */
  private int health(List<String> check, String from, String to) throws Exception {
    assertThat(check).contains(from);
    List<String> command = new ArrayList<>(check);
    command.replaceAll(word -> word.equals(from) ? to : word);
    try (Program health = start(mapped(command))) {
      health.rest();
      return health.exit();
    }
  }

  private List<String> service(String name, String from, String to) {
    List<String> command = new ArrayList<>(compose.at("services", name, "command").texts());
    assertThat(command).contains(from);
    command.replaceAll(word -> word.equals(from) ? to : word);
    return entryPoint(command);
  }

  /** Without what a container needs to be reached by a name. */
  private static List<String> loopbackOnly(List<String> command) {
    List<String> without = new ArrayList<>(command);
    without.remove("--off-loopback");
    int authority = without.indexOf("--authority");
    without.subList(authority, authority + 2).clear();
    return without;
  }

  private List<String> entryPoint(List<String> arguments) {
    List<String> command = new ArrayList<>(image.exec("ENTRYPOINT"));
    command.addAll(arguments);
    return mapped(command);
  }

  private List<String> mapped(List<String> command) {
    assertThat(command.getFirst()).isEqualTo("java");
    List<String> mapped = new ArrayList<>(command);
    mapped.set(0, Program.java().toString());
    mapped.replaceAll(
        word ->
            word.replace("/etc/countersign", root.resolve("etc/countersign").toString())
                .replace(PROGRAM, root.resolve("opt/countersign").toString()));
    return mapped;
  }

  /** Nobody can write below /proc, so Netty finds libraries only where they were unpacked to. */
  private Program start(List<String> command) throws IOException {
    String options = "-Djava.io.tmpdir=" + temporary + " -Dio.netty.native.workdir=/proc";
    return Program.start(root, Map.of("JDK_JAVA_OPTIONS", options), command);
  }

  private static String portAfter(Program gateway, String beginning) throws IOException {
    String address = gateway.after(beginning);
    return address.substring(address.lastIndexOf(':') + 1);
  }

  private static String transportOf(String admin) throws Exception {
    return PeerProcess.JSON.readTree(get(admin + "/revision")).path("transport").asText();
  }

  /** Native libraries are shipped for Linux. */
  private static String bestTransport() {
    return System.getProperty("os.name").equals("Linux") ? "epoll" : "nio";
  }

  private static String get(String url) throws IOException, InterruptedException {
    return HTTP.send(
            HttpRequest.newBuilder(URI.create(url)).build(), HttpResponse.BodyHandlers.ofString())
        .body();
  }
}

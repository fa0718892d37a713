// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.fasterxml.jackson.databind.JsonNode;
import dev.countersign.audit.AuditReader;
import dev.countersign.cli.demo.DemoIssuer;
import dev.countersign.config.ConfigReader;
import dev.countersign.config.ConfigResult;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/** Reloads of a running gateway, seen from outside. */
final class RunningGatewayTest {
  private static final Duration LOOK_INTERVAL = Duration.ofMillis(50);
  private static final Duration DEADLINE = Duration.ofSeconds(20);

  @TempDir private Path folder;
  private final HttpClient client = HttpClient.newHttpClient();
  private final DemoIssuer issuer;
  private Path file = Path.of("");

  RunningGatewayTest() throws IOException {
    this.issuer = new DemoIssuer();
  }

  @BeforeEach
  void writeSettings() throws IOException {
    file = Files.writeString(folder.resolve("gateway.yaml"), settings(""));
  }

  @AfterEach
  void closeIssuer() {
    issuer.close();
    client.close();
  }

  private String settings(String more) {
    return """
    node: test
    listen: {address: 127.0.0.1:0, drain: 0s, event_loops: 1%s}
    identity: {issuers: [{name: demo, issuer: "%s"}]}
    servers: {notes: {url: "http://127.0.0.1:9/mcp"}}
    policy: {grants: [{caller: "oidc:demo:*", allow: ["notes/read_*"]}]}
    audit: {directory: audit}
    admin: {address: 127.0.0.1:0}
    """
        .formatted(more, issuer.issuer());
  }

  private RunningGateway start() throws IOException {
    ConfigResult result = ConfigReader.read(file, Map.of());
    assertThat(result).isInstanceOf(ConfigResult.Valid.class);
    return RunningGateway.start(file, (ConfigResult.Valid) result, Map.of(), LOOK_INTERVAL);
  }

  private void replace(String text) throws IOException {
    Path next = Files.writeString(folder.resolve("next"), text);
    Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
  }

  private String admin(RunningGateway running, String path) throws Exception {
    URI uri = URI.create("http://127.0.0.1:" + running.gateway().adminAddress().getPort() + path);
    return client
        .send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString())
        .body();
  }

  private static <T> T await(Callable<T> source, Predicate<T> wanted) throws Exception {
    long end = System.nanoTime() + DEADLINE.toNanos();
    T value = source.call();
    while (!wanted.test(value)) {
      assertThat(System.nanoTime()).as("last seen: %s", value).isLessThan(end);
      LockSupport.parkNanos(LOOK_INTERVAL.toNanos());
      value = source.call();
    }
    return value;
  }

  private String revision(RunningGateway running) throws Exception {
    return admin(running, "/revision");
  }

  private static boolean counted(String metrics, String result, int times) {
    return metrics.contains("countersign_reloads_total{result=\"" + result + "\"} " + times + ".0");
  }

  private List<JsonNode> configLeaves() throws IOException {
    List<JsonNode> leaves = new ArrayList<>();
    new AuditReader(folder.resolve("audit"))
        .forEach(
            leaf -> {
              if (leaf.path("kind").asText().equals("config")) {
                leaves.add(leaf);
              }
            });
    return leaves;
  }

  @Test
  void changedFileIsPutInForce() throws Exception {
    try (RunningGateway running = start()) {
      String before = revision(running);
      replace(settings("").replace("read_*", "list_*"));
      await(() -> revision(running), now -> !now.equals(before));
      assertThat(counted(admin(running, "/metrics"), "applied", 1)).isTrue();
    }
  }

  @Test
  void brokenFileKeepsWhatIsInForceAndTheRepairedOneIsTaken() throws Exception {
    try (RunningGateway running = start()) {
      String before = revision(running);
      replace(settings("") + "nod: x\n");
      await(() -> admin(running, "/metrics"), metrics -> counted(metrics, "refused", 1));
      assertThat(revision(running)).isEqualTo(before);
      assertThat(running.gateway().missing()).isEmpty();
      replace(settings("").replace("read_*", "list_*"));
      await(() -> revision(running), now -> !now.equals(before));
    }
    assertThat(configLeaves())
        .extracting(leaf -> leaf.path("cause").asText() + ' ' + leaf.path("applied").asBoolean())
        .containsExactly("start true", "reload false", "reload true");
    assertThat(configLeaves().get(1).path("revision").asText()).hasSize(12);
    assertThat(configLeaves().get(1).path("problems"))
        .singleElement()
        .extracting(JsonNode::asText)
        .isEqualTo(file + ":8:1: nod: found an unknown key, expected perhaps \"node\"");
  }

  @Test
  void whatIsFixedAtStartIsNotChanged() throws Exception {
    try (RunningGateway running = start()) {
      String before = revision(running);
      replace(settings("").replace("event_loops: 1", "event_loops: 2"));
      await(() -> admin(running, "/metrics"), metrics -> counted(metrics, "refused", 1));
      assertThat(revision(running)).isEqualTo(before);
    }
    assertThat(configLeaves().getLast().path("problems").toString())
        .contains("listen.event_loops: found 2, expected 1 as it is now: this cannot change");
  }

  @Test
  void issuerWithoutKeysDoesNotReplaceOneThatHasThem() throws Exception {
    try (RunningGateway running = start()) {
      replace(settings("").replace("name: demo", "name: demo, jwks: \"http://127.0.0.1:9/keys\""));
      await(() -> admin(running, "/metrics"), metrics -> counted(metrics, "refused", 1));
      assertThat(running.gateway().missing()).isEmpty();
    }
  }

  @Test
  void keysAreKeptThroughAReloadWhileTheIssuerIsAway() throws Exception {
    try (RunningGateway running = start()) {
      String before = revision(running);
      issuer.close();
      replace("# a line more\n" + settings(""));
      await(() -> revision(running), now -> !now.equals(before));
      assertThat(running.gateway().missing()).isEmpty();
    }
  }

  @Test
  void requestWithoutAChangeIsNoReload() throws Exception {
    ListAppender<ILoggingEvent> log = new ListAppender<>();
    Logger root = (Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME);
    log.start();
    root.addAppender(log);
    try (RunningGateway running = start()) {
      running.requestReload();
      await(
          () -> List.copyOf(log.list).stream().map(ILoggingEvent::getMessage).toList(),
          said -> said.contains("settings unchanged"));
      assertThat(counted(admin(running, "/metrics"), "applied", 1)).isFalse();
    } finally {
      root.detachAppender(log);
    }
    assertThat(configLeaves()).hasSize(1);
  }

  @Test
  void newCertificateIsShownToNewConnectionsOnceItsKeyIsThere() throws Exception {
    KeyStore first = certificate("first");
    writeCertificate(first);
    writeKey(first);
    replace(settings(", tls: {certificate: gw.pem, key: gw.key}"));
    try (RunningGateway running = start()) {
      assertThat(subject(running)).isEqualTo("CN=first");
      KeyStore second = certificate("second");
      writeCertificate(second);
      await(() -> admin(running, "/metrics"), metrics -> counted(metrics, "refused", 1));
      assertThat(subject(running)).isEqualTo("CN=first");
      writeKey(second);
      await(() -> subject(running), "CN=second"::equals);
    }
  }

  /** Makes a certificate and its key with the JDK's own tool. */
  private KeyStore certificate(String name) throws Exception {
    Path store = folder.resolve(name + ".p12");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "gw",
                "-keyalg",
                "EC",
                "-groupname",
                "secp256r1",
                "-dname",
                "CN=" + name,
                "-storetype",
                "PKCS12",
                "-storepass",
                "changeit",
                "-keystore",
                store.toString())
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
            .start();
    assertThat(keytool.waitFor()).isZero();
    return KeyStore.getInstance(store.toFile(), "changeit".toCharArray());
  }

  private void writeCertificate(KeyStore store) throws Exception {
    writePem("gw.pem", "CERTIFICATE", store.getCertificate("gw").getEncoded());
  }

  private void writeKey(KeyStore store) throws Exception {
    writePem("gw.key", "PRIVATE KEY", store.getKey("gw", "changeit".toCharArray()).getEncoded());
  }

  private void writePem(String name, String what, byte[] der) throws IOException {
    String text = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
    Files.writeString(
        folder.resolve(name),
        "-----BEGIN %1$s-----\n%2$s\n-----END %1$s-----\n".formatted(what, text));
  }

  /** The subject of the certificate that a new connection sees. */
  private static String subject(RunningGateway running) throws Exception {
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, new TrustManager[] {new TrustAll()}, null);
    try (SSLSocket socket =
        (SSLSocket)
            context
                .getSocketFactory()
                .createSocket("127.0.0.1", running.gateway().address().getPort())) {
      socket.startHandshake();
      X509Certificate shown = (X509Certificate) socket.getSession().getPeerCertificates()[0];
      return shown.getSubjectX500Principal().getName();
    }
  }

  /** The certificate is what is looked at, so none is refused. */
  private static final class TrustAll implements X509TrustManager {
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }
}

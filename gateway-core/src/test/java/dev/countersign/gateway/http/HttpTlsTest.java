// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.countersign.gateway.RecordingLeakDetector;
import dev.countersign.gateway.TestPki;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Locale;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** TLS by either provider. */
@ParameterizedClass
@EnumSource(
    value = SslProvider.class,
    names = {"JDK", "OPENSSL"})
final class HttpTlsTest {
  private static final String GET = "GET / HTTP/1.1\r\nHost: gw\r\n\r\n";

  /** TLS record types. */
  private static final int ALERT = 21;

  private static final int HANDSHAKE = 22;

  private final SslProvider provider;
  private final ServerTls tls;
  private final RawServer server;

  HttpTlsTest(SslProvider provider) throws IOException {
    this.provider = provider;
    this.tls = tlsOf(TestPki.LOCAL);
    this.server = new RawServer(RawServer.LIMITS, tls);
  }

  private ServerTls tlsOf(TestPki pki) throws IOException {
    return ServerTls.of(pki.certificateFile(), pki.keyFile(), provider);
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @AfterAll
  static void nothingLeaked() {
    RecordingLeakDetector.assertNothingLeaked();
  }

  private SSLSocket connect(TestPki trusted, String... protocols) throws IOException {
    SSLSocket socket =
        (SSLSocket)
            trusted
                .clientContext()
                .getSocketFactory()
                .createSocket(InetAddress.getLoopbackAddress(), server.port());
    socket.setEnabledProtocols(protocols);
    return socket;
  }

  @ParameterizedTest
  @ValueSource(strings = {"TLSv1.2", "TLSv1.3"})
  void speaksTls(String protocol) throws IOException {
    try (SSLSocket socket = connect(TestPki.LOCAL, protocol);
        RawClient client = new RawClient(socket)) {
      assertThat(client.send(GET).answer()).startsWith("HTTP/1.1 200");
      assertThat(socket.getSession().getProtocol()).isEqualTo(protocol);
    }
  }

  @Test
  void saysWhoDoesIt() throws IOException {
    assertThat(tls.provider()).isEqualTo(provider == SslProvider.JDK ? "jdk" : "boringssl");
    assertThat(ServerTls.none().provider()).isEqualTo("none");
    // The library is there for the platform of the build.
    assertThat(ServerTls.of(TestPki.LOCAL.certificateFile(), TestPki.LOCAL.keyFile()).provider())
        .isEqualTo(OpenSsl.isAvailable() ? "boringssl" : "jdk");
  }

  @ParameterizedTest
  @EnumSource(HttpClient.Version.class)
  void speaksWhatTheClientAndItAgreeOn(HttpClient.Version version) throws Exception {
    try (HttpClient client =
        HttpClient.newBuilder()
            .sslContext(TestPki.LOCAL.clientContext())
            .version(version)
            .build()) {
      URI uri = URI.create("https://localhost:" + server.port() + "/a");
      for (int i = 0; i < 3; i++) {
        HttpResponse<String> response =
            client.send(
                HttpRequest.newBuilder(uri)
                    .POST(HttpRequest.BodyPublishers.ofString("b".repeat(900)))
                    .build(),
                HttpResponse.BodyHandlers.ofString());

        assertThat(response.version()).isEqualTo(version);
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.body()).isEqualTo("POST /a " + "b".repeat(900));
      }
    }
    assertThat(server.opened).hasValue(1);
  }

  /** Without ALPN nothing but HTTP/1.1 was agreed on. */
  @Test
  void takesNoHttp2ThatWasNotAgreedOn() throws IOException {
    try (SSLSocket socket = connect(TestPki.LOCAL, "TLSv1.3");
        RawClient client = new RawClient(socket)) {
      client.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
      assertThat(client.answer()).startsWith("HTTP/1.1 400");
    }
    assertThat(server.heads).isEmpty();
  }

  @Test
  void isNotTakenForSomebodyElse() throws IOException {
    try (SSLSocket socket = connect(TestPki.FOREIGN, "TLSv1.3", "TLSv1.2")) {
      assertThatThrownBy(socket::startHandshake).isInstanceOf(SSLException.class);
    }
    server.awaitNoConnections();
    assertThat(server.heads).isEmpty();
  }

  @Test
  void refusesTls11AndOlder() throws IOException {
    assertThat(firstByteAfter(clientHello("0303"))).isEqualTo(HANDSHAKE);
    assertThat(firstByteAfter(clientHello("0302"))).isEqualTo(ALERT);
    assertThat(firstByteAfter(clientHello("0301"))).isEqualTo(ALERT);
    assertThat(firstByteAfter(clientHello("0300"))).isEqualTo(ALERT);
    server.awaitNoConnections();
  }

  /** RFC 5246 section 7.4.1.2, with cipher suites, groups and signatures of every version. */
  private static byte[] clientHello(String version) {
    String suites = "c02bc02cc009c00a002f";
    String extensions = "000a00040002" + "0017" + "000d00060004" + "04030401" + "000b00020100";
    String body =
        version
            + "11".repeat(32)
            + "00"
            + length(suites, 2)
            + suites
            + "0100"
            + length(extensions, 2)
            + extensions;
    String handshake = "01" + length(body, 3) + body;
    return HexFormat.of().parseHex("160301" + length(handshake, 2) + handshake);
  }

  private static String length(String hex, int bytes) {
    return String.format(Locale.ROOT, "%0" + 2 * bytes + "x", hex.length() / 2);
  }

  private int firstByteAfter(byte[] bytes) throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
      socket.setSoTimeout(10_000);
      socket.getOutputStream().write(bytes);
      return socket.getInputStream().read();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {GET, "\0\0\0\0\0\0\0\0", "\u0016\u0003\u0001\u0000\u0005hello"})
  void servesNothingToWhoeverDoesNotSpeakTls(String bytes) throws IOException {
    String said = RawClient.exchange(server.port(), bytes);

    assertThat(said).doesNotContain("HTTP");
    server.awaitNoConnections();
    assertThat(server.heads).isEmpty();
  }

  @Test
  void survivesAHandshakeThatIsCutAnywhere() throws IOException {
    byte[] hello = clientHello("0303");
    for (int cut = 0; cut <= hello.length; cut++) {
      try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
        socket.getOutputStream().write(hello, 0, cut);
      }
    }
    server.awaitNoConnections();
    assertThat(server.heads).isEmpty();
  }

  @Test
  void showsANewCertificateToNewConnections() throws IOException {
    tls.replaceBy(tlsOf(TestPki.FOREIGN));

    try (SSLSocket socket = connect(TestPki.FOREIGN, "TLSv1.3");
        RawClient client = new RawClient(socket)) {
      assertThat(client.send(GET).answer()).startsWith("HTTP/1.1 200");
    }
  }

  @Test
  void refusesAKeyThatIsNotTheCertificates() {
    assertThatThrownBy(
            () -> ServerTls.of(TestPki.LOCAL.certificateFile(), TestPki.FOREIGN.keyFile()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("key");
  }

  @Test
  void refusesFilesThatHoldNoCertificateOrNoKey(@TempDir Path directory) throws IOException {
    Path certificate = TestPki.LOCAL.certificateFile();
    Path key = TestPki.LOCAL.keyFile();
    Path empty = Files.createFile(directory.resolve("empty.pem"));
    Path absent = directory.resolve("absent.pem");

    assertThatThrownBy(() -> ServerTls.of(key, key)).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> ServerTls.of(certificate, certificate))
        .isInstanceOf(IOException.class);
    assertThatThrownBy(() -> ServerTls.of(empty, key)).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> ServerTls.of(certificate, empty)).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> ServerTls.of(absent, key)).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> ServerTls.of(certificate, absent)).isInstanceOf(IOException.class);
  }
}

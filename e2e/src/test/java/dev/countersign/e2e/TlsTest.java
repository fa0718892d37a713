// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.countersign.audit.AuditVerifier;
import dev.countersign.cli.demo.DemoIssuer;
import dev.countersign.e2e.McpScript.Sdk;
import java.io.IOException;
import java.net.InetAddress;
import java.net.http.HttpClient;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** TLS on both sides: the right names work, everything else is refused before a byte is sent. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class TlsTest {
  private static final String SECRET = "upstream-secret-5f2c9a71";

  private Certificates authority;
  private Path stranger;
  private FixtureServer server;
  private DemoIssuer issuer;
  private GatewayProcess gateway;
  private String settings;
  private HttpClient trusting;

  @BeforeAll
  void start(@TempDir Path folder) throws Exception {
    authority = Certificates.authority(folder, "right");
    stranger = Certificates.authority(folder, "stranger").certificate();
    Certificates.Pair upstream = authority.sign("upstream", "dns:localhost");
    Certificates.Pair listener = authority.sign("listener", "ip:127.0.0.1");
    trusting =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .sslContext(authority.trusting())
            .build();
    server = FixtureServer.startTls(upstream.chain(), upstream.key());
    issuer = new DemoIssuer();
    settings =
        """
        node: e2e
        listen:
          address: "127.0.0.1:0"
          drain: 1s
          event_loops: 2
          tls: {certificate: "%s", key: "%s"}
        identity: {issuers: [{name: demo, issuer: "%s"}]}
        servers:
          right: {url: "%6$s", ca: "%4$s", credential: {secret: "env:UPSTREAM_SECRET"}}
          wrong-ca: {url: "%6$s", ca: "%5$s", credential: {secret: "env:UPSTREAM_SECRET"}}
          wrong-name: {url: "%7$s", ca: "%4$s", credential: {secret: "env:UPSTREAM_SECRET"}}
          platform-ca: {url: "%6$s", credential: {secret: "env:UPSTREAM_SECRET"}}
        policy: {grants: [{caller: "oidc:demo:reader", allow: ["*/echo", "*/read_note"]}]}
        audit: {directory: audit}
        admin: {address: "127.0.0.1:0"}
        """
            .formatted(
                listener.chain(),
                listener.key(),
                issuer.issuer(),
                authority.certificate(),
                stranger,
                server.url(),
                server.url().replace("localhost", "127.0.0.1"));
    gateway = GatewayProcess.start(folder, settings, Map.of("UPSTREAM_SECRET", SECRET), List.of());
  }

  @BeforeEach
  void forget() throws Exception {
    server.clearCalls();
  }

  @AfterAll
  void stop() throws Exception {
    assertThat(gateway.stop()).isEqualTo(GatewayProcess.STOPPED);
    assertThat(gateway.said()).doesNotContain(SECRET);
    assertThat(AuditVerifier.verify(gateway.audit()).findings()).isEmpty();
    trusting.close();
    issuer.close();
    server.close();
  }

  private String token(String route) {
    return issuer.token("reader", gateway.url(route), Duration.ofHours(1));
  }

  private HttpResponse<String> echo(String route) throws IOException, InterruptedException {
    return Wire.call(
        trusting, gateway.url(route), token(route), "echo", Wire.modernCall("echo", "{}"));
  }

  @ParameterizedTest
  @EnumSource(Sdk.class)
  void rightAuthorityAndNameWorkFromEndToEnd(Sdk sdk) throws Exception {
    String token = token("right");
    try (McpScript client =
        McpScript.start(Map.of("NODE_EXTRA_CA_CERTS", authority.certificate().toString()))) {
      McpScript.Reply session = client.connect(sdk, gateway.url("right"), token);
      assertThat(session.ok()).as(session + gateway.said()).isTrue();

      assertThat(client.call("read_note", "{\"id\":\"1\"}").text()).isEqualTo("Buy milk.");
    }
    assertThat(server.calls())
        .isNotEmpty()
        .allSatisfy(
            call ->
                assertThat(call.header("authorization"))
                    .as("the gateway's credential, and nobody else's")
                    .containsExactly("Bearer " + SECRET));
    assertThat(server.calls().toString()).doesNotContain(token);
  }

  @Test
  void recordNamesTheCertificateThatExecuted() throws Exception {
    assertThat(echo("right").statusCode()).isEqualTo(200);

    byte[] digest = MessageDigest.getInstance("SHA-256").digest(authority.leaf("upstream"));
    Records.Call call = gateway.records().ended("echo");
    assertThat(call.outcome().path("executor").asText())
        .isEqualTo("cert-sha256:" + HexFormat.of().formatHex(digest));
    assertThat(call.decision().path("credential").path("reference").asText())
        .isEqualTo("env:UPSTREAM_SECRET");
  }

  @ParameterizedTest
  @ValueSource(strings = {"wrong-ca", "wrong-name", "platform-ca"})
  void serverThatDoesNotProveItsNameIsSentNothing(String route) throws Exception {
    HttpResponse<String> answer = echo(route);

    assertThat(answer.body()).contains("\"reason\":\"upstream_unavailable\"", "-32603");
    assertThat(server.calls()).isEmpty();
    assertThat(gateway.records().ended("echo").result()).isEqualTo("not_dispatched");
  }

  @Test
  void authorityThatIsReplacedIsTheOneThatCountsAfterAReload() throws Exception {
    String before = Files.readString(stranger);
    String more = "\n# the authority has changed\n";
    Files.writeString(stranger, Files.readString(authority.certificate()));
    assertThat(gateway.reload(settings + more)).isTrue();
    assertThat(echo("wrong-ca").body()).contains("\"result\"");

    Files.writeString(stranger, before);
    assertThat(gateway.reload(settings)).isTrue();
    server.clearCalls();
    assertThat(echo("wrong-ca").body())
        .as("not over a connection from before")
        .contains("\"reason\":\"upstream_unavailable\"");
    assertThat(server.calls()).isEmpty();
  }

  @Test
  void challengeAndMetadataSpeakOfHttps() throws Exception {
    HttpResponse<String> answer =
        Wire.call(trusting, gateway.url("right"), "", "echo", Wire.modernCall("echo", "{}"));

    assertThat(answer.statusCode()).isEqualTo(401);
    assertThat(answer.headers().firstValue("www-authenticate").orElseThrow())
        .contains("resource_metadata=\"https://127.0.0.1:" + gateway.port() + "/");
  }

  @Test
  void renewedCertificateIsShownAfterAReloadAndABrokenOneIsNot() throws Exception {
    Certificates.Pair renewed = authority.sign("renewed", "ip:127.0.0.1");
    assertThat(shown()).isEqualTo(authority.leaf("listener"));

    assertThat(gateway.reload(settings.replace("listener", "renewed"))).isTrue();
    assertThat(shown()).isEqualTo(authority.leaf("renewed"));

    Files.writeString(renewed.chain(), "no certificate");
    assertThat(gateway.reload(settings.replace("listener", "renewed"))).isFalse();
    assertThat(shown()).isEqualTo(authority.leaf("renewed"));

    assertThat(gateway.reload(settings)).isTrue();
    assertThat(shown()).isEqualTo(authority.leaf("listener"));
  }

  /** The certificate that a new connection is shown. */
  private byte[] shown() throws Exception {
    try (SSLSocket socket =
        (SSLSocket)
            authority
                .trusting()
                .getSocketFactory()
                .createSocket(InetAddress.ofLiteral("127.0.0.1"), gateway.port())) {
      socket.startHandshake();
      return socket.getSession().getPeerCertificates()[0].getEncoded();
    }
  }

  @Test
  void clientThatDoesNotTrustTheAuthorityDoesNotConnect() {
    assertThatThrownBy(
            () ->
                Wire.call(
                    gateway.url("right"), token("right"), "echo", Wire.modernCall("echo", "{}")))
        .isInstanceOf(SSLException.class);
  }

  @Test
  void plainTextOnTheTlsPortGetsNoAnswer() throws Exception {
    String request =
        "POST /right/mcp HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAuthorization: Bearer %s\r\n\r\n"
            .formatted(gateway.port(), token("right"));

    byte[] answer = Wire.raw(gateway.port(), request.getBytes(StandardCharsets.US_ASCII));

    assertThat(new String(answer, StandardCharsets.ISO_8859_1)).doesNotContain("HTTP/");
    assertThat(server.calls()).isEmpty();
  }

  @ParameterizedTest(name = "TLS 1.{0}")
  @ValueSource(ints = {0, 1})
  void tlsBefore12IsRefused(int minor) throws Exception {
    byte[] answer = Wire.raw(gateway.port(), clientHello(minor + 1));

    assertThat(HexFormat.of().formatHex(answer))
        .as("fatal alert 70, protocol_version")
        .matches("1503[0-9a-f]{2}00020246");
  }

  /** A client's first message for one version alone, with four cipher suites of that time. */
  private static byte[] clientHello(int version) {
    String body =
        "03%02x".formatted(version) + "5a".repeat(32) + "00" + "0008c009c00ac013002f" + "0100";
    String handshake = "01%06x".formatted(body.length() / 2) + body;
    return HexFormat.of().parseHex("160301%04x".formatted(handshake.length() / 2) + handshake);
  }
}

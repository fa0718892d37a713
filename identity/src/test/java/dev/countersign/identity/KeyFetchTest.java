// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.time.InstantSource;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a fetch takes from an issuer, and where it goes for it. */
final class KeyFetchTest {
  private final TestIssuer issuer = new TestIssuer();

  @AfterEach
  void close() {
    issuer.close();
  }

  private static IssuerSettings settings(URI issuer, @Nullable URI jwks, @Nullable Path caFile) {
    return new IssuerSettings(
        "test", issuer, jwks, List.of(), Set.of("ES256"), Set.of("at+jwt"), null, caFile, -1);
  }

  private static void assertRefused(IssuerSettings settings) {
    assertThatThrownBy(() -> new KeyFetch(settings).keys()).isInstanceOf(IOException.class);
  }

  private static HttpHandler json(int status, String type, String body) {
    return exchange -> TestIssuer.answer(exchange, status, type, body);
  }

  record Row(String because, HttpHandler answer) {
    @Override
    public String toString() {
      return because;
    }
  }

  static Stream<Row> badKeyDocuments() {
    return Stream.of(
        new Row("server error", json(500, "application/json", "{\"keys\":[]}")),
        new Row("not found", json(404, "application/json", "{\"keys\":[]}")),
        new Row("other success", json(203, "application/json", "{\"keys\":[]}")),
        new Row("a page", json(200, "text/html", "{\"keys\":[]}")),
        new Row("no JSON in spite of the type", json(200, "application/json", "<html>")),
        new Row("nothing", json(200, "application/json", "")),
        new Row("a list", json(200, "application/json", "[]")),
        new Row("no keys", json(200, "application/json", "{}")),
        new Row("keys no list", json(200, "application/json", "{\"keys\":{}}")),
        new Row("keys twice", json(200, "application/json", "{\"keys\":[],\"keys\":[]}")),
        new Row("more behind", json(200, "application/json", "{\"keys\":[]} {}")),
        new Row(
            "65 keys", json(200, "application/json", "{\"keys\":[" + "{},".repeat(64) + "{}]}")),
        new Row(
            "over 256 KiB", json(200, "application/json", "{\"keys\":[]}" + " ".repeat(256 << 10))),
        new Row("no end", KeyFetchTest::endless),
        new Row("hangs up", HttpExchange::close));
  }

  private static void endless(HttpExchange exchange) throws IOException {
    try (exchange) {
      exchange.getResponseHeaders().set("content-type", "application/json");
      exchange.sendResponseHeaders(200, 0);
      byte[] block = " ".repeat(1 << 16).getBytes(StandardCharsets.UTF_8);
      for (int i = 0; i < 10_000; i++) {
        exchange.getResponseBody().write(block);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("badKeyDocuments")
  void takesNoKeysFrom(Row row) {
    issuer.keysAnswer(row.answer);
    assertRefused(issuer.settings());
  }

  @Test
  void givesUpOnABodyThatNeverComes() {
    issuer.keysAnswer(
        exchange -> {
          exchange.getResponseHeaders().set("content-type", "application/json");
          exchange.sendResponseHeaders(200, 100);
          exchange.getResponseBody().flush();
        });
    long began = System.nanoTime();
    assertRefused(issuer.settings());
    assertThat(System.nanoTime() - began).isLessThan(8_000_000_000L);
  }

  @ParameterizedTest
  @ValueSource(ints = {301, 302, 303, 307, 308})
  void followsNoRedirect(int status) {
    try (TestIssuer other = new TestIssuer()) {
      HttpHandler redirect =
          exchange -> {
            exchange.getResponseHeaders().set("location", other.jwksUri().toString());
            TestIssuer.answer(exchange, status, "application/json", "{\"keys\":[]}");
          };
      issuer.keysAnswer(redirect);
      assertRefused(issuer.settings());
      issuer.keysAnswer(null);
      issuer.discoveryAnswer(redirect);
      assertRefused(issuer.settings());
      assertThat(other.fetches()).isZero();
    }
  }

  @Test
  void passesOverKeysItCannotUse() throws IOException {
    issuer.keysAnswer(
        json(
            200,
            "application/jwk-set+json; charset=utf-8",
            "{\"keys\":[{\"kty\":\"new\"},{},7,{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AA\","
                + "\"y\":\"AA\"},"
                + issuer.key().toPublicJWK().toJSONString()
                + "]}"));
    assertThat(new KeyFetch(issuer.settings()).keys()).containsExactly(issuer.key().toPublicJWK());
  }

  @Test
  void asksForNoMetadataWhereTheAddressOfTheKeysIsConfigured() throws IOException {
    assertThat(new KeyFetch(settings(issuer.issuer(), issuer.jwksUri(), null)).keys()).hasSize(1);
    assertThat(issuer.discoveries()).isZero();
  }

  @Test
  void findsMetadataOfAnAuthorizationServerBetweenHostAndPath() throws IOException {
    try (TestIssuer realm = new TestIssuer(InstantSource.system(), "/realms/agents")) {
      assertThat(new KeyFetch(realm.settings()).keys()).hasSize(1);
      assertThat(realm.discoveries()).isEqualTo(1);
    }
  }

  static Stream<String> badMetadata() {
    return Stream.of(
        "{}",
        "{\"issuer\":\"ISS\"}",
        "{\"jwks_uri\":\"JWKS\"}",
        "{\"issuer\":\"ISS/\",\"jwks_uri\":\"JWKS\"}",
        "{\"issuer\":\"https://idp.example\",\"jwks_uri\":\"JWKS\"}",
        "{\"issuer\":\"ISS\",\"issuer\":\"ISS\",\"jwks_uri\":\"JWKS\"}",
        "{\"issuer\":\"ISS\",\"jwks_uri\":7}",
        "{\"issuer\":\"ISS\",\"jwks_uri\":\"/jwks\"}",
        "{\"issuer\":\"ISS\",\"jwks_uri\":\"http://10.0.0.1/jwks\"}",
        "{\"issuer\":\"ISS\",\"jwks_uri\":\"http://127.0.0.1.example/jwks\"}",
        "{\"issuer\":\"ISS\",\"jwks_uri\":\"http://169.254.169.254/latest/meta-data\"}",
        "{\"issuer\":\"ISS\",\"jwks_uri\":\"http://user:secret@127.0.0.1/jwks\"}",
        "{\"issuer\":\"ISS\",\"jwks_uri\":\"file:///etc/passwd\"}",
        "{\"issuer\":\"ISS\",\"jwks_uri\":\"jar:http://127.0.0.1/a!/b\"}",
        "{\"issuer\":\"ISS\",\"jwks_uri\":\"not an address\"}");
  }

  @ParameterizedTest
  @MethodSource("badMetadata")
  void goesNowhereByMetadataThatIsNotTheIssuersOrLeadsAstray(String template) {
    String body =
        template
            .replace("ISS", issuer.issuer().toString())
            .replace("JWKS", issuer.jwksUri().toString());
    issuer.discoveryAnswer(json(200, "application/json", body));
    assertRefused(issuer.settings());
    assertThat(issuer.fetches()).isZero();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://idp.example",
        "http://10.0.0.1",
        "http://127.0.0.1.nip.example",
        "http://localhost.example",
        "https://user:secret@idp.example",
        "https://idp.example?a=b",
        "https://idp.example#a",
        "ftp://127.0.0.1/",
        "file:///etc/keys",
        "urn:issuer:a",
        "https:///path"
      })
  void refusesAnIssuerThatKeysCannotComeFromSafely(String address) {
    IssuerSettings settings = settings(URI.create(address), null, null);
    assertThatThrownBy(() -> new KeyFetch(settings)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void refusesAConfiguredAddressOfKeysThatIsNotSafe() {
    IssuerSettings settings =
        settings(URI.create("https://idp.example"), URI.create("http://idp.example/jwks"), null);
    assertThatThrownBy(() -> new KeyFetch(settings)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void trustsTheConfiguredAuthorityAndNoOther(@TempDir Path directory) throws Exception {
    SSLContext context = selfSigned(directory);
    Path authority = directory.resolve("ca.pem");
    HttpsServer server =
        HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    AtomicBoolean downgrade = new AtomicBoolean();
    try {
      String base = "https://127.0.0.1:" + server.getAddress().getPort();
      server.setHttpsConfigurator(new HttpsConfigurator(context));
      server.createContext(
          "/.well-known/openid-configuration",
          exchange -> {
            String keys = downgrade.get() ? issuer.jwksUri().toString() : base + "/jwks";
            json(
                    200,
                    "application/json",
                    "{\"issuer\":\"" + base + "\",\"jwks_uri\":\"" + keys + "\"}")
                .handle(exchange);
          });
      server.createContext("/jwks", json(200, "application/json", issuer.keyDocument()));
      server.start();

      URI address = URI.create(base);
      assertThat(new KeyFetch(settings(address, null, authority)).keys()).hasSize(1);
      assertRefused(settings(address, null, null));
      assertRefused(settings(address, null, directory.resolve("none.pem")));
      Path empty = Files.writeString(directory.resolve("empty.pem"), "");
      assertRefused(settings(address, null, empty));
      Path broken = Files.writeString(directory.resolve("broken.pem"), "not a certificate");
      assertRefused(settings(address, null, broken));

      downgrade.set(true);
      assertRefused(settings(address, null, authority));
      assertThat(issuer.fetches()).isZero();
    } finally {
      server.stop(0);
    }
  }

  /** Makes a server certificate for 127.0.0.1 with the platform's tool, and writes it as PEM. */
  private static SSLContext selfSigned(Path directory)
      throws IOException, InterruptedException, GeneralSecurityException {
    Path store = directory.resolve("server.p12");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "server",
                "-keyalg",
                "EC",
                "-groupname",
                "secp256r1",
                "-dname",
                "CN=127.0.0.1",
                "-ext",
                "SAN=ip:127.0.0.1",
                "-validity",
                "2",
                "-storetype",
                "PKCS12",
                "-storepass",
                "for-tests",
                "-keystore",
                store.toString())
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("keytool.log").toFile())
            .start();
    assertThat(keytool.waitFor()).isZero();
    KeyStore keys = KeyStore.getInstance("PKCS12");
    try (InputStream in = Files.newInputStream(store)) {
      keys.load(in, "for-tests".toCharArray());
    }
    Files.writeString(
        directory.resolve("ca.pem"),
        "-----BEGIN CERTIFICATE-----\n"
            + Base64.getMimeEncoder().encodeToString(keys.getCertificate("server").getEncoded())
            + "\n-----END CERTIFICATE-----\n");
    KeyManagerFactory managers =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    managers.init(keys, "for-tests".toCharArray());
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(managers.getKeyManagers(), null, null);
    return context;
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.identity;

import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.nimbusds.jose.util.Resource;
import com.nimbusds.jose.util.ResourceRetriever;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URL;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.Set;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/**
 * Fetches an issuer's keys: from the configured address or the one its discovery document names.
 * Follows no redirect, takes HTTPS only off loopback, and reads no more than a bound. Blocks; for
 * the authenticator's own threads.
 */
final class KeyFetch implements ResourceRetriever {
  private static final Duration TIME_MAX = Duration.ofSeconds(2);
  private static final int BYTES_MAX = 256 << 10;
  private static final Set<String> LOOPBACK = Set.of("127.0.0.1", "[::1]", "localhost");
  private static final JsonMapper JSON =
      JsonMapper.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build();

  private final IssuerSettings issuer;
  private final IdentityObserver observer;
  private @Nullable HttpClient client;
  private volatile long lastGoodNanos;
  private volatile boolean everGood;

  KeyFetch(IssuerSettings issuer, IdentityObserver observer) {
    this.issuer = issuer;
    this.observer = observer;
  }

  /** Age of the last good fetch, or null when there was none. */
  @Nullable Duration age() {
    return everGood ? Duration.ofNanos(System.nanoTime() - lastGoodNanos) : null;
  }

  @Override
  public Resource retrieveResource(URL ignored) throws IOException {
    boolean ok = false;
    try {
      URI keys = issuer.jwksUri();
      String text = get(keys == null ? discover() : keys);
      lastGoodNanos = System.nanoTime();
      everGood = true;
      ok = true;
      return new Resource(text, "application/json");
    } finally {
      observer.keysFetched(issuer.name(), ok);
    }
  }

  private URI discover() throws IOException {
    String base = issuer.issuer().toString();
    String trimmed = base.endsWith("/") ? base.substring(0, base.length() - 1) : base;
    JsonNode document =
        JSON.readTree(get(URI.create(trimmed + "/.well-known/openid-configuration")));
    if (!document.path("issuer").asText().equals(base)) {
      throw new IOException("the discovery document is of another issuer");
    }
    try {
      return URI.create(document.path("jwks_uri").asText());
    } catch (IllegalArgumentException e) {
      throw new IOException("the discovery document names no keys", e);
    }
  }

  private String get(URI address) throws IOException {
    boolean secure = "https".equalsIgnoreCase(address.getScheme());
    boolean local =
        "http".equalsIgnoreCase(address.getScheme())
            && address.getHost() != null
            && LOOPBACK.contains(address.getHost());
    if (!secure && !local) {
      throw new IOException("keys are fetched over HTTPS only");
    }
    HttpRequest request =
        HttpRequest.newBuilder(address)
            .timeout(TIME_MAX)
            .header("accept", "application/json")
            .build();
    try {
      HttpResponse<InputStream> response =
          client().send(request, HttpResponse.BodyHandlers.ofInputStream());
      try (InputStream body = response.body()) {
        byte[] bytes = body.readNBytes(BYTES_MAX + 1);
        if (response.statusCode() != 200 || bytes.length > BYTES_MAX) {
          throw new IOException("no keys: status " + response.statusCode());
        }
        return new String(bytes, StandardCharsets.UTF_8);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  private synchronized HttpClient client() throws IOException {
    HttpClient made = client;
    if (made == null) {
      HttpClient.Builder builder =
          HttpClient.newBuilder()
              .version(HttpClient.Version.HTTP_1_1)
              .connectTimeout(TIME_MAX)
              .followRedirects(HttpClient.Redirect.NEVER);
      if (issuer.caFile() != null) {
        builder.sslContext(trusting(issuer.caFile()));
      }
      made = builder.build();
      client = made;
    }
    return made;
  }

  private static SSLContext trusting(java.nio.file.Path caFile) throws IOException {
    try (InputStream pem = Files.newInputStream(caFile)) {
      KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
      store.load(null, null);
      int count = 0;
      for (Certificate authority :
          CertificateFactory.getInstance("X.509").generateCertificates(pem)) {
        store.setCertificateEntry("ca" + count++, authority);
      }
      TrustManagerFactory trust =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(store);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, trust.getTrustManagers(), null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IOException("not certificates in PEM: \"" + caFile + "\"", e);
    }
  }
}

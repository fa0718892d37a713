// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.identity;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.nimbusds.jose.jwk.JWK;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.text.ParseException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/**
 * Fetches an issuer's keys from the configured address, or from the one its metadata names (OpenID
 * Connect Discovery 1.0 section 4, else RFC 8414 section 3). Only addresses of configured issuers
 * are ever asked: HTTPS, or HTTP on loopback; no redirect is followed, and size and time are
 * bounded. Blocks for up to three requests; for the threads of {@link IssuerKeys}.
 */
final class KeyFetch {
  private static final Duration CONNECT_TIME_MAX = Duration.ofSeconds(2);
  private static final Duration READ_TIME_MAX = Duration.ofSeconds(2);
  private static final long REQUEST_MILLIS_MAX = CONNECT_TIME_MAX.plus(READ_TIME_MAX).toMillis();
  private static final int BODY_BYTES_MAX = 256 << 10;
  private static final int KEYS_MAX = 64;
  private static final Set<String> LOOPBACK = Set.of("127.0.0.1", "[::1]", "localhost");

  private final IssuerSettings issuer;

  /**
   * @throws IllegalArgumentException when the issuer's addresses are not ones to fetch from
   */
  KeyFetch(IssuerSettings issuer) {
    this.issuer = issuer;
    try {
      checked(issuer.issuer());
      if (issuer.issuer().getRawQuery() != null || issuer.issuer().getRawFragment() != null) {
        throw new IOException("an issuer has no query and no fragment");
      }
      if (issuer.jwksUri() != null) {
        checked(issuer.jwksUri());
      }
    } catch (IOException e) {
      throw new IllegalArgumentException(
          e.getMessage() + ": \"" + issuer.issuer() + "\", \"" + issuer.jwksUri() + '"', e);
    }
  }

  /** Fetches the issuer's keys as they are now, those that are no usable JWK left out. */
  List<JWK> keys() throws IOException {
    HttpClient client = client();
    try {
      URI configured = issuer.jwksUri();
      return parsed(get(client, configured == null ? discovered(client) : configured));
    } finally {
      client.shutdownNow();
    }
  }

  private static List<JWK> parsed(ObjectNode document) throws IOException {
    JsonNode listed = document.path("keys");
    if (!listed.isArray() || listed.size() > KEYS_MAX) {
      throw new IOException("the key document has no list of at most " + KEYS_MAX + " keys");
    }
    List<JWK> keys = new ArrayList<>();
    for (JsonNode one : listed) {
      JWK key = parsedOrNull(one);
      if (key != null) {
        keys.add(key);
      }
    }
    return keys;
  }

  /** RFC 7517 section 5: keys of unknown type or with missing members are passed over. */
  private static @Nullable JWK parsedOrNull(JsonNode key) {
    try {
      return JWK.parse(key.toString());
    } catch (ParseException | RuntimeException e) {
      return null;
    }
  }

  private URI discovered(HttpClient client) throws IOException {
    String base = issuer.issuer().toString();
    String bare = base.endsWith("/") ? base.substring(0, base.length() - 1) : base;
    ObjectNode metadata;
    try {
      metadata = get(client, URI.create(bare + "/.well-known/openid-configuration"));
    } catch (NotThereException e) {
      int path = bare.length() - URI.create(bare).getRawPath().length();
      metadata =
          get(
              client,
              URI.create(
                  bare.substring(0, path)
                      + "/.well-known/oauth-authorization-server"
                      + bare.substring(path)));
    }
    if (!metadata.path("issuer").asText().equals(base)) {
      throw new IOException("the metadata is another issuer's");
    }
    try {
      URI keys = checked(URI.create(metadata.path("jwks_uri").asText()));
      if (isSecure(issuer.issuer()) && !isSecure(keys)) {
        throw new IOException("the metadata leads from https to http");
      }
      return keys;
    } catch (IllegalArgumentException e) {
      throw new IOException("the metadata names no address of keys", e);
    }
  }

  private static ObjectNode get(HttpClient client, URI address) throws IOException {
    HttpRequest request =
        HttpRequest.newBuilder(address)
            .timeout(READ_TIME_MAX)
            .header("accept", "application/json")
            .build();
    HttpResponse<byte[]> response =
        within(
            client.sendAsync(
                request, BodyHandlers.limiting(BodyHandlers.ofByteArray(), BODY_BYTES_MAX)));
    int status = response.statusCode();
    if (status >= 400 && status < 500) {
      throw new NotThereException("unexpected status: " + status);
    }
    if (status != 200) {
      throw new IOException("unexpected status: " + status);
    }
    String type = response.headers().firstValue("content-type").orElse("");
    if (!isJson(type)) {
      throw new IOException("the answer is not JSON by its content type");
    }
    try {
      return StrictJson.object(response.body());
    } catch (IOException e) {
      throw new IOException("the answer is not one strict JSON object", e);
    }
  }

  /** The client's own timeout ends with the head of the answer; a body may trickle for ever. */
  private static HttpResponse<byte[]> within(CompletableFuture<HttpResponse<byte[]>> sent)
      throws IOException {
    try {
      return sent.get(REQUEST_MILLIS_MAX, TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw new IOException("no answer in time", e);
    } catch (ExecutionException e) {
      Throwable cause = e.getCause();
      String why = cause == null || cause.getMessage() == null ? "" : ": " + cause.getMessage();
      throw new IOException("no answer within the bounds" + why, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } finally {
      sent.cancel(true);
    }
  }

  private static boolean isJson(String contentType) {
    String type = contentType.split(";", 2)[0].strip().toLowerCase(Locale.ROOT);
    return type.equals("application/json")
        || (type.startsWith("application/") && type.endsWith("+json"));
  }

  private static URI checked(URI address) throws IOException {
    boolean plain = "http".equalsIgnoreCase(address.getScheme());
    if (address.getHost() == null
        || address.getRawUserInfo() != null
        || !(isSecure(address) || (plain && LOOPBACK.contains(address.getHost())))) {
      throw new IOException("keys come from https addresses, or http on loopback");
    }
    return address;
  }

  private static boolean isSecure(URI address) {
    return "https".equalsIgnoreCase(address.getScheme());
  }

  /** A client for one fetch: nothing idles between two, and a changed authority file counts. */
  private HttpClient client() throws IOException {
    HttpClient.Builder client =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .connectTimeout(CONNECT_TIME_MAX)
            .followRedirects(HttpClient.Redirect.NEVER);
    Path caFile = issuer.caFile();
    if (caFile != null) {
      client.sslContext(trusting(caFile));
    }
    return client.build();
  }

  private static SSLContext trusting(Path caFile) throws IOException {
    try (InputStream pem = Files.newInputStream(caFile)) {
      KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
      store.load(null, null);
      for (Certificate authority :
          CertificateFactory.getInstance("X.509").generateCertificates(pem)) {
        store.setCertificateEntry("ca" + store.size(), authority);
      }
      if (store.size() == 0) {
        throw new IOException("no certificates in PEM: \"" + caFile + '"');
      }
      TrustManagerFactory trust =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(store);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, trust.getTrustManagers(), null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IOException("not certificates in PEM: \"" + caFile + '"', e);
    }
  }

  /** The server has no such document, so that another place may be tried. */
  private static final class NotThereException extends IOException {
    private static final long serialVersionUID = 1L;

    NotThereException(String message) {
      super(message);
    }
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.identity;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A real issuer of access tokens on a loopback port: discovery, keys, ES256 tokens good and bad.
 * Safe for use by any thread.
 */
public final class TestIssuer implements AutoCloseable {
  /** The resource its tokens are for unless a test says otherwise. */
  public static final String RESOURCE = "https://gw.example/mcp";

  private static final AtomicInteger KEY_NUMBER = new AtomicInteger();
  private static final ECKey FIRST_KEY = newKey();

  private final HttpServer server;
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final URI issuer;
  private final InstantSource clock;
  private final AtomicInteger fetches = new AtomicInteger();
  private final AtomicInteger discoveries = new AtomicInteger();

  private volatile ECKey key = FIRST_KEY;
  private volatile List<JWK> published = List.of(FIRST_KEY.toPublicJWK());
  private volatile boolean outage;
  private volatile @Nullable HttpHandler keysAnswer;
  private volatile @Nullable HttpHandler discoveryAnswer;

  /** Starts an issuer by the system clock. */
  public TestIssuer() {
    this(InstantSource.system());
  }

  /** Starts an issuer whose tokens are of the clock's time. */
  public TestIssuer(InstantSource clock) {
    this(clock, "");
  }

  /**
   * Starts an issuer whose identifier has a path; it then serves RFC 8414 metadata alone.
   *
   * @param path empty, or from its {@code /} on
   */
  TestIssuer(InstantSource clock, String path) {
    this.clock = clock;
    try {
      this.server =
          HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    this.issuer = URI.create("http://127.0.0.1:" + server.getAddress().getPort() + path);
    server.setExecutor(threads);
    String metadata =
        path.isEmpty()
            ? "/.well-known/openid-configuration"
            : "/.well-known/oauth-authorization-server" + path;
    server.createContext(metadata, this::discovery);
    server.createContext("/jwks", this::keys);
    server.start();
  }

  /** Its exact {@code iss}. */
  public URI issuer() {
    return issuer;
  }

  /** Where its keys are, for settings without discovery. */
  public URI jwksUri() {
    return issuer.resolve("/jwks");
  }

  /** An entry that accepts its tokens, by discovery, under the alias {@code test}. */
  public IssuerSettings settings() {
    return new IssuerSettings(
        "test", issuer, null, List.of(), Set.of("ES256"), Set.of("at+jwt"), null, null, -1);
  }

  /** A good token for {@link #RESOURCE}, five minutes long, after the claims were changed. */
  public String token(Consumer<Map<String, Object>> claims) {
    return token().claims(claims).build();
  }

  /** Begins a token that is good until something is changed. */
  public TestToken token() {
    return new TestToken(issuer.toString(), key, clock.instant());
  }

  /** Signs with a new key from now on, and publishes that alone. */
  public void rotate() {
    ECKey next = newKey();
    key = next;
    publish(next.toPublicJWK());
  }

  /** Publishes these keys instead; the signing key stays. */
  public void publish(JWK... keys) {
    published = List.of(keys);
  }

  /** The key it signs with, private part included. */
  public ECKey key() {
    return key;
  }

  /** Whether it answers every request with 503. */
  public void outage(boolean down) {
    outage = down;
  }

  /** How often its keys were asked for, during an outage too. */
  public int fetches() {
    return fetches.get();
  }

  /** How often its metadata was asked for. */
  public int discoveries() {
    return discoveries.get();
  }

  /** Answers requests for keys this way from now on; null for the usual way. */
  void keysAnswer(@Nullable HttpHandler answer) {
    keysAnswer = answer;
  }

  /** Answers requests for metadata this way from now on; null for the usual way. */
  void discoveryAnswer(@Nullable HttpHandler answer) {
    discoveryAnswer = answer;
  }

  /** The key document it would publish now. */
  String keyDocument() {
    return new JWKSet(published).toString();
  }

  /** Makes a key with an id that no other has. */
  static ECKey newKey() {
    try {
      return new ECKeyGenerator(Curve.P_256)
          .keyID("key-" + KEY_NUMBER.incrementAndGet())
          .generate();
    } catch (JOSEException e) {
      throw new IllegalStateException("no P-256 here", e);
    }
  }

  private void discovery(HttpExchange exchange) throws IOException {
    discoveries.incrementAndGet();
    serve(
        exchange,
        discoveryAnswer,
        "{\"issuer\":\"" + issuer + "\",\"jwks_uri\":\"" + jwksUri() + "\"}");
  }

  private void keys(HttpExchange exchange) throws IOException {
    fetches.incrementAndGet();
    serve(exchange, keysAnswer, keyDocument());
  }

  private void serve(HttpExchange exchange, @Nullable HttpHandler answer, String json)
      throws IOException {
    if (outage) {
      answer(exchange, 503, "application/json", "{}");
    } else if (answer != null) {
      answer.handle(exchange);
    } else {
      answer(exchange, 200, "application/json", json);
    }
  }

  static void answer(HttpExchange exchange, int status, String type, String body)
      throws IOException {
    try (exchange) {
      byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().set("content-type", type);
      exchange.sendResponseHeaders(status, bytes.length);
      exchange.getResponseBody().write(bytes);
    }
  }

  @Override
  public void close() {
    server.stop(0);
    threads.shutdownNow();
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.cli.demo;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.util.JSONObjectUtils;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;

/**
 * A development issuer of access tokens (RFC 9068) on loopback, found by OpenID Connect discovery.
 *
 * <p>Its ES256 key is made at the start and dies with it. Never use it outside of development: it
 * vouches for whatever name it is given.
 */
public final class DemoIssuer implements AutoCloseable {
  private static final Duration ENDPOINT_TOKEN_LIFE = Duration.ofHours(1);
  private static final int FORM_BYTES_MAX = 8 << 10;

  private final DemoHttp http;
  private final ECKey key;

  /** Starts on any free loopback port. */
  public DemoIssuer() throws IOException {
    this(0);
  }

  /** Starts on a loopback port; 0 takes any free one. Tokens come from {@link #token} alone. */
  public DemoIssuer(int port) throws IOException {
    this(port, false);
  }

  private DemoIssuer(int port, boolean handsOutTokens) throws IOException {
    try {
      this.key =
          new ECKeyGenerator(Curve.P_256)
              .keyUse(KeyUse.SIGNATURE)
              .algorithm(JWSAlgorithm.ES256)
              .keyIDFromThumbprint(true)
              .generate();
    } catch (JOSEException e) {
      throw new IOException("no P-256 here", e);
    }
    this.http = new DemoHttp(port);
    http.serve(
        "/.well-known/openid-configuration", exchange -> get(exchange, metadata(handsOutTokens)));
    http.serve("/jwks", exchange -> get(exchange, new JWKSet(key.toPublicJWK()).toJSONObject()));
    if (handsOutTokens) {
      http.serve("/token", this::handOut);
    }
    http.start();
  }

  /**
   * Starts with an open token endpoint: {@code POST /token} with the form fields {@code subject}
   * and {@code audience} gives a token for an hour.
   *
   * <p>For development only: every program on this machine can then be any caller it likes. Web
   * pages cannot, because a foreign {@code Host} and any {@code Origin} are refused.
   */
  public static DemoIssuer withOpenTokenEndpoint(int port) throws IOException {
    return new DemoIssuer(port, true);
  }

  /** Its {@code iss}. */
  public String issuer() {
    return http.origin();
  }

  /** Mints a token; a life below zero gives one that has expired. */
  public String token(String subject, String audience, Duration life) {
    Instant now = Instant.now();
    SignedJWT jwt =
        new SignedJWT(
            new JWSHeader.Builder(JWSAlgorithm.ES256)
                .type(new JOSEObjectType("at+jwt"))
                .keyID(key.getKeyID())
                .build(),
            new JWTClaimsSet.Builder()
                .issuer(issuer())
                .subject(subject)
                .audience(audience)
                .claim("client_id", subject)
                .claim("scope", "mcp")
                .issueTime(Date.from(now))
                .expirationTime(Date.from(now.plus(life)))
                .jwtID(UUID.randomUUID().toString())
                .build());
    try {
      jwt.sign(new ECDSASigner(key));
    } catch (JOSEException e) {
      throw new IllegalStateException("signing failed", e);
    }
    return jwt.serialize();
  }

  @Override
  public void close() {
    http.close();
  }

  private Map<String, Object> metadata(boolean handsOutTokens) {
    Map<String, Object> metadata = new LinkedHashMap<>();
    metadata.put("issuer", issuer());
    metadata.put("jwks_uri", issuer() + "/jwks");
    if (handsOutTokens) {
      metadata.put("token_endpoint", issuer() + "/token");
    }
    metadata.put("response_types_supported", List.of("none"));
    metadata.put("subject_types_supported", List.of("public"));
    metadata.put("id_token_signing_alg_values_supported", List.of("ES256"));
    metadata.put("scopes_supported", List.of("mcp"));
    return metadata;
  }

  private void handOut(HttpExchange exchange) throws IOException {
    if (!exchange.getRequestMethod().equals("POST")) {
      exchange.getResponseHeaders().set("Allow", "POST");
      DemoHttp.answer(exchange, 405);
      return;
    }
    byte[] form = exchange.getRequestBody().readNBytes(FORM_BYTES_MAX + 1);
    if (form.length > FORM_BYTES_MAX) {
      DemoHttp.answer(exchange, 413);
      return;
    }
    Map<String, String> fields = fields(new String(form, StandardCharsets.UTF_8));
    String subject = fields.getOrDefault("subject", "");
    String audience = fields.getOrDefault("audience", "");
    exchange.getResponseHeaders().set("Cache-Control", "no-store");
    if (subject.isEmpty() || audience.isEmpty()) {
      answer(
          exchange,
          400,
          Map.of(
              "error", "invalid_request",
              "error_description", "subject and audience are needed, once each"));
      return;
    }
    answer(
        exchange,
        200,
        Map.of(
            "access_token", token(subject, audience, ENDPOINT_TOKEN_LIFE),
            "token_type", "Bearer",
            "expires_in", ENDPOINT_TOKEN_LIFE.toSeconds()));
  }

  /** The fields of a form; none if it is broken or names one twice (RFC 6749 section 3.2). */
  private static Map<String, String> fields(String form) {
    Map<String, String> fields = new HashMap<>();
    for (String pair : form.split("&", -1)) {
      int at = pair.indexOf('=');
      try {
        if (at < 0
            || fields.put(decoded(pair.substring(0, at)), decoded(pair.substring(at + 1)))
                != null) {
          return Map.of();
        }
      } catch (IllegalArgumentException e) {
        return Map.of();
      }
    }
    return fields;
  }

  private static String decoded(String text) {
    return URLDecoder.decode(text, StandardCharsets.UTF_8);
  }

  private static void get(HttpExchange exchange, Map<String, Object> json) throws IOException {
    if (exchange.getRequestMethod().equals("GET")) {
      answer(exchange, 200, json);
    } else {
      exchange.getResponseHeaders().set("Allow", "GET");
      DemoHttp.answer(exchange, 405);
    }
  }

  private static void answer(HttpExchange exchange, int status, Map<String, Object> json)
      throws IOException {
    DemoHttp.answer(
        exchange, status, JSONObjectUtils.toJSONString(json).getBytes(StandardCharsets.UTF_8));
  }
}

// Copyright The Countersign Authors. SPDX-License-Identifier: Apache-2.0
package dev.countersign.gateway.call;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.api.BugDetectors;
import com.code_intelligence.jazzer.api.SilentCloseable;
import com.code_intelligence.jazzer.junit.FuzzTest;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.sun.net.httpserver.HttpServer;
import dev.countersign.gateway.telemetry.Meters;
import dev.countersign.identity.Authentication;
import dev.countersign.identity.Authenticator;
import dev.countersign.identity.IdentitySettings;
import dev.countersign.identity.IssuerSettings;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/**
 * Without the issuer's key nobody is verified, whatever the header says, and nothing throws. Lines
 * of the input stand for the parts of a token, so that what is inside of them is reached.
 */
final class AuthorizationFuzzTargetTest {
  private static final String RESOURCE = "https://gw.example/a/mcp";
  private static final InstantSource CLOCK =
      InstantSource.fixed(Instant.parse("2026-11-26T00:00:00Z"));

  private static HttpServer issuer;
  private static Authenticator authenticator;

  @BeforeAll
  static void start() throws Exception {
    ECKey key = new ECKeyGenerator(Curve.P_256).keyID("k").generate();
    byte[] keys = new JWKSet(key.toPublicJWK()).toString().getBytes(StandardCharsets.UTF_8);
    issuer = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    issuer.createContext(
        "/",
        exchange -> {
          exchange.getResponseHeaders().set("content-type", "application/json");
          exchange.sendResponseHeaders(200, keys.length);
          exchange.getResponseBody().write(keys);
          exchange.close();
        });
    issuer.start();
    URI jwks = URI.create("http://127.0.0.1:" + issuer.getAddress().getPort() + "/jwks");
    authenticator =
        new Authenticator(
            new IdentitySettings(
                List.of(
                    new IssuerSettings(
                        "idp",
                        URI.create("https://idp.example"),
                        jwks,
                        List.of(),
                        Set.of("ES256"),
                        Set.of("at+jwt"),
                        null,
                        null,
                        -1)),
                Duration.ofSeconds(30),
                100,
                Duration.ofMinutes(1),
                16 << 10),
            CLOCK,
            new Meters());
    authenticator.ready().get(20, TimeUnit.SECONDS);
    assertThat(authenticator.keysPresent()).isTrue();
  }

  @AfterAll
  static void stop() {
    authenticator.close();
    issuer.stop(0);
  }

  @FuzzTest(maxDuration = "30s")
  void verifiesNobody(byte[] bytes) throws Exception {
    // Nothing but the issuer's keys is fetched, whatever a token names.
    int keys = issuer.getAddress().getPort();
    try (SilentCloseable _ = BugDetectors.allowNetworkConnections((host, port) -> port == keys)) {
      assertAllRefused(new String(bytes, StandardCharsets.ISO_8859_1));
    }
  }

  private static void assertAllRefused(String text) throws Exception {
    assertRefused(text);
    assertRefused("Bearer " + text);
    String[] parts = text.split("\n", 3);
    if (parts.length == 3) {
      assertRefused(
          "Bearer " + encoded(parts[0]) + "." + encoded(parts[1]) + "." + encoded(parts[2]));
    }
  }

  private static void assertRefused(String authorization) throws Exception {
    assertThat(authenticator.cached(authorization, RESOURCE) instanceof Authentication.Verified)
        .isFalse();
    assertThat(authenticator.authenticate(authorization, RESOURCE).get(20, TimeUnit.SECONDS))
        .isNotInstanceOf(Authentication.Verified.class);
  }

  private static String encoded(String part) {
    return Base64.getUrlEncoder()
        .withoutPadding()
        .encodeToString(part.getBytes(StandardCharsets.ISO_8859_1));
  }
}
